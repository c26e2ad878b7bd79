/** Time that passes only when nothing else can happen: a live run under it depends on nothing but its inputs. */
import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";

interface Timer {
  readonly atMs: number;
  /** Timers of one moment are called in the order in which they were set. */
  readonly order: number;
  readonly call: () => void;
}

export class VirtualClock implements Clock {
  readonly #startNs: bigint;
  #nowMs = 0;
  #timers: Timer[] = [];
  #set = 0;

  /** `startNs` is what the wall clock shows at 0 ms, ns since the epoch. */
  constructor(startNs: bigint) {
    this.#startNs = startNs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallNs(): bigint {
    return this.#startNs + BigInt(Math.floor(this.#nowMs)) * 1_000_000n;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(ms, 0), order: this.#set, call };
    this.#set += 1;
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  turn(): Promise<void> {
    return this.sleep(0);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until `work` is settled, and gives its result. Throws where nothing is left that could settle it. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    work.then(settle, settle);
    for (;;) {
      // All that follows from the last timer happens in promises, before the next turn of the loop.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isSettled) return work;
      const next = this.#takeFirst();
      assert.ok(next !== null, "the run waits for something that will never happen");
      this.#nowMs = next.atMs;
      next.call();
    }
  }

  #takeFirst(): Timer | null {
    const [one] = this.#timers;
    if (one === undefined) return null;
    const first = this.#timers.reduce((a, b) => {
      return b.atMs < a.atMs || (b.atMs === a.atMs && b.order < a.order) ? b : a;
    }, one);
    this.#timers = this.#timers.filter((timer) => timer !== first);
    return first;
  }
}
