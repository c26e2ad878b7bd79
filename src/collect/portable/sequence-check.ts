/** Finds out from the numbers of a sensor's messages how many were lost, processor by processor. */
import type { LostActivity } from "../host/activity.ts";

interface Processor {
  next: number;
  timeNs: bigint;
}

/**
 * Numbers count up by one on each processor, modulo 2^32. A queue that ran over is heard of before
 * the numbers show how much was lost: then at least one is reported, and the numbers tell the rest.
 */
export class SequenceCheck {
  readonly #processors = new Map<number, Processor>();
  readonly #categories: readonly string[];
  #lastNs: bigint;
  /** The queue ran over, and no number has shown it yet. */
  #overrun = false;
  /** Reported for an overrun, and not yet found in the numbers. */
  #announced = 0;

  /** `fromNs` is when listening began, ns since boot. */
  constructor(categories: readonly string[], fromNs: bigint) {
    this.#categories = categories;
    this.#lastNs = fromNs;
  }

  /** Takes the number of a message; what it shows to be lost before it, or null. */
  check(cpu: number, sequence: number, timeNs: bigint): LostActivity | null {
    const processor = this.#processors.get(cpu);
    if (timeNs > this.#lastNs) this.#lastNs = timeNs;
    if (processor === undefined) {
      this.#processors.set(cpu, { next: (sequence + 1) >>> 0, timeNs });
      return null;
    }
    const missing = (sequence - processor.next) >>> 0;
    const fromNs = processor.timeNs;
    // A number from before is none that is missing: the counter was begun anew.
    processor.next = (sequence + 1) >>> 0;
    processor.timeNs = timeNs;
    if (missing === 0 || missing >= 0x80000000) return null;
    this.#overrun = false;
    const told = Math.min(this.#announced, missing);
    this.#announced -= told;
    return missing === told ? null : this.#lost(fromNs, timeNs, missing - told, cpu);
  }

  /** The queue ran over. */
  overrun(): void {
    this.#overrun = true;
  }

  /** To be called once the queue is empty: what is known to be lost although no number shows it. */
  settle(nowNs: bigint): LostActivity | null {
    if (!this.#overrun) return null;
    this.#overrun = false;
    this.#announced += 1;
    return this.#lost(this.#lastNs, nowNs, 1, null);
  }

  #lost(fromNs: bigint, toNs: bigint, count: number, cpu: number | null): LostActivity {
    const to = toNs > fromNs ? toNs : fromNs;
    return { kind: "lost", fromNs, toNs: to, count, cpu, categories: this.#categories };
  }
}
