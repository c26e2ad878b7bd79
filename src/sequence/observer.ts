/** Who wants to see what becomes of partial matches; nobody does while detecting. */
import type { Key } from "./key.ts";
import type { Hit, PartialMatch, StepCaptures } from "./partial.ts";

/**
 * Why a partial match is no more: a newer one took its place, time passed its deadline, an until event
 * came, it was evicted, or a missing event occurred. One that moved on or matched has not ended.
 */
export type Ending = "replaced" | "expired" | "until" | "evicted" | "missing";

/** A partial match as it is at the moment. */
export interface LivePartial {
  readonly key: Key;
  readonly partial: PartialMatch;
  /** The step it waits for; -1 where only a trailing missing event is left. */
  readonly next: number;
  /** Events that this step has taken, of a step with runs that is not through; else 0. */
  readonly taken: number;
  /** The last moment at which it can go on, ns; null for ever. */
  readonly deadlineNs: bigint | null;
}

/** Told of one engine's partial matches, within `advance` and `accept`. */
export interface SequenceObserver {
  /** The event at hand made `partial` out of one with the captures `earlier`. */
  extended(partial: PartialMatch, earlier: StepCaptures): void;
  /** The residual of `step` refused the event at hand for a partial match under `key`. */
  refused(step: number, earlier: StepCaptures, key: Key): void;
  ended(live: LivePartial, why: Ending): void;
  /** A match is about to be emitted. */
  completed(partial: PartialMatch): void;
  /** The same of a sample: its events, by filter. */
  sampled(hits: readonly Hit[]): void;
}
