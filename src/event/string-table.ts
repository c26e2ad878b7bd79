/**
 * Text to small numbers: a bounded table that is emptied at a batch boundary when it is full. Texts live
 * as bytes in the memory of a kernel (kernel.ts), which finds them by their bytes, so that scanning needs
 * no string; their string is made when somebody asks for it.
 */
import { assert } from "../base/assert.ts";
import { canonicalIp } from "../base/ip.ts";
import { parseIso } from "../base/time.ts";
import { createKernel, type KernelCalls, noTime } from "./kernel.ts";
import { TextMatcher } from "./text-matcher.ts";

/** 1-based id of a text in a `StringTable`; 0 is "no text". Valid until the table is emptied. */
export type StringId = number;

/** Told of texts that are about to be given up: the last moment to read them. */
export type TextsListener = (texts: Texts) => void;

/** Texts by id, for whoever reads a batch. */
export interface Texts {
  /** Grows by one each time all ids become invalid; whoever remembers ids compares it. */
  readonly generation: number;
  /** Estimated bytes that it holds. */
  readonly sizeBytes: number;
  /** Distinct texts. */
  readonly size: number;
  /** The text of `id`, `1 <= id <= size`. */
  text(id: StringId): string;
  /** Where the text of `id` starts in `bytesOf(id)`; -1 where it is not ASCII. */
  byteStart(id: StringId): number;
  /** Bytes of the text of `id`, if it is ASCII. */
  byteLength(id: StringId): number;
  /** The bytes of ASCII texts, that of `id` among them; valid until the next text is added. */
  bytesOf(id: StringId): Uint8Array;
  /** A matcher in the memory of the texts, of a plan that is laid out as kernels/match.h says. */
  createMatcher(plan: Uint32Array): TextMatcher;
  /** Called between batches: may give up all texts. */
  trim(): void;
  /** Calls `listener` with these texts each time before all ids become invalid; once, however often it is given. */
  beforeEmptied(listener: TextsListener): void;
}

/** How a text is kept: as bytes of ASCII or UTF-8, or, where it has lone surrogates, as a string here. */
export const textKinds = { ascii: 0, utf8: 1, string: 2 } as const;

/** Words of `texts` in kernels/texts.h. */
const tableWords = {
  count: 0,
  generation: 1,
  size: 2,
  entries: 3,
  scratch: 4,
  scratchBytes: 5,
} as const;
/** Of an entry in the arena: the word with its length and kind, bytes before its text. */
const sizeWord = 1;
const entryHeader = 8;
const kindShift = 30;
const lengthMask = 0x3fffffff;
/** Bytes after a text in the scratch memory that the kernel reads or keeps free. */
const scratchSlack = 64;
const loneSurrogate = /\p{Surrogate}/u;

export class StringTable implements Texts {
  /** What else works in the memory of the table: a scanner. */
  readonly kernel: KernelCalls;
  /** Views of the kernel's memory as it is now. */
  bytes: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  longs: BigInt64Array = new BigInt64Array(0);
  readonly #limitBytes: number;
  readonly #latin1: InstanceType<typeof TextDecoder> = new TextDecoder("latin1");
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
  /** By id: the text, or null where it was not asked for yet. */
  readonly #strings: (string | null)[] = [""];
  /** Ids of texts with lone surrogates. */
  readonly #others: Map<string, StringId> = new Map();
  /** Index in `words` of what the kernel tells of its table. */
  readonly #table: number;
  /** Index in `words` of where each text's entry is, by id; where texts are laid down for the kernel. */
  #entries: number = 0;
  #scratch: number = 0;
  #scratchBytes: number = 0;

