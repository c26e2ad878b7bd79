/** Times what roots and rules take in one batch of several; the caller gives the clock. */
import type { RootTimer } from "../predicate/contract.ts";

/** What the caller of the engine lends it, since the engine reads no clock. */
export interface Profiler {
  /** ms on a clock of which only differences mean something. */
  readonly nowMs: () => number;
  /**
   * One batch in so many is timed, at least 1. The first pays for warming up, so it counts only as long
   * as no other was timed.
   */
  readonly everyBatches: number;
}

export class BatchTimer implements RootTimer {
  readonly nowMs: () => number;
  readonly rootMs: Float64Array;
  /** By index in the rule set: ms in the sequence engine and in making alerts. */
  readonly ruleMs: Float64Array;
  /** Batches whose times are in the sums. */
  sampled: number = 0;
  readonly #everyBatches: number;
  #batches: number = 0;

  constructor(profiler: Profiler, roots: number, rules: number) {
    this.nowMs = profiler.nowMs;
    this.#everyBatches = profiler.everyBatches;
    this.rootMs = new Float64Array(roots);
    this.ruleMs = new Float64Array(rules);
  }

  /** At the start of a batch: itself if the batch is to be timed, else null. */
  next(): BatchTimer | null {
    const isSampled = this.#batches % this.#everyBatches === 0;
    this.#batches += 1;
    if (!isSampled) return null;
    if (this.#batches === this.#everyBatches + 1) this.#forget();
    this.sampled += 1;
    return this;
  }

  #forget(): void {
    this.rootMs.fill(0);
    this.ruleMs.fill(0);
    this.sampled = 0;
  }
}
