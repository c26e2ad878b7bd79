/**
 * Batches in, alerts out. The engine reads no clock, file or random number: its time is the events'.
 * Alerts come in the order (deciding time, rule, event order); one that was decided at the newest
 * time waits until time moves on, since another of the same moment may still come before it.
 */
import type { Alert, Provenance } from "../alert/alert.ts";
import { type Bitmap, firstBit } from "../base/bitset.ts";
import type { Limits } from "../base/limits.ts";
import { Batch, recordKinds } from "../event/batch.ts";
import { type BatchLayout, createLayout } from "../event/layout.ts";
import { StringTable, type Texts } from "../event/string-table.ts";
import type { Plan } from "../ir/plan.ts";
import type { LineageId, NodeId } from "../ir/predicate.ts";
import type { Backend, Evaluator } from "../predicate/contract.ts";
import { LineageTracker } from "../process/lineage.ts";
import { interestFields } from "../process/process-fields.ts";
import { ProcessTable } from "../process/process-table.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { SequenceCounters, SequenceEngine, SequenceMatch } from "../sequence/contract.ts";
import { createSequenceEngine } from "../sequence/engine.ts";
import { AlertBuilder } from "./alert-builder.ts";
import { AlertQueue } from "./alert-queue.ts";
import { BatchTimer, type Profiler } from "./batch-timer.ts";
import { hasSameFields, unchangedRule } from "./continuation.ts";
import { GapLog, type LostSpan } from "./gap-log.ts";
import { type LineageRecord, observeLineage } from "./lineage-record.ts";
import type { MemoryUse } from "./memory-use.ts";
import type { EngineObserver } from "./observer.ts";
import { RowEvent } from "./row-event.ts";
import { type RootUse, RowHits } from "./row-hits.ts";
import { type AlertCounts, type Costs, collectCosts } from "./rule-costs.ts";
import { Suppressor } from "./suppressor.ts";

export interface EngineOptions {
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  /** Of this build; part of every alert's provenance. */
  readonly engineVersion: string;
  /** `rule` is its index in the rule set, `order` that of its last event. */
  readonly onAlert: (alert: Alert, rule: number, order: number) => void;
  /** Texts of the batches, where somebody else fills them; the engine's own table unless given. */
  readonly texts?: Texts | undefined;
  /** Whether the end of input settles candidates that wait for a trailing missing event. */
  readonly decideAtEnd?: boolean;
  /**
   * An engine with other rules that this one goes on from, which must not be used any more: its processes, gaps and
   * the partial matches of rules that are unchanged (engine/continuation.ts).
   */
  readonly before?: Engine | undefined;
  /** With it, some batches are timed for `costs`. */
  readonly profiler?: Profiler | undefined;
  /** Told of the events that `child of`, `descendant of` and `event of` rest on. */
  readonly onLineage?: ((record: LineageRecord) => void) | undefined;
  /** Sees how alerts come about; nothing is done for it where there is none. */
  readonly observer?: EngineObserver | undefined;
}

/** What went through the engine so far. */
export interface EngineCounters {
  readonly events: number;
  readonly gaps: number;
  readonly heartbeats: number;
  /** Events that gap records say were lost. */
  readonly lost: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** Partial matches evicted to keep within limits. */
  readonly evicted: number;
  /** Candidates waiting for a trailing missing event. */
  readonly pending: number;
}

