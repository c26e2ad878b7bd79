/** A stream of events to measure with: a file of JSON lines. */

export interface Stream {
  readonly name: string;
  /** Path of plain JSON lines in the order of their times. */
  readonly path: string;
  readonly events: number;
  readonly bytes: number;
  /** Where it comes from, for people. */
  readonly source: string;
}

/** The streams of a run. */
export interface StreamSet {
  readonly streams: readonly Stream[];
  /** Path of JSON lines to warm up with: the first part of each stream. */
  readonly warmPath: string;
}
