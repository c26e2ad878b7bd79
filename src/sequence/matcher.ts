/**
 * One rule's sequence over the stream: per key one machine, whose states each hold at most one
 * partial match. The steps of an event are tried last to first, so that no event serves two steps
 * of one match; a hit takes what waits in the state before and replaces what is in its own. What is
 * over maxspan has left the store before the event comes (store.ts), so no hit has to test it.
 */
import type { SequencePlan } from "../ir/plan.ts";
import type { MatchedStep, SequenceEvent, SequenceMatch, SequenceRule } from "./contract.ts";
import type { EventKeys, Key, KeyReader } from "./key.ts";
import { judge, Trace, Waiting } from "./missing.ts";
import type { LivePartial } from "./observer.ts";
import {
  capture,
  extend,
  type HitReader,
  hitsByStep,
  matchedStep,
  noCaptures,
  type PartialMatch,
  type StepCaptures,
} from "./partial.ts";
import { Machine, Pending, type StageMemory } from "./pending.ts";
import { Run } from "./runs.ts";
import { createStagePlan, type StagePlan } from "./stage.ts";
import type { RuleUnits, Store } from "./store.ts";

/** What a rule matcher works with; shared by all rules of an engine. */
export interface MatcherScope {
  readonly store: Store;
  readonly hits: HitReader;
  readonly keys: KeyReader;
  readonly emit: (match: SequenceMatch) => void;
}

/** A rule that is fed with the steps that hold. */
export interface RuleMatcher {
  /** All partial matches of the moment, by key and step. */
  live(): readonly LivePartial[];
  /** Steps that can begin something where nothing is pending; ascending. */
  readonly openingSteps: readonly number[];
  accept(steps: readonly number[], until: boolean, event: SequenceEvent): void;
}

export class SequenceMatcher implements RuleMatcher {
  readonly openingSteps: readonly number[];
  readonly #scope: MatcherScope;
  readonly #units: RuleUnits;
  readonly #residual: SequenceRule["residual"];
  readonly #plan: StagePlan;
  readonly #maxspanNs: bigint | null;
  readonly #noCaptures: StepCaptures;
  /** By step. */
  readonly #keys: readonly EventKeys[];
  readonly #untilKeys: EventKeys | null;
  /** By stage. */
  readonly #memories: readonly StageMemory[];