export class Engine {
  /** The batch to fill for `process`; the engine owns it and its memory. */
  readonly batch: Batch;
  readonly provenance: Provenance;
  readonly #options: EngineOptions;
  readonly #evaluator: Evaluator;
  readonly #processes: ProcessTable;
  readonly #lineage: LineageTracker;
  readonly #lineageOrder: readonly LineageId[];
  readonly #sequences: SequenceEngine;
  /** Index in the rule set of each rule of the sequence engine. */
  readonly #sequenceRules: readonly number[];
  /** Index in the sequence engine of each rule of the rule set; -1 for event rules. */
  readonly #sequenceIndex: Int32Array;
  /** Which rules and steps ask for roots, by rule and step. */
  readonly #uses: readonly RootUse[];
  /** Places in `#uses` by root. */
  readonly #rootUses: ReadonlyMap<NodeId, readonly number[]>;
  /** By rule: the first row of the batch at hand that has an effect by itself; `noRow` if none has. */
  readonly #opened: Int32Array;
  readonly #event: RowEvent;
  readonly #builder: AlertBuilder;
  readonly #queue: AlertQueue = new AlertQueue();
  readonly #gaps: GapLog;
  readonly #suppressor: Suppressor;
  #events: number = 0;
  #heartbeats: number = 0;
  #records: number = 0;
  #alerts: number = 0;
  readonly #alertCounts: AlertCounts;
  readonly #timer: BatchTimer | null;
  /** The timer while a batch is run that is timed. */
  #timing: BatchTimer | null = null;
  /** Where no alert waits: a time, in ns, before which no deadline passes. */
  #quietBelow: number = Number.NEGATIVE_INFINITY;
  /** The batch's times as words, low then high. */
  readonly #timeWords: Int32Array;
  /** Steps of the rule that hold for the row at hand. */
  readonly #steps: number[] = [];
  readonly #hits: RowHits;

  readonly #observer: EngineObserver | null;

