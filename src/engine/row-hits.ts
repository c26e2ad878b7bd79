/** Which rules and steps hold for which rows of a batch, in the order in which they are run: row, rule, step. */
import type { Bitmap } from "../base/bitset.ts";

/** A rule, or a step of one, that asks for some root. */
export interface RootUse {
  readonly rule: number;
  /** Step index, or -1 for until; 0 for an event rule. */
  readonly step: number;
  /** Whether a hit alone has an effect: an event rule, or a step that begins a sequence. */
  readonly opens: boolean;
}

/**
 * Uses are named by their place in the order of rule and step, so that hits that are added use by use
 * only have to be dealt out to their rows.
 */
export class RowHits {
  /** The place of each hit's use; those of a row are `[starts[row], starts[row + 1])`. */
  places: Int32Array = new Int32Array(1024);
  readonly starts: Int32Array;
  /** By place. */
  readonly rules: Int32Array;
  readonly steps: Int32Array;
  readonly #rows: (Bitmap | null)[];
  readonly #from: Int32Array;
  readonly #added: Int32Array;
  #addedCount: number = 0;

  /** For batches of up to `capacity` rows; `uses` are sorted by rule and step. */
  constructor(uses: readonly RootUse[], capacity: number) {
    this.starts = new Int32Array(capacity + 2);
    this.rules = Int32Array.from(uses, ({ rule }) => rule);
    this.steps = Int32Array.from(uses, ({ step }) => step);
    this.#rows = uses.map(() => null);
    this.#from = new Int32Array(uses.length);
    this.#added = new Int32Array(uses.length);
  }

  /** The use at `place` holds for those of the rows that are not before `from`; once a batch and use. */
  add(place: number, rows: Bitmap, from: number): void {
    this.#rows[place] = rows;
    this.#from[place] = from;
    this.#added[this.#addedCount] = place;
    this.#addedCount += 1;
  }

  /** Deals out what was added, in place of what was there. */
  arrange(): void {
    const added = this.#added.subarray(0, this.#addedCount).sort();
    const { starts } = this;
    starts.fill(0);
    // Counts stand two places on and sums one, so that each row's sum has become its end when all is dealt out.
    let count = 0;
    for (let i = 0; i < added.length; i += 1) count += this.#countRows(added[i]!);
    for (let row = 2; row < starts.length; row += 1) starts[row]! += starts[row - 1]!;
    if (count > this.places.length) this.places = new Int32Array(count * 2);
    for (let i = 0; i < added.length; i += 1) this.#deal(added[i]!);
    this.#addedCount = 0;
  }

  #countRows(place: number): number {
    const { starts } = this;
    const rows = this.#rows[place]!;
    let count = 0;
    for (let i = this.#from[place]! >>> 5; i < rows.length; i += 1) {
      for (let word = this.#wordOf(place, i); word !== 0; word &= word - 1) {
        starts[(i << 5) + 33 - Math.clz32(word & -word)]! += 1;
        count += 1;
      }
    }
    return count;
  }

  #deal(place: number): void {
    const { starts, places } = this;
    const rows = this.#rows[place]!;
    for (let i = this.#from[place]! >>> 5; i < rows.length; i += 1) {
      for (let word = this.#wordOf(place, i); word !== 0; word &= word - 1) {
        const next = (i << 5) + 32 - Math.clz32(word & -word);
        places[starts[next]!] = place;
        starts[next]! += 1;
      }
    }
    this.#rows[place] = null;
  }

  /** Word `index` of the rows, without those before the first one asked for. */
  #wordOf(place: number, index: number): number {
    const word = this.#rows[place]![index]!;
    const from = this.#from[place]!;
    return index === from >>> 5 ? word & (-1 << (from & 31)) : word;
  }
}
