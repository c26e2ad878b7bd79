/**
 * A string table that other threads read. After each batch the thread that owns it publishes the texts
 * that are new: as bytes in shared memory, which all readers use and nobody changes any more; those that are no
 * UTF-8 by value. A reader knows every text that the batches it was told of refer to. When the table
 * is emptied, the next part begins a new generation in new memory; the old one lives until its last
 * reader drops it.
 */
import { assert } from "../base/assert.ts";
import {
  type StringId,
  type StringTable,
  type Texts,
  type TextsListener,
  textKinds,
} from "./string-table.ts";

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

/** A reader's view of a table in another thread. Strings are made when they are asked for. */
export class TextMirror implements Texts {
  generation: number = 0;
  sizeBytes: number = 0;
  readonly #latin1: InstanceType<typeof TextDecoder> = new TextDecoder("latin1");
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  /** By id: the text, or null where it was not asked for yet. */
  #texts: (string | null)[] = [""];
  /** By id: triples of the chunk of a text, its first byte there and its length as a part tells it. */
  #places: Int32Array = new Int32Array(4096 * 3);
  #chunks: Uint8Array[] = [];
  readonly #listeners: Set<TextsListener> = new Set();

  get size(): number {
    return this.#texts.length - 1;
  }

  /** Takes the next part; parts must come in the order in which they were published. */
  add(part: TextsPart): void {
    if (part.generation !== this.generation) {
      for (const listener of this.#listeners) listener(this);
      this.generation = part.generation;
      this.#texts = [""];
      this.#places = new Int32Array(4096 * 3);
      this.#chunks = [];
      this.sizeBytes = 0;
    }
    if (part.count === 0) return;
    const chunk = this.#chunkOf(part);
    const lengths = new Int32Array(part.words, part.start * 4, part.count);
    const needed = (this.#texts.length + part.count) * 3;
    if (needed > this.#places.length) {
      const grown = new Int32Array(Math.max(this.#places.length * 2, needed));
      grown.set(this.#places);
      this.#places = grown;
    }
    let word = part.start + part.count;
    let other = 0;
    for (let i = 0; i < part.count; i += 1) {
      const length = lengths[i]!;
      const place = this.#texts.length * 3;
      this.#places[place + 2] = length;
      if (length === -1) {
        this.#texts.push(part.others[other]!);
        other += 1;
        continue;
      }
      this.#places[place] = chunk;
      this.#places[place + 1] = word * 4;
      this.#texts.push(null);
      word += ((length < 0 ? -2 - length : length) >> 2) + 1;
    }
  }

  text(id: StringId): string {
    const text = this.#texts[id];
    if (typeof text === "string") return text;
    assert(text === null, `no text ${id} among ${this.size}`);
    const start = this.#places[id * 3 + 1]!;
    const length = this.byteLength(id);
    const end = start + (length < 0 ? -2 - length : length);
    const decoder = length < 0 ? this.#utf8 : this.#latin1;
    const made = decoder.decode(this.bytesOf(id).subarray(start, end));
    this.#texts[id] = made;
    return made;
  }

  byteStart(id: StringId): number {
    return this.byteLength(id) < 0 ? -1 : this.#places[id * 3 + 1]!;
  }

  byteLength(id: StringId): number {
    return this.#places[id * 3 + 2]!;
  }

  bytesOf(id: StringId): Uint8Array {
    return this.#chunks[this.#places[id * 3]!]!;
  }

  /** None: the texts lie in shared memory, where no kernel reads. */
  createMatcher(): null {
    return null;
  }

  /** Nothing: the table's owner says when it is emptied. */
  trim(): void {}

  beforeEmptied(listener: TextsListener): void {
    this.#listeners.add(listener);
  }

  /** Each message brings another object for the same memory, so the place in it tells chunks apart. */
  #chunkOf({ words, start }: TextsPart): number {
    if (start === 0 || this.#chunks.length === 0) {
      this.#chunks.push(new Uint8Array(words));
      this.sizeBytes += words.byteLength;
    }
    return this.#chunks.length - 1;
  }
}
