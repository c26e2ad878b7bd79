/** Which stretches of time may lack events, for the confidence of alerts. */
import type { Gap } from "../event/batch.ts";

/** Events may be missing from `fromNs` to `toNs`, ns since the epoch. */
export interface LostSpan {
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Values of `event.category` that may be missing; empty means any. */
  readonly categories: readonly string[];
}

export class GapLog {
  /** Gap records seen. */
  count: number = 0;
  /** Events that they say were lost. */
  lost: number = 0;
  readonly #limit: number;
  readonly #spans: LostSpan[] = [];

  /**
   * Remembers at most `limit` stretches; the two oldest are joined when there are more. Those of `before` are
   * remembered, but not counted.
   */
  constructor(limit: number, before?: GapLog) {
    this.#limit = limit;
    if (before !== undefined) this.#spans.push(...before.#spans);
  }

  add(gap: Gap): void {
    this.count += 1;
    this.lost += gap.lost ?? 0;
    const { fromNs, toNs, categories } = gap;
    this.#spans.push({ fromNs, toNs, categories });
    if (this.#spans.length <= this.#limit) return;
    const [first, second] = this.#spans.splice(0, 2);
    this.#spans.unshift({
      fromNs: earlier(first!.fromNs, second!.fromNs),
      toNs: later(first!.toNs, second!.toNs),
      categories: together(first!.categories, second!.categories),
    });
  }

  /** In the order in which they were told of. */
  get spans(): readonly LostSpan[] {
    return this.#spans;
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

function together(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.length === 0 || b.length === 0 ? [] : [...new Set([...a, ...b])];
}