  readonly #listeners: Set<TextsListener> = new Set();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.kernel = createKernel({
      moved: () => this.#look(),
      address: (id) => this.#address(id),
      date: (start, length) =>
        parseIso(this.#latin1.decode(this.bytes.subarray(start, start + length))) ?? noTime,
    });
    this.#table = this.kernel.create() >> 2;
    this.#look();
  }

  get generation(): number {
    return this.words[this.#table + tableWords.generation]!;
  }

  /** Estimated bytes that the table holds. */
  get sizeBytes(): number {
    return this.words[this.#table + tableWords.size]! >>> 0;
  }

  /** Distinct texts. */
  get size(): number {
    return this.words[this.#table + tableWords.count]!;
  }

  /** The id of `text`, which is added if it is new. */
  intern(text: string): StringId {
    const { length } = text;
    this.#reserve(length * 3);
    const start = this.#scratch;
    const { bytes } = this;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.#internOther(text);
      bytes[start + i] = unit;
    }
    return this.kernel.intern(length, 1);
  }

  /** The id of the ASCII text `view[start, end)`. */
  internAscii(view: DataView, start: number, end: number): StringId {
    const length = end - start;
    this.#reserve(length);
    const { bytes } = this;
    for (let i = 0; i < length; i += 1) bytes[this.#scratch + i] = view.getUint8(start + i);
    return this.kernel.intern(length, 1);
  }

  /** The id of the text of `length` bytes, ASCII or else UTF-8, that `words` begin with. */
  adopt(words: Int32Array, length: number, isAscii: boolean): StringId {
    this.#reserve(words.byteLength);
    this.words.set(words, this.#scratch >> 2);
    return this.kernel.intern(length, isAscii ? 1 : 0);
  }

  /** The text of `id`, `1 <= id <= size`. */
  text(id: StringId): string {
    const text = this.#strings[id];
    if (typeof text === "string") return text;
    assert(id > 0 && id <= this.size, `no text ${id} among ${this.size}`);
    const start = this.wordOf(id) * 4;
    const bytes = this.bytes.subarray(start, start + this.byteLength(id));
    const decoder = this.kindOf(id) === textKinds.ascii ? this.#latin1 : this.#utf8;
    return this.#keep(id, decoder.decode(bytes));
  }

  /** One of `textKinds`. */
  kindOf(id: StringId): number {
    const entry = this.#entryOf(id);
    return entry === 0 ? textKinds.string : this.words[entry + sizeWord]! >>> kindShift;
  }

  bytesOf(_id: StringId): Uint8Array {
    return this.bytes;
  }

  byteStart(id: StringId): number {
    return this.kindOf(id) === textKinds.ascii ? this.#entryOf(id) * 4 + entryHeader : -1;
  }

  byteLength(id: StringId): number {
    return this.words[this.#entryOf(id) + sizeWord]! & lengthMask;
  }

  /**
   * Where the text of `id` begins in `words`, if it is not of the kind `string`: there it is filled up with
   * zeros to `(length >> 2) + 1` words.
   */
  wordOf(id: StringId): number {
    return this.#entryOf(id) + (entryHeader >> 2);
  }

  createMatcher(plan: Uint32Array): TextMatcher {
    return new TextMatcher(this, plan);
  }

  /** Empties the table if it is over its limit; call between batches only. */
  trim(): void {
    if (this.sizeBytes > this.#limitBytes) this.empty();
  }

  /** Gives up all texts; call between batches only. */
  empty(): void {
    for (const listener of this.#listeners) listener(this);
    this.kernel.clear();
    this.#strings.length = 1;
    this.#others.clear();
  }

  beforeEmptied(listener: TextsListener): void {
    this.#listeners.add(listener);
  }

  /** Where its entry is among the words; 0 where its text is kept as a string. */
  #entryOf(id: StringId): number {
    return this.words[this.#entries + id]! >>> 2;
  }

  #internOther(text: string): StringId {
    if (!loneSurrogate.test(text)) {
      const room = this.bytes.subarray(this.#scratch, this.#scratch + this.#scratchBytes);
      return this.kernel.intern(this.#encoder.encodeInto(text, room).written, 0);
    }
    let id = this.#others.get(text);
    if (id === undefined) {
      id = this.kernel.number(text.length * 2);
      this.#others.set(text, id);
      this.#keep(id, text);
    }
    return id;
  }

  /** Lays texts of up to `bytes` bytes down in the scratch memory. */
  #reserve(bytes: number): void {
    if (bytes + scratchSlack > this.#scratchBytes) this.kernel.reserve(bytes);
  }

  /** Writes an ASCII text to the scratch memory; returns its length. For calls of the kernel that read it. */
  layDown(text: string): number {
    this.#reserve(text.length * 3);
    const room = this.bytes.subarray(this.#scratch, this.#scratch + this.#scratchBytes);
    return this.#encoder.encodeInto(text, room).written;
  }

  #keep(id: StringId, text: string): string {
    const strings = this.#strings;
    // Without holes.
    while (strings.length <= id) strings.push(null);
    strings[id] = text;
    return text;
  }

  #address(id: StringId): StringId {
    const text = canonicalIp(this.text(id));
    return text === null ? 0 : this.intern(text);
  }

  /** Finds everything in the kernel's memory. */
  #look(): void {
    const { buffer } = this.kernel.memory;
    if (this.bytes.buffer !== buffer) {
      this.bytes = new Uint8Array(buffer);
      this.words = new Int32Array(buffer);
      this.longs = new BigInt64Array(buffer);
    }
    this.#entries = this.words[this.#table + tableWords.entries]! >>> 2;
    this.#scratch = this.words[this.#table + tableWords.scratch]!;
    this.#scratchBytes = this.words[this.#table + tableWords.scratchBytes]!;
  }
}
