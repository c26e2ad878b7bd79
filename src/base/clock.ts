/** The only file that reads time; nothing on the way from event to alert does. */

/** ms on a clock that never goes back; only differences mean something. */
export function monotonicMs(): number {
  return performance.now();
}

/** The wall clock in ns since the epoch, to the millisecond. */
export function wallNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** The system's monotonic clock in ns; only Node has it. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** How a live run tells the time and lets it pass. A simulation has one of its own, so that a run depends on nothing else. */
export interface Clock {
  /** As `monotonicMs`. */
  monotonicMs(): number;
  /** As `wallNs`. */
  wallNs(): bigint;
  /** Calls once when `ms` have passed, unless the function that is returned was called before. */
  after(ms: number, call: () => void): () => void;
  /** Resolves when all else that is ready has had its turn. */
  turn(): Promise<void>;
}

/** The machine's clock and the turns of Node's event loop. */
export const systemClock: Clock = {
  monotonicMs,
  wallNs,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  turn() {
    return new Promise((resolve) => setImmediate(resolve));
  },
};
