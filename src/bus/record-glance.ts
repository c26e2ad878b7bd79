/**
 * What can be told of the JSON text of a record without parsing it. Where the bus drops events it can't
 * afford to read them; what a glance misses is told as unknown, never guessed.
 */
import { parseIso } from "../base/time.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";

/** Stream records (event/stream-record.ts) say so near their start. */
const recordPattern = /"kestrel"\s*:\s*\{\s*"record"\s*:\s*"(\w+)"/;
const categoryPattern = /"category"\s*:\s*\[?\s*"(\w+)"/;
const actionPattern = /"action"\s*:\s*\[?\s*"([\w-]+)"/;
const timePattern = /"@timestamp"\s*:\s*"([^"\\]{10,40})"/;
const recordChars = 120;

/** Whether the text is a gap, a heartbeat or another record that is no event. */
export function isStreamRecord(text: string): boolean {
  return recordPattern.test(text.slice(0, recordChars));
}

/** The first value of a member `category`, which is `event.category` in what sources write; null if none is seen. */
export function glanceCategory(event: string | PiecedEvent): string | null {
  if (typeof event !== "string") return event.category;
  return categoryPattern.exec(event)?.[1] ?? null;
}

/** The first value of a member `action`; null if none is seen. */
export function glanceAction(event: string | PiecedEvent): string | null {
  if (typeof event !== "string") return event.action;
  return actionPattern.exec(event)?.[1] ?? null;
}

/** The record's `@timestamp` in ns since the epoch; null where it is not an ISO 8601 text. */
export function glanceTime(event: string | PiecedEvent): bigint | null {
  if (typeof event !== "string") return event.timeNs;
  const found = timePattern.exec(event)?.[1];
  return found === undefined ? null : parseIso(found);
}
