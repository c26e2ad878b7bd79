/** How fast one user may send: a bucket that fills with time and that each event takes one from. */

export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #lastMs: number;

  /** Begins full: a second's worth may come at once. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#lastMs = nowMs;
  }

  /** Takes `count` events that have come; the bucket may owe some. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** ms until the next event may come; 0 for now. */
  waitMs(nowMs: number): number {
    this.#tokens = Math.min(
      this.#perSecond,
      this.#tokens + ((nowMs - this.#lastMs) * this.#perSecond) / 1000,
    );
    this.#lastMs = nowMs;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#perSecond;
  }
}
