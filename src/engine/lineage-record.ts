/** The events that `child of`, `descendant of` and `event of` rest on, for whoever wants to keep them. */
import type { Batch } from "../event/batch.ts";
import type { LineageObserver } from "../process/lineage.ts";
import { processKey } from "../process/process-record.ts";

/** An event by which a process came to match a subquery of lineage, or to inherit from one that did. */
export interface LineageRecord {
  /** The event's process; see `processKey`. */
  readonly process: string;
  /** The processes that it may have inherited from. */
  readonly sources: readonly string[];
  /** ns since the epoch. */
  readonly timeNs: bigint;
  /** Its place among all records of the stream. */
  readonly order: number;
  /** The event as it came in. */
  readonly json: string;
}

/** Tells of rows of `batch`, whose first one is record `base()`; null where nobody listens. */
export function observeLineage(
  batch: Batch,
  base: () => number,
  tell: ((record: LineageRecord) => void) | undefined,
): LineageObserver | null {
  if (tell === undefined) return null;
  return (row, process, sources) =>
    tell({
      process: processKey(process),
      sources: sources.map(processKey),
      timeNs: batch.times[row]!,
      order: base() + row,
      json: batch.evidence.json(row),
    });
}
