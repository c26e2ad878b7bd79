/** Which part of a recording is replayed, and how fast. */
import { setTimeout as delay } from "node:timers/promises";
import { monotonicMs } from "../base/clock.ts";

/** A stretch of time with both of its ends; undefined: from the first, to the last. */
export interface TimeSlice {
  readonly fromNs?: bigint | undefined;
  readonly toNs?: bigint | undefined;
}

export function isWithin(timeNs: bigint, { fromNs, toNs }: TimeSlice): boolean {
  return (fromNs === undefined || timeNs >= fromNs) && (toNs === undefined || timeNs <= toNs);
}

/** Rows `[start, end)` of ascending times that lie within a slice. */
export function rowsWithin(
  times: BigInt64Array,
  { fromNs, toNs }: TimeSlice,
): { readonly start: number; readonly end: number } {
  return {
    start: fromNs === undefined ? 0 : countBelow(times, fromNs),
    end: toNs === undefined ? times.length : countBelow(times, toNs + 1n),
  };
}

/** Times that are less than `limit`. */
export function countBelow(times: BigInt64Array, limit: bigint): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lets events come as they came once, or `speed` times as fast; undefined: at once. */
export class Pace {
  readonly #speed: number | undefined;
  readonly #signal: AbortSignal | undefined;
  #firstNs: bigint | null = null;
  #startMs: number = 0;

  constructor(speed: number | undefined, signal: AbortSignal | undefined) {
    this.#speed = speed;
    this.#signal = signal;
  }

  get isSet(): boolean {
    return this.#speed !== undefined;
  }

  /** Whether an event of that time has to wait. */
  delays(timeNs: bigint): boolean {
    return this.#speed !== undefined && this.#msUntil(timeNs) > 0;
  }

  /** Newest time that has been reached, once `reach` was called. */
  get reachedNs(): bigint {
    const passedMs = (monotonicMs() - this.#startMs) * this.#speed!;
    return this.#firstNs! + BigInt(Math.floor(passedMs * 1_000_000));
  }

  /** Resolves when an event of that time is due, or when the replay is ended. */
  async reach(timeNs: bigint): Promise<void> {
    const ms = this.#msUntil(timeNs);
    if (ms <= 0) return;
    try {
      await delay(Math.min(ms, 0x7fffffff), undefined, { signal: this.#signal });
    } catch {
      // Ended: the caller looks at the signal.
    }
  }

  #msUntil(timeNs: bigint): number {
    if (this.#firstNs === null) {
      this.#firstNs = timeNs;
      this.#startMs = monotonicMs();
    }
    const dueMs = Number(timeNs - this.#firstNs) / 1_000_000 / this.#speed!;
    return dueMs - (monotonicMs() - this.#startMs);
  }
}
