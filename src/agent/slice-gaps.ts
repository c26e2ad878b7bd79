/**
 * Gaps whose records lie outside of a slice of time, and that reach into it. What is recorded before the slice is
 * known in it from its beginning, and what is recorded after it at its end, as it is in a replay of all.
 */
import type { Gap } from "../event/batch.ts";
import { gapJson } from "../event/stream-record.ts";
import type { TimeSlice } from "./pace.ts";
import type { Pipeline } from "./pipeline.ts";

export class SliceGaps {
  readonly #slice: TimeSlice;
  readonly #pipeline: Pipeline;
  /** What of each lies in the slice. */
  #early: Gap[] = [];
  #late: Gap[] = [];

  constructor(slice: TimeSlice, pipeline: Pipeline) {
    this.#slice = slice;
    this.#pipeline = pipeline;
  }

  /** Takes a gap whose record has a time outside of the slice. */
  add(gap: Gap, timeNs: bigint): void {
    const within = partWithin(gap, this.#slice);
    if (within === null) return;
    const { fromNs } = this.#slice;
    const gaps = fromNs !== undefined && timeNs < fromNs ? this.#early : this.#late;
    gaps.push(within);
  }

  /** Tells of those that were recorded before the slice; called before each of its records. */
  tellEarly(): void {
    if (this.#early.length === 0) return;
    for (const gap of this.#early) this.#tell(gap, this.#slice.fromNs!);
    this.#early = [];
  }

  /** Tells of the others; called after the last record of the slice, which has the time `newestNs`. */
  tellLate(newestNs: bigint | null): void {
    this.tellEarly();
    const timeNs = newestNs ?? this.#slice.fromNs;
    for (const gap of this.#late) this.#tell(gap, timeNs ?? gap.fromNs);
    this.#late = [];
  }

  #tell(gap: Gap, timeNs: bigint): void {
    const json = gapJson(gap, timeNs);
    this.#pipeline.push({ kind: "gap", timeNs, json, value: {}, gap }, timeNs);
  }
}

/** How many of the gap's events were lost in the slice is not known. Null where nothing of it lies there. */
function partWithin(gap: Gap, slice: TimeSlice): Gap | null {
  let { fromNs, toNs } = gap;
  if (slice.fromNs !== undefined && slice.fromNs > fromNs) fromNs = slice.fromNs;
  if (slice.toNs !== undefined && slice.toNs < toNs) toNs = slice.toNs;
  return fromNs <= toNs ? { ...gap, fromNs, toNs, lost: null } : null;
}
