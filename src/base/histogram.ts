/** A histogram of fixed size over many orders of magnitude. */

/** Buckets in each doubling of the value: a percentile is off by less than 1 / 32 of itself. */
const perDoubling = 32;
const doublings = 48;

/** Counts values from `unit` on, up to `unit` times 2^48; what is beyond counts as the edge. */
export class Histogram {
  readonly #unit: number;
  readonly #counts: Float64Array = new Float64Array(perDoubling * doublings + 1);
  #total = 0;

  /** `unit` is the smallest value told apart; values below it count as the unit. */
  constructor(unit: number) {
    this.#unit = unit;
  }

  get count(): number {
    return this.#total;
  }

  add(value: number): void {
    const doubled = Math.log2(Math.max(value / this.#unit, 1)) * perDoubling;
    const index = Math.min(this.#counts.length - 1, Math.floor(doubled));
    this.#counts[index]! += 1;
    this.#total += 1;
  }

  /** The value that `share` (0 to 1) of all lie at or below, rounded up by its bucket; null when there are none. */
  percentile(share: number): number | null {
    if (this.#total === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index += 1) {
      seen += this.#counts[index]!;
      if (seen >= rank) return this.#unit * 2 ** ((index + 1) / perDoubling);
    }
    return null;
  }
}
