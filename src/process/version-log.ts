/** What processes looked like before rows of the current batch changed them. */
import { detailWords } from "./process-rows.ts";

/** Of an entry: the one before of the same process, the row that ended it, then the words that were. */
const entryWords = 2 + detailWords;

export class VersionLog {
  /** Entries from 1 on. */
  words: Int32Array = new Int32Array(entryWords * 64);
  #count: number = 1;

  /** Bytes that it holds. */
  get bytes(): number {
    return this.words.byteLength;
  }

  clear(): void {
    this.#count = 1;
  }

  /** Keeps the details at `at` of `rows`, which end with `row`; returns the entry, whose earlier one is `older` or 0. */
  add(older: number, row: number, rows: Int32Array, at: number): number {
    const entry = this.#count * entryWords;
    if (entry + entryWords > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    words[entry] = older;
    words[entry + 1] = row;
    for (let i = 0; i < detailWords; i += 1) words[entry + 2 + i] = rows[at + i]!;
    this.#count += 1;
    return this.#count - 1;
  }

  /**
   * Where in `words` details lie, in the order of a row of the table, that held when `row` had been seen; -1 where the
   * present ones did. `newest` is the latest entry of the process, or 0.
   */
  find(newest: number, row: number): number {
    const { words } = this;
    let found = -1;
    for (let entry = newest; entry !== 0; entry = words[entry * entryWords]!) {
      if (words[entry * entryWords + 1]! <= row) break;
      found = entry * entryWords + 2;
    }
    return found;
  }

  /** Gives other cells to all texts. */
  settle(settled: (at: Int32Array, start: number) => void): void {
    for (let entry = 1; entry < this.#count; entry += 1) {
      settled(this.words, entry * entryWords + 2);
    }
  }
}
