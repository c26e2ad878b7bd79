/**
 * Test support: sequences read straight from the rules of the language, with no thought of cost.
 * All events are kept; runs are written out as copies; pending partial matches are plain lists that
 * are scanned whole; until and missing events are looked up in the list of all events.
 */
import type { KeyPlan, SequencePlan, StepPlan } from "../ir/plan.ts";
import type { Captures, Residual, SequenceEvent } from "./contract.ts";

/** One event with the answers that a predicate would have given. */
export interface ModelEvent {
  readonly event: SequenceEvent;
  readonly steps: readonly number[];
  readonly until: boolean;
}

/** What the model says of one match: enough to tell it from any other. */
export interface ModelMatch {
  readonly keys: readonly (string | null)[];
  /** Order of each step's event, runs repeated; null for missing steps. */
  readonly orders: readonly (number | null)[];
  readonly decidedNs: bigint;
}

interface ModelPartial {
  readonly events: readonly SequenceEvent[];
  readonly captures: readonly (Captures | null)[];
}

/** All matches of the whole input, trailing missing events decided. */
export function naiveMatches(
  plan: SequencePlan,
  residual: Residual | null,
  events: readonly ModelEvent[],
): readonly ModelMatch[] {
  const seen = new Map<string, readonly (string | null)[]>();
  for (const { event } of events) {
    for (const step of plan.steps) {
      for (const tuple of tuples(step.keys, event)) seen.set(JSON.stringify(tuple), tuple);
    }
  }
  return [...seen.values()].flatMap((keys) => matchesOfKey(plan, residual, events, keys));
}

/** Whether the event has that tuple among its keys. */
function hasKey(
  plans: readonly KeyPlan[],
  event: SequenceEvent,
  keys: readonly (string | null)[],
): boolean {
  return tuples(plans, event).some((tuple) => JSON.stringify(tuple) === JSON.stringify(keys));
}

function tuples(plans: readonly KeyPlan[], event: SequenceEvent): (string | null)[][] {
  let found: (string | null)[][] = [[]];
  for (const plan of plans) {
    let values: (string | null)[] = plan.alwaysNull ? [] : [...event.keyTexts(plan.field)];
    if (values.length === 0 && (plan.optional || plan.alwaysNull)) values = [null];
    found = found.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return found;
}

function matchesOfKey(
  plan: SequencePlan,
  residual: Residual | null,
  events: readonly ModelEvent[],
  keys: readonly (string | null)[],
): ModelMatch[] {
  const copies = plan.steps.flatMap((step, index) =>
    step.missing ? [] : new Array<number>(step.runs).fill(index),
  );
  const pending: ModelPartial[][] = copies.map(() => []);
  const complete: ModelPartial[] = [];
  for (const { event, steps } of events) {
    for (let position = copies.length - 1; position >= 0; position -= 1) {
      const step = copies[position]!;
      if (!steps.includes(step) || !hasKey(plan.steps[step]!.keys, event, keys)) continue;
      const before: ModelPartial = { events: [], captures: plan.steps.map(() => null) };
      const from = position === 0 ? before : pending[position - 1]!.at(-1);
      if (from === undefined) continue;
      const isTested = residual !== null && plan.steps[step]!.residual !== null;
      if (isTested && !residual(step, from.captures, event)) continue;
      if (position > 0) pending[position - 1] = [];
      if (!isAlive(plan, events, keys, from, event)) continue;
      const captures = [...from.captures];
      const fields = plan.steps[step]!.captures;
      if (fields.length > 0) captures[step] = event.capture(fields);
      const next = { events: [...from.events, event], captures };
      if (position === copies.length - 1) complete.push(next);
      else pending[position]!.push(next);
    }
  }
  return complete.flatMap((partial) => judgeNaively(plan, events, keys, copies, partial));
}

/** Whether maxspan and until allow `event` to follow. */
function isAlive(
  plan: SequencePlan,
  events: readonly ModelEvent[],
  keys: readonly (string | null)[],
  partial: ModelPartial,
  event: SequenceEvent,
): boolean {
  const first = partial.events.at(0);
  const last = partial.events.at(-1);
  if (first === undefined || last === undefined) return true;
  if (plan.maxspanNs !== null && event.timeNs - first.timeNs > plan.maxspanNs) return false;
  const { until } = plan;
  if (until === null) return true;
  return !events.some(
    (other) =>
      other.until &&
      other.event.order < event.order &&
      other.event.order >= last.order &&
      hasKey(until.keys, other.event, keys),
  );
}

function judgeNaively(
  plan: SequencePlan,
  events: readonly ModelEvent[],
  keys: readonly (string | null)[],
  copies: readonly number[],
  partial: ModelPartial,
): ModelMatch[] {
  const first = partial.events[0]!.timeNs;
  const last = partial.events.at(-1)!.timeNs;
  const isMissing = (step: StepPlan): boolean => step.missing;
  const firstStep = plan.steps.findIndex((step) => !step.missing);
  const lastStep = plan.steps.findLastIndex((step) => !step.missing);
  const timesOf = (from: number, to: number): bigint[] =>
    plan.steps.flatMap((step, index) =>
      step.missing && index >= from && index < to
        ? events
            .filter((other) => other.steps.includes(index) && hasKey(step.keys, other.event, keys))
            .map((other) => other.event.timeNs)
        : [],
    );
  for (let i = 1; i < copies.length; i += 1) {
    const between = timesOf(copies[i - 1]!, copies[i]!);
    const [previous, next] = [partial.events[i - 1]!.timeNs, partial.events[i]!.timeNs];
    if (between.some((time) => previous < time && time < next)) return [];
  }
  const latestLeading = timesOf(0, firstStep)
    .filter((time) => time < first)
    .reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
  const earliestTrailing = timesOf(lastStep, plan.steps.length)
    .filter((time) => time > last)
    .reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
  const span = plan.maxspanNs ?? 0n;
  const hasLeading = plan.steps.slice(0, firstStep).some(isMissing);
  const hasTrailing = plan.steps.slice(lastStep).some(isMissing);
  let decidedNs = last;
  if (hasLeading && hasTrailing) {
    if (latestLeading !== undefined) {
      if (earliestTrailing !== undefined && earliestTrailing - latestLeading <= span) return [];
      if (latestLeading + span > last) decidedNs = latestLeading + span;
    }
  } else if (hasLeading) {
    if (latestLeading !== undefined && last - latestLeading <= span) return [];
  } else if (hasTrailing) {
    if (earliestTrailing !== undefined && earliestTrailing - first <= span) return [];
    decidedNs = first + span;
  }
  return [{ keys, orders: ordersOf(plan, copies, partial), decidedNs }];
}

function ordersOf(
  plan: SequencePlan,
  copies: readonly number[],
  partial: ModelPartial,
): (number | null)[] {
  return plan.steps.flatMap((step, index) => {
    if (step.missing) return new Array<null>(step.runs).fill(null);
    return partial.events.flatMap((event, i) => (copies[i] === index ? [event.order] : []));
  });
}
