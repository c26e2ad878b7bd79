/**
 * Text to small numbers: a bounded table that is emptied at a batch boundary when it is full. ASCII
 * texts live as bytes in an arena and are found by their bytes, so that a scanner needs no string;
 * their string is made when somebody asks for it.
 */

/** 1-based id of a text in a `StringTable`; 0 is "no text". Valid until the table is emptied. */
export type StringId = number;

/** Estimated bytes of a table entry beside its text (slots, offsets, string header). */
const entryOverhead = 64;

/**
 * The hash of a text: FNV-1a's basis and prime for 32 bits (Fowler, Noll, Vo), taking four bytes at a
 * time (lowest first), the last time the up to three that are left: a scanner is bound by this chain.
 */
export const hashStart: number = 0x811c9dc5 | 0;
export const hashPrime = 0x01000193;

/** Bytes after a text that must be readable, though they count for nothing. */
export const readAhead = 4;

const startSlots = 4096;
const startArena = 0x10000;

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
  /** Called between batches: may give up all texts. */
  trim(): void;
}

export class StringTable implements Texts {
  /** Grows by one each time the table is emptied; whoever remembers ids compares it. */
  generation: number = 0;
  /** Estimated bytes that the table holds. */
  sizeBytes: number = 0;
  readonly #limitBytes: number;
  readonly #latin1: InstanceType<typeof TextDecoder> = new TextDecoder("latin1");
  /** By id: the text, or null where it is ASCII and was not asked for yet. */
  #texts: (string | null)[] = [""];
  /** Open addressing: pairs of the hash and the id of an ASCII text; id 0 is free. */
  #slots: Int32Array = new Int32Array(startSlots * 2);
  /** By id: pairs of where the text starts in the arena, in words of four bytes, and its length in bytes. */
  #places: Int32Array = new Int32Array(startSlots * 2);
  /** Texts one after the other, each at a multiple of four and filled up with zeros. */
  #arena: Int32Array = new Int32Array(startArena);
  #bytes: Uint8Array = new Uint8Array(0);
  #arenaEnd: number = 0;
  /** Where `intern` lays a text out to find it by its bytes. */
  #scratch: DataView = new DataView(new ArrayBuffer(256));
  /** Ids of texts that are not ASCII. */
  #others: Map<string, StringId> = new Map();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The id of `text`, which is added if it is new. */
  intern(text: string): StringId {
    const { length } = text;
    if (length + readAhead > this.#scratch.byteLength) {
      this.#scratch = new DataView(new ArrayBuffer(length * 2 + readAhead));
    }
    const scratch = this.#scratch;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.#internOther(text);
      scratch.setUint8(i, unit);
    }
    return this.internAscii(scratch, 0, length, hashBytes(scratch, 0, length));
  }

  /**
   * The id of the ASCII text `bytes[start, end)`, whose hash is given. `readAhead` bytes after it must
   * be readable.
   */
  internAscii(bytes: DataView, start: number, end: number, hash: number): StringId {
    const length = end - start;
    const slots = this.#slots;
    const places = this.#places;
    const mask = slots.length - 2;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const id = slots[slot + 1]!;
      if (id === 0) return this.#addAscii(bytes, start, length, hash, slot);
      if (slots[slot] !== hash || places[id * 2 + 1] !== length) continue;
      if (this.#isAt(places[id * 2]!, bytes, start, length)) return id;
    }
  }

  /** The text of `id`, `1 <= id <= size`. */
  text(id: StringId): string {
    const text = this.#texts[id];
    if (typeof text === "string") return text;
    const length = this.#places[id * 2 + 1]!;
    const bytes = new Uint8Array(this.#arena.buffer, this.#places[id * 2]! * 4, length);
    const made = this.#latin1.decode(bytes);
    this.#texts[id] = made;
    return made;
  }

  bytesOf(_id: StringId): Uint8Array {
    if (this.#bytes.buffer !== this.#arena.buffer) this.#bytes = new Uint8Array(this.#arena.buffer);
    return this.#bytes;
  }

  byteStart(id: StringId): number {
    const word = this.#places[id * 2]!;
    return word < 0 ? -1 : word * 4;
  }

  byteLength(id: StringId): number {
    return this.#places[id * 2 + 1]!;
  }

  /** Distinct texts. */
  get size(): number {
    return this.#texts.length - 1;
  }

  /**
   * The ASCII texts so far in the order of their ids, each filled up with zeros to `(length >> 2) + 1`
   * words; valid until something is added.
   */
  get arena(): Int32Array {
    return this.#arena.subarray(0, this.#arenaEnd);
  }

  /** Empties the table if it is over its limit; call between batches only. */
  trim(): void {
    if (this.sizeBytes <= this.#limitBytes) return;
    this.#texts = [""];
    this.#slots = new Int32Array(startSlots * 2);
    this.#places = new Int32Array(startSlots * 2);
    this.#arena = new Int32Array(startArena);
    this.#arenaEnd = 0;
    this.#others = new Map();
    this.sizeBytes = 0;
    this.generation += 1;
  }

  #internOther(text: string): StringId {
    const known = this.#others.get(text);
    if (known !== undefined) return known;
    const id = this.#nextId(text, text.length * 2);
    this.#places[id * 2] = -1;
    this.#others.set(text, id);
    return id;
  }

  #isAt(word: number, bytes: DataView, start: number, length: number): boolean {
    const arena = this.#arena;
    const last = length & ~3;
    let i = 0;
    for (; i < last; i += 4) {
      if (arena[word + (i >> 2)] !== bytes.getInt32(start + i, true)) return false;
    }
    return arena[word + (i >> 2)] === restOf(bytes, start + i, length & 3);
  }

  #addAscii(bytes: DataView, start: number, length: number, hash: number, slot: number): StringId {
    const id = this.#nextId(null, length);
    const word = this.#arenaEnd;
    this.#arenaEnd += (length >> 2) + 1;
    if (this.#arenaEnd > this.#arena.length) {
      this.#arena = grown(this.#arena, Math.max(this.#arena.length * 2, this.#arenaEnd));
    }
    const last = length & ~3;
    let i = 0;
    for (; i < last; i += 4) this.#arena[word + (i >> 2)] = bytes.getInt32(start + i, true);
    this.#arena[word + (i >> 2)] = restOf(bytes, start + i, length & 3);
    this.#places[id * 2] = word;
    this.#places[id * 2 + 1] = length;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = id;
    if (this.#texts.length * 4 > this.#slots.length) this.#rehash();
    return id;
  }

  #nextId(text: string | null, bytes: number): StringId {
    const id = this.#texts.length;
    this.#texts.push(text);
    this.sizeBytes += bytes + entryOverhead;
    if (id * 2 >= this.#places.length) {
      this.#places = grown(this.#places, this.#places.length * 2);
    }
    return id;
  }

  #rehash(): void {
    const known = this.#slots;
    const slots = new Int32Array(known.length * 2);
    const mask = slots.length - 2;
    for (let i = 0; i < known.length; i += 2) {
      if (known[i + 1] === 0) continue;
      let slot = (known[i]! << 1) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = known[i]!;
      slots[slot + 1] = known[i + 1]!;
    }
    this.#slots = slots;
  }
}

/** The hash of `bytes[start, end)`; `readAhead` bytes after it must be readable. */
export function hashBytes(bytes: DataView, start: number, end: number): number {
  let hash = hashStart;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ bytes.getInt32(at, true), hashPrime);
  hash = Math.imul(hash ^ restOf(bytes, at, end - at), hashPrime);
  // The low bits choose the slot, so the high ones are brought down.
  return hash ^ (hash >>> 15);
}

/** The `count` (0 to 3) bytes from `at` on as one word, lowest first. */
function restOf(bytes: DataView, at: number, count: number): number {
  return bytes.getInt32(at, true) & ((1 << (count << 3)) - 1);
}

function grown(numbers: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(numbers);
  return larger;
}
