/** What a query finds, and what its pipes make of it. */
import { valuesAt } from "../event/json-path.ts";

/** One result: matched events in step order, or a count that stands for several. */
export interface QueryItem {
  /** JSON texts; null for a missing event. */
  readonly events: readonly (string | null)[];
  /** Values of the join keys; empty for event queries. */
  readonly keys: readonly (string | null)[];
  /** What `count` and `unique_count` add. */
  readonly summary: Readonly<Record<string, unknown>> | null;
}

/** The values of a field in an item: of its summary, else of its first event. */
export function itemValues(item: QueryItem, path: string): unknown[] {
  if (item.summary !== null && path in item.summary) return [item.summary[path]];
  const first = item.events.find((event) => event !== null);
  return first === undefined || first === null ? [] : valuesAt(JSON.parse(first), path);
}

/** An item as one line of JSON: the event, an array of a sequence's events, or the summary. */
export function itemJson(item: QueryItem, isList: boolean): string {
  const events = item.events.map((event) => event ?? "null");
  if (item.summary === null) return isList ? `[${events.join(",")}]` : (events[0] ?? "null");
  const members = Object.entries(item.summary).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  if (events.length > 0) {
    members.push(isList ? `"events":[${events.join(",")}]` : `"event":${events[0]}`);
  }
  return `{${members.join(",")}}`;
}
