/** Counts, root by root, the rows that a sweep looked at and those that held. */
import type { Bitmap } from "../base/bitset.ts";
import type { EvaluatorCounters, FieldCounters } from "./contract.ts";
import type { RowProfiles } from "./prefilter/row-profiles.ts";

export class RootCounters implements EvaluatorCounters {
  readonly evaluations: Float64Array;
  readonly hits: Float64Array;
  readonly #profiles: readonly RowProfiles[];

  /** For roots at places `0 <= place < roots`; `profiles` count what the fields cost. */
  constructor(roots: number, profiles: readonly RowProfiles[]) {
    this.evaluations = new Float64Array(roots);
    this.hits = new Float64Array(roots);
    this.#profiles = profiles;
  }

  get fields(): readonly FieldCounters[] {
    return this.#profiles.map((profiles) => profiles.counters);
  }
}

/** Bits set in `count` words from `start` on. */
export function countBitsIn(words: Bitmap, start: number, count: number): number {
  let bits = 0;
  for (let i = start; i < start + count; i += 1) {
    const word = words[i]!;
    if (word !== 0) bits += countWord(word);
  }
  return bits;
}

/** Adds neighbouring bits, then pairs, then fours; the product sums the four bytes in the highest. */
function countWord(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
