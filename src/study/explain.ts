/**
 * Watches an engine that runs one rule and tells why it fired, or how near it came. The rule is compiled
 * alone with a trace, so that each conjunct's node is known; the engine's own evaluator judges them.
 */

import type { Alert } from "../alert/alert.ts";
import type { Limits } from "../base/limits.ts";
import { formatIso } from "../base/time.ts";
import type { DecidedAlert } from "../engine/alert-builder.ts";
import type { EngineObserver, ObservedEngine } from "../engine/observer.ts";
import type { RowEvent } from "../engine/row-event.ts";
import { createLowerTrace } from "../eql/lower-trace.ts";
import type { SchemaMode } from "../eql/scope.ts";
import type { Gap } from "../event/batch.ts";
import type { KeyPlan, Plan } from "../ir/plan.ts";
import type { NodeId } from "../ir/predicate.ts";
import { compileRules } from "../rule/compile.ts";
import type { Rule } from "../rule/rule.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Schema } from "../schema/schema.ts";
import { type Key, keysOf } from "../sequence/key.ts";
import type { Ending, LivePartial } from "../sequence/observer.ts";
import type { Hit, PartialMatch, StepCaptures } from "../sequence/partial.ts";
import { type Conjunct, conjunctsOf } from "./conjuncts.ts";
import type { ExplainedMatch, Explanation, LiveMatch, MissReason } from "./explanation.ts";
import { Candidates, type Ended, failedOf, missOf, NearMissList, reasonOf } from "./near-misses.ts";
import { RowVerdicts } from "./row-verdicts.ts";
import { type EventFacts, eventId, involves, StepEvidence } from "./step-evidence.ts";

/** Near misses that are told unless another number is asked for. */
export const defaultNearMisses = 10;

/** Expired partial matches that are watched for a next step that comes late; the oldest go first. */
const watchedExpired = 65_536;
/** Gaps that are remembered; the oldest go first. */
const rememberedGaps = 256;

/** A rule compiled alone, with what its nodes were lowered from. */
export interface ExplainableRule {
  readonly set: RuleSet;
  readonly rule: Rule;
  readonly plan: Plan;
  readonly conjuncts: ReadonlyMap<number, readonly Conjunct[]>;
}

/**
 * `schema` is the one that the rule was compiled with among all others, with the fields that they
 * registered. Null where the rule is invalid.
 */
export function compileExplainable(
  rule: Rule,
  options: { readonly schema: Schema; readonly mode?: SchemaMode; readonly limits: Limits },
): ExplainableRule | null {
  const trace = createLowerTrace();
  const { set } = compileRules([rule], { ...options, trace });
  const compiled = set.rules[0];
  if (compiled === undefined) return null;
  const { program, schema } = set;
  const conjuncts = conjunctsOf({ rule, trace, program, schema });
  return { set, rule, plan: compiled.plan, conjuncts };
}

export interface ExplainerOptions {
  readonly rule: ExplainableRule;
  readonly limits: Limits;
  /** Near misses to tell. */
  readonly top: number;
  /** Only what involves it: a key's value, or a process, host or user of an event. */
  readonly entity: string | null;
  /** Moment whose partial matches are to be shown, ns; null for none. */
  readonly atNs: bigint | null;
}

/** A step as candidates see it. */
interface Place {
  readonly step: number;
  readonly predicate: NodeId;
  readonly keys: readonly KeyPlan[];
  readonly conjuncts: readonly Conjunct[];
  /** Whether a match can begin with it. */
  readonly isFirst: boolean;
}

export class Explainer implements EngineObserver {
  readonly #options: ExplainerOptions;
  readonly #places: readonly Place[];
  readonly #matches: ExplainedMatch[] = [];
  readonly #explained: WeakMap<DecidedAlert, ExplainedMatch["steps"]> = new WeakMap();
  readonly #misses: NearMissList;
  readonly #candidates: Candidates = new Candidates();
  readonly #expired: Map<string, Ended> = new Map();
  readonly #newestHit: Map<number, { order: number; timeNs: bigint; keys: readonly Key[] }> =
    new Map();
  readonly #gaps: Gap[] = [];
  #engine: ObservedEngine | null = null;
  #verdicts: RowVerdicts | null = null;
  #evidence: StepEvidence | null = null;
  #event: RowEvent | null = null;
  #completed: ExplainedMatch["steps"] = [];
  #live: readonly LiveMatch[] | null = null;
  #candidateLimit = 4096;

