/**
 * A string table that other threads follow. After each batch the thread that owns it publishes the texts
 * that are new: as bytes in shared memory, which nobody changes any more; those that are no UTF-8 by value. A
 * reader puts them into a table of its own, where a kernel can work on them, and so has every text that the
 * batches it was told of refer to. When the table is emptied, the next part begins a new generation in new memory.
 */
import { assert } from "../base/assert.ts";
import { StringTable, textKinds } from "./string-table.ts";

/** The texts that a table got since the part before; may be sent to other threads. */
export interface TextsPart {
  /** Of the table; when it changes, all earlier texts are void. */
  readonly generation: number;
  /** How many texts are new; their ids follow those of the parts before. */
  readonly count: number;
  /**
   * From word `start` on: `count` lengths in bytes, then the words that their texts fill. A length below -1 is that
   * of a text beyond ASCII (`-2 - length`), -1 stands for a text of `others`.
   */
  readonly words: SharedArrayBuffer;
  readonly start: number;
  /** The texts that are no UTF-8, in the order of their ids. */
  readonly others: readonly string[];
}

/** Words of shared memory that are taken at once. */
const chunkWords = 0x40000;

/** Tells readers what is new in a table. */
export class TextsPublisher {
  readonly #table: StringTable;
  #generation: number = 0;
  /** Texts that were published. */
  #published: number = 0;
  #chunk: SharedArrayBuffer = new SharedArrayBuffer(chunkWords * 4);
  #words: Int32Array = new Int32Array(this.#chunk);
  #filled: number = 0;

  constructor(table: StringTable) {
    this.#table = table;
  }

  /** What is new since the last call, or since the table was emptied. */
  publish(): TextsPart {
    const table = this.#table;
    if (table.generation !== this.#generation) {
      this.#generation = table.generation;
      this.#published = 0;
      this.#filled = 0;
      this.#take(chunkWords);
    }
    const first = this.#published + 1;
    const count = table.size - this.#published;
    let length = count;
    for (let id = first; id <= table.size; id += 1) length += wordsOf(table, id);
    if (this.#filled + length > this.#words.length) this.#take(Math.max(chunkWords, length));
    const start = this.#filled;
    const others: string[] = [];
    this.#filled += count;
    for (let id = first; id <= table.size; id += 1) {
      this.#words[start + id - first] = toldLength(table, id);
      if (table.kindOf(id) === textKinds.string) others.push(table.text(id));
      else this.#copy(id);
    }
    this.#published = table.size;
    return { generation: this.#generation, count, words: this.#chunk, start, others };
  }

  #copy(id: number): void {
    const at = this.#table.wordOf(id);
    const count = wordsOf(this.#table, id);
    this.#words.set(this.#table.words.subarray(at, at + count), this.#filled);
    this.#filled += count;
  }

  #take(words: number): void {
    this.#chunk = new SharedArrayBuffer(words * 4);
    this.#words = new Int32Array(this.#chunk);
    this.#filled = 0;
  }
}

/** Words that the bytes of a text fill. */
function wordsOf(table: StringTable, id: number): number {
  return table.kindOf(id) === textKinds.string ? 0 : (table.byteLength(id) >> 2) + 1;
}

function toldLength(table: StringTable, id: number): number {
  switch (table.kindOf(id)) {
    case textKinds.ascii:
      return table.byteLength(id);
    case textKinds.utf8:
      return -2 - table.byteLength(id);
    default:
      return -1;
  }
}

/** A reader's copy of a table in another thread: a table of its own, in which texts have the same ids. */
export class TextMirror {
  /** Emptied when the table it mirrors was, and at no other time. */
  readonly texts: StringTable = new StringTable(Number.POSITIVE_INFINITY);
  #generation: number = 0;

  /** Takes the next part; parts must come in the order in which they were published. */
  add({ generation, count, words, start, others }: TextsPart): void {
    if (generation !== this.#generation) {
      this.texts.empty();
      this.#generation = generation;
    }
    if (count === 0) return;
    const from = new Int32Array(words);
    const before = this.texts.size;
    let at = start + count;
    let other = 0;
    for (let i = start; i < start + count; i += 1) {
      const length = from[i]!;
      if (length === -1) {
        this.texts.intern(others[other]!);
        other += 1;
        continue;
      }
      const bytes = length < 0 ? -2 - length : length;
      const end = at + (bytes >> 2) + 1;
      this.texts.adopt(from.subarray(at, end), bytes, length >= 0);
      at = end;
    }
    assert(this.texts.size === before + count, "a part holds texts that are there already");
  }
}
