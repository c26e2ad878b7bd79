/** What is remembered of events that steps took, so that a match can be explained when it is complete. */
import { formatIso } from "../base/time.ts";
import type { RowEvent } from "../engine/row-event.ts";
import { valuesAt } from "../event/json-path.ts";
import type { Plan } from "../ir/plan.ts";
import type { LivePartial } from "../sequence/observer.ts";
import {
  type Hit,
  hitsByStep,
  type Link,
  type PartialMatch,
  type StepCaptures,
} from "../sequence/partial.ts";
import type { Conjunct } from "./conjuncts.ts";
import type { ExplainedStep } from "./explanation.ts";
import type { ConjunctVerdict, RowVerdicts } from "./row-verdicts.ts";

/** What a report says of an event that was there. */
export type EventFacts = Pick<ExplainedStep, "step" | "event_id" | "event"> & {
  readonly time: string;
};

/** What events are judged by: conjuncts by step. */
interface JudgedRule {
  readonly plan: Plan;
  readonly conjuncts: ReadonlyMap<number, readonly Conjunct[]>;
}

/** Events below which nothing is forgotten. */
const fewEvents = 4096;

/** Judges events when they come; what no partial match holds any more is forgotten. */
export class StepEvidence {
  readonly #rule: JudgedRule;
  readonly #verdicts: RowVerdicts;
  /** By order, then by step. */
  readonly #events: Map<
    number,
    { timeNs: bigint; steps: Map<number, readonly ConjunctVerdict[]> }
  > = new Map();
  /** Of steps with conditions on earlier events. */
  readonly #links: WeakMap<Link, readonly ConjunctVerdict[]> = new WeakMap();
  #limit = fewEvents;

  constructor(rule: JudgedRule, verdicts: RowVerdicts) {
    this.#rule = rule;
    this.#verdicts = verdicts;
  }

  /** A step's own condition holds for the event at hand. */
  note(step: number, event: RowEvent): void {
    const known = this.#events.get(event.order) ?? { timeNs: event.timeNs, steps: new Map() };
    known.steps.set(step, this.#judge(step, event, []));
    this.#events.set(event.order, known);
  }

  /** The event at hand was added to a partial match; steps without residual are known already. */
  link(partial: PartialMatch, event: RowEvent, earlier: StepCaptures): void {
    const { step } = partial.link;
    const conjuncts = this.#rule.conjuncts.get(step) ?? [];
    if (!conjuncts.some((conjunct) => conjunct.earlier.length > 0)) return;
    this.#links.set(partial.link, this.#judge(step, event, earlier));
  }

  /** The event at hand as a step. */
  atHand(step: number, event: RowEvent): ExplainedStep {
    const { order, timeNs } = event;
    const conjuncts = this.#judge(step, event, []);
    return explained(step, { order, timeNs, json: event.evidence() }, conjuncts);
  }

  stepOf(step: number, hit: Pick<Hit, "order" | "timeNs" | "json">): ExplainedStep {
    return explained(step, hit, this.#events.get(hit.order)?.steps.get(step) ?? []);
  }

  /** The steps of a partial match in the order of the rule; missing events before its last step included. */
  stepsOf(partial: PartialMatch): readonly ExplainedStep[] {
    const { plan } = this.#rule;
    if (plan.kind !== "sequence") return [];
    const hits = hitsByStep(partial);
    const judged = new Map<Hit, readonly ConjunctVerdict[]>();
    for (let link: Link | null = partial.link; link !== null; link = link.previous) {
      const verdicts = this.#links.get(link);
      if (verdicts !== undefined) for (const hit of link.hits) judged.set(hit, verdicts);
    }
    const isDone = partial.link.step === plan.steps.findLastIndex(({ missing }) => !missing);
    return plan.steps.flatMap((step, index): ExplainedStep[] => {
      if (step.missing) {
        const none = { step: index, event_id: null, time: null, event: null, conjuncts: [] };
        return isDone || index < partial.link.step ? new Array(step.runs).fill(none) : [];
      }
      return (hits.get(index) ?? []).map((hit) => {
        const verdicts = judged.get(hit);
        return verdicts === undefined ? this.stepOf(index, hit) : explained(index, hit, verdicts);
      });
    });
  }

  /** Forgets events that no match can hold any more. */
  prune(nowNs: bigint, live: () => readonly LivePartial[]): void {
    if (this.#events.size <= this.#limit) return;
    const { plan } = this.#rule;
    const spanNs =
      plan.kind === "sequence" ? plan.maxspanNs : plan.kind === "sample" ? plan.windowNs : 0n;
    const held = new Set<number>();
    if (spanNs === null) {
      for (const { partial } of live()) {
        for (const hits of hitsByStep(partial).values())
          for (const { order } of hits) held.add(order);
      }
    }
    for (const [order, { timeNs }] of this.#events) {
      if (spanNs === null ? !held.has(order) : timeNs + spanNs < nowNs) this.#events.delete(order);
    }
    this.#limit = Math.max(fewEvents, this.#events.size * 2);
  }

  #judge(step: number, event: RowEvent, earlier: StepCaptures): readonly ConjunctVerdict[] {
    const conjuncts = this.#rule.conjuncts.get(step) ?? [];
    return conjuncts.map((conjunct) => this.#verdicts.judge(conjunct, event, earlier));
  }
}

function explained(
  step: number,
  { timeNs, json }: Pick<Hit, "order" | "timeNs" | "json">,
  conjuncts: readonly ConjunctVerdict[],
): ExplainedStep {
  const event: unknown = JSON.parse(json);
  return { step, event_id: eventId(json), time: formatIso(timeNs), event, conjuncts };
}

/** The event's `event.id`, or null. */
export function eventId(json: string): string | null {
  const id = valuesAt(JSON.parse(json), "event.id")[0];
  return id === undefined ? null : String(id);
}

/** Fields of an event that say what it involves. */
const entityFields: readonly string[] = [
  "process.entity_id",
  "process.parent.entity_id",
  "host.id",
  "host.name",
  "user.id",
  "user.name",
];

/** Whether one of a match's key values, or of its events' processes, hosts and users, is `entity`. */
export function involves(
  entity: string,
  keys: readonly (string | null)[],
  events: readonly (string | null)[],
): boolean {
  if (keys.includes(entity)) return true;
  return events.some((json) => {
    if (json === null) return false;
    const event: unknown = JSON.parse(json);
    return entityFields.some((path) =>
      valuesAt(event, path).some((value) => String(value) === entity),
    );
  });
}
