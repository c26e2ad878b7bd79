/** Which stretches of time may lack events, for the confidence of alerts. */
import type { Gap } from "../event/batch.ts";

export class GapLog {
  /** Gap records seen. */
  count: number = 0;
  /** Events that they say were lost. */
  lost: number = 0;
  readonly #limit: number;
  readonly #spans: { fromNs: bigint; toNs: bigint }[] = [];

  /**
   * Remembers at most `limit` stretches; the two oldest are joined when there are more. Those of `before` are
   * remembered, but not counted.
   */
  constructor(limit: number, before?: GapLog) {
    this.#limit = limit;
    if (before !== undefined) this.#spans.push(...before.#spans.map((span) => ({ ...span })));
  }

  add(gap: Gap): void {
    this.count += 1;
    this.lost += gap.lost ?? 0;
    this.#spans.push({ fromNs: gap.fromNs, toNs: gap.toNs });
    if (this.#spans.length <= this.#limit) return;
    const [first, second] = this.#spans.splice(0, 2);
    this.#spans.unshift({
      fromNs: earlier(first!.fromNs, second!.fromNs),
      toNs: later(first!.toNs, second!.toNs),
    });
  }

  /** Whether events may be missing somewhere in `[fromNs, toNs]`. */
  overlaps(fromNs: bigint, toNs: bigint): boolean {
    return this.#spans.some((span) => span.fromNs <= toNs && span.toNs >= fromNs);
  }
}

function earlier(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function later(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
