/** Test support: samples read straight from the rules, trying every choice of events. */
import type { SamplePlan } from "../ir/plan.ts";
import type { SequenceEvent } from "./contract.ts";

/** One event with the filters that hold for it and its one key. */
export interface SampleEvent {
  readonly event: SequenceEvent;
  readonly filters: readonly number[];
  readonly key: string;
}

/** The orders of the events at which each key fires, in order. */
export function naiveFirings(
  plan: SamplePlan,
  events: readonly SampleEvent[],
): readonly { readonly key: string; readonly order: number }[] {
  const firings: { key: string; order: number }[] = [];
  const firedNs = new Map<string, bigint>();
  for (const [index, { event, key, filters }] of events.entries()) {
    if (filters.length === 0) continue;
    const last = firedNs.get(key);
    if (last !== undefined && event.timeNs - last <= plan.windowNs) continue;
    const recent = events
      .slice(0, index + 1)
      .filter((other) => other.key === key && event.timeNs - other.event.timeNs <= plan.windowNs);
    if (!canChoose(recent, 0, plan.filters.length)) continue;
    firedNs.set(key, event.timeNs);
    firings.push({ key, order: event.order });
  }
  return firings;
}

function canChoose(events: readonly SampleEvent[], filter: number, filters: number): boolean {
  if (filter === filters) return true;
  return events.some(
    (chosen) =>
      chosen.filters.includes(filter) &&
      canChoose(
        events.filter((other) => other !== chosen),
        filter + 1,
        filters,
      ),
  );
}
