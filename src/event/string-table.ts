/** Text to small numbers: a bounded table that is emptied at a batch boundary when it is full. */

/** 1-based id of a text in a `StringTable`; 0 is "no text". Valid until the table is emptied. */
export type StringId = number;

/** Estimated bytes of a table entry beside its text (map slot, array slot, string header). */
const entryOverhead = 64;

export class StringTable {
  /** Texts by id; index 0 is not used. */
  readonly texts: string[] = [""];
  /** Grows by one each time the table is emptied; whoever remembers ids compares it. */
  generation = 0;
  /** Estimated bytes that the table holds. */
  sizeBytes = 0;
  readonly #limitBytes: number;
  #ids = new Map<string, StringId>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The id of `text`, which is added if it is new. */
  intern(text: string): StringId {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.length;
    this.texts.push(text);
    this.#ids.set(text, id);
    this.sizeBytes += text.length * 2 + entryOverhead;
    return id;
  }

  /** The id of `text` if it is there, else 0. */
  find(text: string): StringId {
    return this.#ids.get(text) ?? 0;
  }

  /** The text of `id`, `1 <= id <= size`. */
  text(id: StringId): string {
    return this.texts[id]!;
  }

  /** Distinct texts. */
  get size(): number {
    return this.texts.length - 1;
  }

  /** Empties the table if it is over its limit; call between batches only. */
  trim(): void {
    if (this.sizeBytes <= this.#limitBytes) return;
    this.texts.length = 1;
    this.#ids = new Map();
    this.sizeBytes = 0;
    this.generation += 1;
  }
}