  constructor(options: ExplainerOptions) {
    this.#options = options;
    this.#places = placesOf(options.rule);
    this.#misses = new NearMissList(options.top);
  }

  get explanation(): Explanation {
    const { id, name, path } = this.#options.rule.rule;
    const first = this.#places[0]?.step ?? 0;
    const nothing = { reached: 0, steps: [], key: [], failed: null };
    const misses =
      this.#matches.length > 0 || this.#misses.misses.length > 0
        ? this.#misses.misses
        : [{ ...nothing, by: { kind: "no-event", step: first } as const }];
    return {
      rule: { id, name, path },
      matches: this.#matches,
      near_misses: misses,
      ...(this.#live === null ? {} : { live: this.#live }),
    };
  }

  begin(engine: ObservedEngine): void {
    const { rule } = this.#options;
    this.#engine = engine;
    this.#verdicts = new RowVerdicts(engine.evaluator, rule.set.schema);
    this.#evidence = new StepEvidence(rule, this.#verdicts);
  }

  evaluated(): void {
    this.#verdicts!.restart();
  }

  reaches(timeNs: bigint): void {
    const { atNs } = this.#options;
    if (atNs !== null && this.#live === null && timeNs > atNs) this.#takeLive(atNs);
  }

  gap(gap: Gap): void {
    this.#gaps.push(gap);
    if (this.#gaps.length > rememberedGaps) this.#gaps.shift();
  }

  event(event: RowEvent): void {
    this.#event = event;
    this.#evidence!.prune(event.timeNs, () => this.#engine!.live(0));
    for (const place of this.#places) {
      if (!this.#isEligible(place, event.row)) continue;
      if (this.#verdicts!.holds(place.predicate, event.row)) this.#hit(place, event);
      else this.#nearly(place, event);
    }
  }

  extended(partial: PartialMatch, earlier: StepCaptures): void {
    this.#evidence!.link(partial, this.#event!, earlier);
  }

  refused(step: number, earlier: StepCaptures, key: Key): void {
    const place = this.#places.find((known) => known.step === step)!;
    this.#consider(place, this.#event!, earlier, [key], true);
  }

  completed(partial: PartialMatch): void {
    this.#completed = this.#evidence!.stepsOf(partial);
  }

  sampled(hits: readonly Hit[]): void {
    this.#completed = hits.map((hit, filter) => this.#evidence!.stepOf(filter, hit));
  }

  decided(alert: DecidedAlert): void {
    const steps =
      alert.kind === "event" ? [this.#evidence!.atHand(0, this.#event!)] : this.#completed;
    this.#explained.set(alert, steps);
  }

  raised(alert: Alert): void {
    const { entity } = this.#options;
    if (
      entity !== null &&
      !involves(
        entity,
        alert.keys,
        alert.match.map(({ event }) => event),
      )
    )
      return;
    this.#matches.push({
      alert_id: alert.id,
      time: formatIso(alert.timeNs),
      steps: this.#explained.get(alert) ?? [],
      key: alert.keys,
      confidence: alert.confidence,
    });
  }

  ended(live: LivePartial, why: Ending): void {
    const ended = this.#endedOf(live, live.deadlineNs);
    const at = this.#event;
    const time = at === null ? "" : formatIso(at.timeNs);
    switch (why) {
      case "until":
        this.#add(ended, { kind: "until", event_id: eventId(at?.evidence() ?? "{}"), time });
        break;
      case "missing":
        this.#add(ended, { kind: "missing", time });
        break;
      case "evicted":
        this.#add(ended, { kind: "eviction", time });
        break;
      case "replaced":
        if (ended.candidate !== null) this.#addByEvents(ended, false);
        break;
      case "expired":
        this.#watch(ended);
        break;
      default:
        why satisfies never;
    }
  }

  finished(): void {
    const { atNs } = this.#options;
    if (atNs !== null && this.#live === null) this.#takeLive(atNs);
    for (const live of this.#engine!.live(0)) this.#addByEvents(this.#endedOf(live, null), true);
    for (const ended of this.#expired.values()) this.#addByEvents(ended, false);
    this.#expired.clear();
  }

  /** Whether an event is of the step's category and system. */
  #isEligible({ conjuncts }: Place, row: number): boolean {
    return conjuncts.every(
      ({ role, node }) =>
        (role !== "category" && role !== "system") || this.#verdicts!.holds(node, row),
    );
  }

  #hit(place: Place, event: RowEvent): void {
    const { step } = place;
    this.#evidence!.note(step, event);
    const { keys } = keysOf(place.keys, event, this.#options.limits.keyCombinations);
    this.#newestHit.set(step, { order: event.order, timeNs: event.timeNs, keys });
    for (const key of keys) {
      const ended = this.#expired.get(`${step} ${key.id}`);
      if (ended === undefined || !this.#passes(place, ended.live.partial.captures)) continue;
      this.#expired.delete(`${step} ${key.id}`);
      const excessNs = event.timeNs - (ended.live.deadlineNs ?? event.timeNs);
      this.#add(ended, { kind: "maxspan", step, excess_ms: Number(excessNs) / 1e6 });
    }
  }

  /** Whether the conditions on earlier events hold for the event at hand. */
  #passes({ conjuncts }: Place, captures: StepCaptures): boolean {
    return conjuncts
      .filter(({ earlier }) => earlier.length > 0)
      .every((conjunct) => this.#verdicts!.judge(conjunct, this.#event!, captures).holds);
  }

  #nearly(place: Place, event: RowEvent): void {
    if (place.isFirst) {
      this.#consider(place, event, [], [], false);
      return;
    }
    const { keys } = keysOf(place.keys, event, this.#options.limits.keyCombinations);
    const held = keys.filter((key) => this.#engine!.holdsKey(0, key.id));
    if (held.length > 0) this.#consider(place, event, [], held, false);
  }

  /** The event comes near to a step: as a candidate of the partial matches under `keys`, or as a beginning. */
  #consider(
    place: Place,
    event: RowEvent,
    earlier: StepCaptures,
    keys: readonly Key[],
    isResidual: boolean,
  ): void {
    const own = place.conjuncts.filter((conjunct) => isResidual || conjunct.earlier.length === 0);
    const verdicts = (): ReturnType<RowVerdicts["judge"]>[] =>
      own.map((conjunct) => this.#verdicts!.judge(conjunct, event, earlier));
    const judged = isResidual ? verdicts() : null;
    const score =
      judged === null
        ? own.filter(({ node }) => this.#verdicts!.holds(node, event.row)).length
        : judged.filter(({ holds }) => holds).length;
    const nearness = [0, 0, score, event.order] as const;
    if (place.isFirst && !this.#misses.wants(nearness)) return;
    const json = event.evidence();
    const { entity } = this.#options;
    const { step } = place;
    const facts: EventFacts = {
      step,
      event_id: eventId(json),
      time: formatIso(event.timeNs),
      event: JSON.parse(json),
    };
    const failed = failedOf(judged ?? verdicts(), facts);
    if (!place.isFirst) {
      const { order, timeNs } = event;
      const candidate = { step, order, timeNs, score, failed, isResidual };
      for (const key of keys) this.#candidates.add(key.id, candidate);
      this.#sweepCandidates();
      return;
    }
    if (entity !== null && !involves(entity, [], [json])) return;
    const by = { kind: isResidual ? "residual" : "conjunct", step } as const;
    this.#misses.add(nearness, { reached: 0, steps: [], key: [], failed, by });
  }

  #sweepCandidates(): void {
    if (this.#candidates.size <= this.#candidateLimit) return;
    this.#candidates.sweep((key) => this.#engine!.holdsKey(0, key));
    this.#candidateLimit = Math.max(4096, this.#candidates.size * 2);
  }

  #endedOf(live: LivePartial, untilNs: bigint | null): Ended {
    const { partial, next, key, taken } = live;
    const hit = this.#newestHit.get(next);
    const isInTime = hit !== undefined && (untilNs === null || hit.timeNs <= untilNs);
    const isOther =
      isInTime && hit.order > partial.lastOrder && !hit.keys.some(({ id }) => id === key.id);
    const { plan } = this.#options.rule;
    const of = plan.kind === "sequence" ? (plan.steps[next]?.runs ?? 1) : 1;
    const steps = this.#evidence!.stepsOf(partial);
    return {
      live,
      key: key.values,
      steps,
      reached: reachedOf(steps, live),
      ...(taken === 0 ? {} : { runs: { taken, of } }),
      candidate: this.#candidates.best(next, key.id, partial.lastOrder),
      otherKey: isOther ? { ...hit, key: hit.keys[0]?.values ?? [] } : null,
      gap:
        this.#gaps.find(
          (gap) => gap.toNs >= partial.lastNs && (untilNs === null || gap.fromNs <= untilNs),
        ) ?? null,
    };
  }

  /** Waits for a next step that comes too late. */
  #watch(ended: Ended): void {
    const place = `${ended.live.next} ${ended.live.key.id}`;
    const before = this.#expired.get(place);
    if (before !== undefined) this.#addByEvents(before, false);
    this.#expired.delete(place);
    this.#expired.set(place, ended);
    if (this.#expired.size <= watchedExpired) return;
    const [oldest, first] = this.#expired.entries().next().value!;
    this.#expired.delete(oldest);
    this.#addByEvents(first, false);
  }

  #addByEvents(ended: Ended, atEnd: boolean): void {
    const reason = reasonOf(ended, this.#conjunctCount(ended), atEnd);
    const isDoomed = reason.kind === "missing";
    this.#add(ended, isDoomed ? { ...reason, time: formatIso(ended.live.partial.lastNs) } : reason);
  }

  #add(ended: Ended, by: MissReason): void {
    const { entity } = this.#options;
    const texts = ended.steps.map(({ event }) => JSON.stringify(event));
    if (entity !== null && !involves(entity, ended.key, texts)) return;
    this.#misses.add(...missOf(ended, by, this.#conjunctCount(ended)));
  }

  #conjunctCount({ live }: Ended): number {
    return this.#options.rule.conjuncts.get(live.next)?.length ?? 0;
  }

  #takeLive(atNs: bigint): void {
    const { rule, entity } = this.#options;
    const found: LiveMatch[] = [];
    for (const live of this.#engine!.live(0)) {
      const { partial, key, deadlineNs } = live;
      if (deadlineNs !== null && deadlineNs < atNs) continue;
      const steps = this.#evidence!.stepsOf(partial);
      const texts = steps.map(({ event }) => JSON.stringify(event));
      if (entity !== null && !involves(entity, key.values, texts)) continue;
      found.push({
        rule: rule.rule.id,
        reached: reachedOf(steps, live),
        steps,
        key: key.values,
        since: formatIso(partial.firstNs),
        expires: deadlineNs === null ? null : formatIso(deadlineNs),
      });
    }
    this.#live = found;
  }
}

/** Steps reached in full: one that has taken part of its runs is not. */
function reachedOf(steps: ExplainedMatch["steps"], live: LivePartial): number {
  const reached = new Set(
    steps.filter(({ event_id, time }) => event_id ?? time).map(({ step }) => step),
  );
  if (reached.has(live.next)) reached.delete(live.next);
  return reached.size;
}

function placesOf({ plan, conjuncts }: ExplainableRule): readonly Place[] {
  const of = (step: number): readonly Conjunct[] => conjuncts.get(step) ?? [];
  if (plan.kind === "event") {
    return [{ step: 0, predicate: plan.predicate, keys: [], conjuncts: of(0), isFirst: true }];
  }
  if (plan.kind === "sample") {
    return plan.filters.map(({ predicate, keys }, step) => {
      return { step, predicate, keys, conjuncts: of(step), isFirst: true };
    });
  }
  const first = plan.steps.findIndex(({ missing }) => !missing);
  return plan.steps.flatMap(({ predicate, keys, missing }, step) =>
    missing ? [] : [{ step, predicate, keys, conjuncts: of(step), isFirst: step === first }],
  );
}