  constructor(options: EngineOptions) {
    const { rules, limits } = options;
    this.#options = options;
    this.#observer = options.observer ?? null;
    this.provenance = {
      engineVersion: options.engineVersion,
      schemaVersion: rules.schema.version,
      rulePackHash: rules.packHash,
    };
    const layout = engineLayout(rules, limits);
    const { program, schema } = rules;
    this.#evaluator = options.backend.create({ program, schema, limits, layout });
    const { memory, base } = this.#evaluator.batchMemory;
    const strings = options.texts ?? new StringTable(limits.stringTableBytes);
    this.batch = new Batch(layout, strings, { json: () => "{}" }, memory, base);
    const { buffer, byteOffset, length } = this.batch.times;
    this.#timeWords = new Int32Array(buffer, byteOffset, length * 2);
    const { before } = options;
    this.#records = before === undefined ? 0 : before.#records;
    this.#processes =
      before !== undefined && hasSameFields(before.#options.rules.schema, rules.schema)
        ? before.#processes
        : new ProcessTable(rules.schema, limits);
    const observe = observeLineage(this.batch, () => this.#records, options.onLineage);
    this.#lineage = new LineageTracker(this.#processes, rules.program.lineage.length, observe);
    this.#lineageOrder = rules.program.lineage
      .map((_query, id) => id as LineageId)
      .sort((a, b) => rules.program.lineage[a]!.level - rules.program.lineage[b]!.level || a - b);
    this.#event = new RowEvent();
    this.#gaps = new GapLog(limits.gaps, before === undefined ? undefined : before.#gaps);
    this.#suppressor = new Suppressor(rules, limits);
    this.#builder = new AlertBuilder(rules, this.#processes);
    this.#sequenceRules = sequenceRules(rules);
    this.#sequenceIndex = new Int32Array(rules.rules.length).fill(-1);
    for (const [index, rule] of this.#sequenceRules.entries()) this.#sequenceIndex[rule] = index;
    this.#sequences = this.#createSequences(before);
    const count = rules.rules.length;
    this.#opened = new Int32Array(count);
    this.#alertCounts = { raised: new Float64Array(count), suppressed: new Float64Array(count) };
    const { profiler } = options;
    this.#timer =
      profiler === undefined ? null : new BatchTimer(profiler, program.roots.length, count);
    const uses = rootUses(rules, (rule) =>
      this.#sequences.openingSteps(this.#sequenceIndex[rule]!),
    );
    this.#uses = uses;
    this.#rootUses = placesByRoot(uses);
    this.#hits = new RowHits(uses, layout.capacity);
    this.#observer?.begin({
      evaluator: this.#evaluator,
      live: (rule) => this.#askSequences(rule, (index) => this.#sequences.live(index)) ?? [],
      holdsKey: (rule, key) =>
        this.#askSequences(rule, (index) => this.#sequences.holdsKey(index, key)) ?? false,
    });
  }

  /** Runs what the batch holds; it may be filled anew when this returns. */
  process(): void {
    const { batch } = this;
    this.#timing = this.#timer?.next() ?? null;
    this.#event.begin(batch);
    // Of a source that is idle come heartbeats alone.
    if (hasEvent(batch)) this.#evaluate(batch);
    const { starts } = this.#hits;
    for (let row = 0; row < batch.count; row += 1) {
      if (this.#observer !== null) this.#observer.reaches(batch.times[row]!);
      if (this.#isDue(row)) this.#advance(row);
      if (this.#observer !== null) this.#show(this.#observer, row);
      if (batch.kinds[row] !== recordKinds.event) this.#runRecord(batch, row);
      else {
        this.#events += 1;
        if (starts[row]! < starts[row + 1]!) this.#runRow(row, starts[row]!, starts[row + 1]!);
      }
      this.#records += 1;
    }
    batch.strings.trim();
  }

  /** Finds out for which of its rows which rules hold. */
  #evaluate(batch: Batch): void {
    this.#evaluator.begin(batch);
    this.#lineage.begin(batch);
    this.#answerLineage();
    this.#observer?.evaluated();
    this.#collectHits();
  }

  /** The end of input: alerts that still wait are raised. */
  finish(): void {
    this.#sequences.finish(this.#options.decideAtEnd === true);
    this.#release(null);
    this.#observer?.finished();
  }

  /** What is held at the moment. */
  get memory(): MemoryUse {
    return {
      strings: this.batch.strings.sizeBytes,
      memos: this.#evaluator.memoBytes,
      partials: this.#sequences.bytes,
      processes: this.#processes.counters.processes,
      processBytes: this.#processes.bytes,
    };
  }

  get counters(): EngineCounters {
    return {
      events: this.#events,
      gaps: this.#gaps.count,
      heartbeats: this.#heartbeats,
      lost: this.#gaps.lost,
      alerts: this.#alerts,
      suppressed: this.#suppressor.suppressed,
      evicted: this.#sequenceRules.reduce(
        (sum, _rule, index) => sum + this.#sequences.counters(index).evicted,
        0,
      ),
      pending: this.#sequences.pending,
    };
  }

  /** When events may have been lost. */
  get lostSpans(): readonly LostSpan[] {
    return this.#gaps.spans;
  }

  /** Counters of the partial matches of a rule (by its index in the rule set); null for event rules. */
  sequenceCounters(rule: number): SequenceCounters | null {
    const index = this.#sequenceIndex[rule] ?? -1;
    return index === -1 ? null : this.#sequences.counters(index);
  }

  /** What rules, predicates and fields cost so far; computed when asked for. */
  get costs(): Costs {
    return collectCosts({
      rules: this.#options.rules,
      events: this.#events,
      counters: this.#evaluator.counters,
      alerts: this.#alertCounts,
      partials: (rule) => this.sequenceCounters(rule),
      timer: this.#timer,
    });
  }

  #askSequences<Answer>(rule: number, ask: (index: number) => Answer): Answer | null {
    const index = this.#sequenceIndex[rule] ?? -1;
    return index === -1 ? null : ask(index);
  }

  #show(observer: EngineObserver, row: number): void {
    const { batch } = this;
    const gap = batch.gaps.get(row);
    if (batch.kinds[row] === recordKinds.gap && gap !== undefined) observer.gap(gap);
    if (batch.kinds[row] !== recordKinds.event) return;
    this.#event.move(row, this.#records);
    observer.event(this.#event, batch);
  }

  #createSequences(before: Engine | undefined): SequenceEngine {
    const { rules, limits } = this.#options;
    const list = this.#sequenceRules.map((index) => {
      const { plan } = rules.rules[index]!;
      if (plan.kind !== "sequence" && plan.kind !== "sample") throw new TypeError("not a sequence");
      const steps = plan.kind === "sequence" ? plan.steps : [];
      const hasResidual = steps.some((step) => step.residual !== null);
      return {
        plan,
        residual: hasResidual
          ? (step: number, earlier: Parameters<Evaluator["residual"]>[1]): boolean => {
              const node = steps[step]!.residual;
              return node === null || this.#evaluator.residual(node, earlier, this.#event.row);
            }
          : null,
      };
    });
    const taken = before && {
      engine: before.#sequences,
      rules: this.#sequenceRules.map((rule) => {
        const same = unchangedRule(before.#options.rules, rules, rule);
        return same === -1 ? -1 : before.#sequenceIndex[same]!;
      }),
    };
    const emit = (match: SequenceMatch): void => this.#matched(match);
    return createSequenceEngine(list, limits, emit, this.#observer, taken);
  }

  #answerLineage(): void {
    const { program } = this.#options.rules;
    for (const id of this.#lineageOrder) {
      const query = program.lineage[id]!;
      const rows = this.#lineage.run(id, this.#evaluator.evaluate(query.predicate));
      // What was never set is empty.
      if (rows === null) continue;
      this.#evaluator.setLineage(id, "child", rows.child);
      this.#evaluator.setLineage(id, "descendant", rows.descendant);
      this.#evaluator.setLineage(id, "event", rows.event);
    }
  }

  /** Gathers which rows which rules want. */
  #collectHits(): void {
    const opened = this.#opened.fill(noRow);
    const held: { readonly places: readonly number[]; readonly rows: Bitmap }[] = [];
    this.#evaluator.sweep((root, rows) => {
      const places = this.#rootUses.get(root);
      if (places === undefined) return;
      held.push({ places, rows });
      let first = -1;
      for (const place of places) {
        const { rule, opens } = this.#uses[place]!;
        if (!opens) continue;
        if (first === -1) first = firstBit(rows);
        opened[rule] = Math.min(opened[rule]!, first);
      }
    }, this.#timing);
    for (const { places, rows } of held) {
      for (const place of places) {
        const from = this.#mattersFrom(this.#uses[place]!);
        if (from < noRow) this.#hits.add(place, rows, from);
      }
    }
    this.#hits.arrange();
  }

  /** The first row from which on a hit matters: a sequence that holds nothing must begin first. */
  #mattersFrom({ rule, opens }: RootUse): number {
    if (opens || !this.#sequences.isIdle(this.#sequenceIndex[rule]!)) return 0;
    return this.#opened[rule]!;
  }

  /** Runs the hits `[start, end)`, which are those of the row. */
  #runRow(row: number, start: number, end: number): void {
    this.#event.move(row, this.#records);
    const { places, rules, steps } = this.#hits;
    let at = start;
    while (at < end) {
      const rule = rules[places[at]!]!;
      this.#steps.length = 0;
      for (; at < end && rules[places[at]!] === rule; at += 1) {
        this.#steps.push(steps[places[at]!]!);
      }
      if (this.#timing === null) this.#runRule(rule, this.#steps);
      else this.#runTimed(this.#timing, rule, this.#steps);
    }
    this.#settleDown();
  }

  #runTimed(timer: BatchTimer, rule: number, steps: number[]): void {
    const startMs = timer.nowMs();
    this.#runRule(rule, steps);
    timer.ruleMs[rule]! += timer.nowMs() - startMs;
  }

  /** `steps` are ascending; -1 is until. */
  #runRule(rule: number, steps: number[]): void {
    const index = this.#sequenceIndex[rule]!;
    if (index === -1) {
      const alert = this.#builder.fromEvent(rule, this.#event);
      this.#observer?.decided(alert);
      this.#queue.push({ alert, rule, order: this.#event.order });
      return;
    }
    const until = steps[0] === -1;
    if (until) steps.shift();
    this.#sequences.accept(index, steps, until, this.#event);
  }

  #runRecord(batch: Batch, row: number): void {
    const gap = batch.gaps.get(row);
    if (batch.kinds[row] === recordKinds.gap && gap !== undefined) this.#gaps.add(gap);
    else this.#heartbeats += 1;
  }

  #matched(match: SequenceMatch): void {
    const rule = this.#sequenceRules[match.rule]!;
    const reasons: string[] = [];
    const fromNs = windowStart(this.#options.rules.rules[rule]!.plan, match);
    if (this.#gaps.overlaps(fromNs, match.decidedNs)) reasons.push("gap");
    if (match.evicted) reasons.push("evicted");
    const alert = this.#builder.fromSequence(rule, match, reasons, this.#event);
    this.#observer?.decided(alert);
    this.#queue.push({ alert, rule, order: match.lastOrder });
  }

  /** Whether something may be due at the row's time; rounded, on the safe side. */
  #isDue(row: number): boolean {
    const words = this.#timeWords;
    const time = words[row * 2 + 1]! * 0x100000000 + (words[row * 2]! >>> 0);
    return time >= this.#quietBelow;
  }

  /** Time reaches that of `row`: deadlines before it pass, and alerts decided before it are raised. */
  #advance(row: number): void {
    const timeNs = this.batch.times[row]!;
    this.#event.leave(row - 1);
    if (this.#queue.isBehind(timeNs)) {
      this.#sequences.advance(timeNs);
      this.#release(timeNs);
    }
    this.#settleDown();
  }

  /** Nothing more happens now: until when nothing can become due. */
  #settleDown(): void {
    this.#quietBelow = this.#queue.isEmpty ? this.#sequences.quietBelow : Number.NEGATIVE_INFINITY;
  }

  #release(beforeNs: bigint | null): void {
    for (const { alert: decided, rule, order } of this.#queue.take(beforeNs)) {
      if (this.#suppressor.suppresses(rule, decided)) {
        this.#alertCounts.suppressed[rule]! += 1;
        continue;
      }
      const alert = this.#builder.name(decided);
      this.#alertCounts.raised[rule]! += 1;
      this.#alerts += 1;
      this.#observer?.raised(alert);
      this.#options.onAlert(alert, rule, order);
    }
  }
}

