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