  constructor(scope: MatcherScope, units: RuleUnits, rule: SequenceRule, plan: SequencePlan) {
    this.#scope = scope;
    this.#units = units;
    units.decide = (candidate, decidedNs) => {
      if (!(candidate instanceof Waiting)) return;
      this.#fire(candidate.machine.key, candidate.partial, decidedNs);
    };
    this.#residual = rule.residual;
    this.#plan = createStagePlan(plan);
    this.#maxspanNs = plan.maxspanNs;
    this.#noCaptures = noCaptures(plan.steps.length);
    this.#keys = plan.steps.map(({ keys }) => scope.keys.of(keys));
    this.#untilKeys = plan.until === null ? null : scope.keys.of(plan.until.keys);
    const { stages, stagesOf, gapOf, trailingGap } = this.#plan;
    this.#memories = stages.map((_, stage) => {
      const next = stages[stage + 1]?.step ?? -1;
      return { store: scope.store, stage, next, maxspanNs: plan.maxspanNs };
    });
    const opens = (step: number): boolean =>
      stagesOf[step]![0] === 0 || (gapOf[step]! >= 0 && gapOf[step]! < trailingGap);
    this.openingSteps = [...plan.steps.keys()].filter(opens);
  }

  accept(steps: readonly number[], until: boolean, event: SequenceEvent): void {
    const { stagesOf, gapOf } = this.#plan;
    for (let i = steps.length - 1; i >= 0; i -= 1) {
      const step = steps[i]!;
      if (!this.#matters(step)) continue;
      const stages = stagesOf[step]!;
      const gap = gapOf[step]!;
      const keys = this.#read(this.#keys[step]!, event);
      for (let j = 0; j < keys.length; j += 1) {
        const key = keys[j]!;
        if (gap >= 0) this.#observeMissing(gap, key, event.timeNs);
        for (let k = stages.length - 1; k >= 0; k -= 1) this.#hit(stages[k]!, key, event);
      }
    }
    if (!until || this.#untilKeys === null || this.#units.keyCount === 0) return;
    for (const key of this.#read(this.#untilKeys, event)) this.#clear(key);
  }

  /** Whether an event of the step can have an effect under some key. */
  #matters(step: number): boolean {
    const { stages, stagesOf, gapOf, trailingGap } = this.#plan;
    const gap = gapOf[step]!;
    if (gap >= 0) return gap < trailingGap || this.#units.waiting.size > 0;
    const { held } = this.#units;
    for (const stage of stagesOf[step]!) {
      if (stage === 0 || held[stage - 1]! > 0) return true;
      if (stages[stage]!.runs > 1 && held[stage]! > 0) return true;
    }
    return false;
  }

  live(): readonly LivePartial[] {
    return this.#units.keys().flatMap((machine) => {
      if (!(machine instanceof Machine)) return [];
      const slots = machine.slots.flatMap((slot) => slot?.live() ?? []);
      const waiting = [...machine.waiting].flatMap((unit) =>
        unit instanceof Waiting ? [unit.live()] : [],
      );
      return [...slots, ...waiting];
    });
  }

  #read(reader: EventKeys, event: SequenceEvent): readonly Key[] {
    const { keys, cut } = reader.read(event);
    this.#units.keysCut += cut;
    return keys;
  }

  #find(key: Key): Machine | undefined {
    const found = this.#scope.store.find(this.#units, key);
    return found instanceof Machine ? found : undefined;
  }

  #findOrCreate(key: Key): Machine {
    const { slots, trailingGap, hasMissing } = this.#plan;
    const gaps = hasMissing ? trailingGap : 0;
    return this.#find(key) ?? new Machine(this.#units, key, slots, gaps);
  }

  #hit(index: number, key: Key, event: SequenceEvent): void {
    const machine = index === 0 ? this.#findOrCreate(key) : this.#find(key);
    if (machine === undefined) return;
    const stage = this.#plan.stages[index]!;
    if (stage.runs > 1) {
      this.#hitRun(machine, index, event);
      return;
    }
    if (index === 0 && !this.#passesResidual(index, this.#noCaptures, event)) {
      this.#scope.store.observer?.refused(stage.step, this.#noCaptures, key);
      return;
    }
    const previous = index === 0 ? null : this.#takePrevious(machine, index, event);
    if (index > 0 && previous === null) return;
    const { observer } = this.#scope.store;
    const partial = this.#isPlain(index, machine)
      ? this.#scope.hits.open(event, stage.step, this.#noCaptures)
      : this.#extended(machine, index, previous, event);
    if (observer !== null) observer.extended(partial, previous?.captures ?? this.#noCaptures);
    if (index === this.#plan.stages.length - 1) {
      this.#complete(machine, partial);
      return;
    }
    const slot = machine.slots[index];
    const pending = slot instanceof Pending ? slot : new Pending(machine, this.#memories[index]!);
    pending.put(partial);
  }

  /** Whether a partial match that begins at the stage is the same for all rules; an observer tells them apart. */
  #isPlain(index: number, machine: Machine): boolean {
    if (index > 0 || this.#scope.store.observer !== null) return false;
    return this.#plan.stages[0]!.captures.length === 0 && machine.traces.length === 0;
  }

  /** `previous` with the event at hand; a new partial match where it is null. */
  #extended(
    machine: Machine,
    index: number,
    previous: PartialMatch | null,
    event: SequenceEvent,
  ): PartialMatch {
    const { step, captures } = this.#plan.stages[index]!;
    return extend(previous, {
      step,
      hits: [this.#scope.hits.read(event)],
      captures: capture(previous?.captures ?? this.#noCaptures, step, captures, event),
      leadingNs: index === 0 ? this.#leadingBefore(machine, event.timeNs) : null,
      doomed: previous !== null && this.#isBroken(machine, index, previous, event.timeNs),
    });
  }

  #hitRun(machine: Machine, index: number, event: SequenceEvent): void {
    const stage = this.#plan.stages[index]!;
    const { hits } = this.#scope;
    const slot = machine.slots[index];
    const run = slot instanceof Run ? slot : new Run(machine, this.#memories[index]!, stage);
    const isMoving = run.isMoving;
    let complete: PartialMatch | null = null;
    if (isMoving) {
      run.move(hits.read(event));
      const earlier = run.arriving;
      if (earlier !== null) {
        const captures = capture(earlier, stage.step, stage.captures, event);
        if (index === this.#plan.stages.length - 1) complete = run.finish(captures);
        else run.pass(captures);
      }
    }
    const previous = index === 0 ? null : this.#takePrevious(machine, index, event);
    const enters = index === 0 || previous !== null;
    if (enters) {
      if (!isMoving) run.move(hits.read(event));
      run.enter({
        previous,
        captures: previous?.captures ?? this.#noCaptures,
        leadingNs: index === 0 ? this.#leadingBefore(machine, event.timeNs) : null,
        doomed: previous !== null && this.#isBroken(machine, index, previous, event.timeNs),
      });
    }
    if (isMoving || enters) run.settle();
    if (complete !== null) this.#complete(machine, complete);
  }

  /** Takes what waits in the state before, unless the residual refuses: then it stays there. */
  #takePrevious(machine: Machine, index: number, event: SequenceEvent): PartialMatch | null {
    const slot = machine.slots[index - 1] ?? null;
    const earlier = slot?.ready ?? null;
    if (slot === null || earlier === null) return null;
    if (this.#passesResidual(index, earlier, event)) return slot.take();
    const { step } = this.#plan.stages[index]!;
    this.#scope.store.observer?.refused(step, earlier, machine.key);
    return null;
  }

  #passesResidual(index: number, earlier: StepCaptures, event: SequenceEvent): boolean {
    const { step, hasResidual } = this.#plan.stages[index]!;
    return !hasResidual || this.#residual === null || this.#residual(step, earlier, event);
  }

  #leadingBefore(machine: Machine, timeNs: bigint): bigint | null {
    return this.#missingBefore(machine, 0, timeNs);
  }

  /** Whether a missing event lies strictly between `previous` and `timeNs`. */
  #isBroken(machine: Machine, index: number, previous: PartialMatch, timeNs: bigint): boolean {
    const { gap } = this.#plan.stages[index]!;
    if (gap < 0) return false;
    const missingNs = this.#missingBefore(machine, gap, timeNs);
    return missingNs !== null && missingNs > previous.lastNs;
  }

  #missingBefore(machine: Machine, gap: number, timeNs: bigint): bigint | null {
    const trace = machine.traces[gap];
    return trace instanceof Trace ? trace.before(timeNs) : null;
  }

  #observeMissing(gap: number, key: Key, timeNs: bigint): void {
    if (gap < this.#plan.trailingGap) {
      const machine = this.#findOrCreate(key);
      const known = machine.traces[gap];
      const trace =
        known instanceof Trace
          ? known
          : new Trace(this.#scope.store, machine, gap, this.#maxspanNs);
      trace.note(timeNs);
      return;
    }
    for (const candidate of this.#find(key)?.waiting ?? []) {
      if (!(candidate instanceof Waiting) || candidate.partial.lastNs >= timeNs) return;
      candidate.discard();
    }
  }

  #complete(machine: Machine, partial: PartialMatch): void {
    const { hasLeading, hasTrailing } = this.#plan;
    const verdict = judge(partial, this.#maxspanNs, hasLeading, hasTrailing);
    if (verdict.kind === "discard") {
      const live = { key: machine.key, partial, next: -1, taken: 0, deadlineNs: null };
      this.#scope.store.observer?.ended(live, "missing");
      return;
    }
    if (verdict.kind === "keep") {
      this.#fire(machine.key, partial, partial.lastNs);
      return;
    }
    new Waiting(this.#scope.store, machine, partial).wait(verdict.deadlineNs);
  }

  #fire(key: Key, partial: PartialMatch, decidedNs: bigint): void {
    this.#units.matches += 1;
    this.#scope.store.observer?.completed(partial);
    const { firstNs, lastNs, lastOrder } = partial;
    this.#scope.emit({
      rule: this.#units.index,
      steps: this.#matchedSteps(partial),
      keys: key.values,
      firstNs,
      lastNs,
      decidedNs,
      lastOrder,
      evicted: this.#units.evictedSince(this.#restsOnSince(partial)),
      absence: this.#plan.hasMissing,
    });
  }

  /** The earliest moment whose eviction could have changed the match. */
  #restsOnSince(partial: PartialMatch): bigint {
    const reachesBack = this.#plan.hasLeading && this.#maxspanNs !== null;
    return reachesBack ? partial.lastNs - this.#maxspanNs : partial.firstNs;
  }

  #matchedSteps(partial: PartialMatch): readonly MatchedStep[] {
    const hits = hitsByStep(partial);
    const steps: MatchedStep[] = [];
    for (const [index, step] of this.#plan.plan.steps.entries()) {
      if (step.missing) {
        for (let run = 0; run < step.runs; run += 1) steps.push(matchedStep(index, null));
      } else {
        for (const hit of hits.get(index) ?? []) steps.push(matchedStep(index, hit));
      }
    }
    return steps;
  }

  /** An until event: everything that is pending under the key ends. */
  #clear(key: Key): void {
    const machine = this.#find(key);
    if (machine === undefined) return;
    const { store } = this.#scope;
    for (const slot of machine.slots) {
      if (slot === null) continue;
      if (store.observer !== null) {
        for (const live of slot.live()) store.observer.ended(live, "until");
      }
      store.remove(slot);
    }
  }
}