/** The layout of the batches of an engine for these rules. */
export function engineLayout(
  rules: Pick<RuleSet, "schema" | "interest">,
  limits: Limits,
): BatchLayout {
  const fields = [...new Set([...rules.interest, ...interestFields(rules.schema)])];
  return createLayout(rules.schema, fields, limits);
}

/** From when on a lost event could have changed the match: a leading missing one looks back. */
function windowStart(plan: Plan, match: SequenceMatch): bigint {
  const isLeading = plan.kind === "sequence" && plan.steps[0]?.missing === true;
  if (!isLeading || plan.maxspanNs === null) return match.firstNs;
  return match.lastNs - plan.maxspanNs;
}

function sequenceRules(rules: RuleSet): number[] {
  return rules.rules.flatMap(({ plan }, rule) => (plan.kind === "event" ? [] : [rule]));
}

/** More than any row. */
const noRow = 0x7fffffff;

/** Uses with their roots, sorted by rule and step. */
function rootUses(
  rules: RuleSet,
  openingSteps: (rule: number) => readonly number[],
): readonly (RootUse & { readonly root: NodeId })[] {
  return rules.rules.flatMap(({ plan }, rule) => {
    if (plan.kind === "event") return [{ root: plan.predicate, rule, step: 0, opens: true }];
    const opening = openingSteps(rule);
    const steps = plan.kind === "sequence" ? plan.steps : plan.filters;
    const uses = steps.map(({ predicate }, step) => {
      return { root: predicate, rule, step, opens: opening.includes(step) };
    });
    if (plan.kind === "sample" || plan.until === null) return uses;
    return [{ root: plan.until.predicate, rule, step: -1, opens: false }, ...uses];
  });
}

function placesByRoot(
  uses: readonly { readonly root: NodeId }[],
): ReadonlyMap<NodeId, readonly number[]> {
  const places = new Map<NodeId, number[]>();
  for (const [place, { root }] of uses.entries()) {
    const known = places.get(root);
    if (known === undefined) places.set(root, [place]);
    else known.push(place);
  }
  return places;
}

function hasEvent({ kinds, count }: Batch): boolean {
  for (let row = 0; row < count; row += 1) if (kinds[row] === recordKinds.event) return true;
  return false;
}
