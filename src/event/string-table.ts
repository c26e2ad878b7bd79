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
 * time (lowest first) as long as there are four, then one at a time: a scanner is bound by this chain.
 */
export const hashStart: number = 0x811c9dc5 | 0;
export const hashPrime = 0x01000193;

const startSlots = 4096;
const startArena = 0x10000;

export class StringTable {
  /** Grows by one each time the table is emptied; whoever remembers ids compares it. */
  generation: number = 0;
  /** Estimated bytes that the table holds. */
  sizeBytes: number = 0;
  readonly #limitBytes: number;
  readonly #latin1: InstanceType<typeof TextDecoder> = new TextDecoder("latin1");
  /** By id: the text, or null where it is ASCII and was not asked for yet. */
  #texts: (string | null)[] = [""];
  /** Open addressing: ids of ASCII texts by hash; 0 is free. */
  #slots: Int32Array = new Int32Array(startSlots);
  #hashes: Int32Array = new Int32Array(startSlots);
  #starts: Int32Array = new Int32Array(startSlots);
  #lengths: Int32Array = new Int32Array(startSlots);
  #arena: Uint8Array = new Uint8Array(startArena);
  #arenaEnd: number = 0;
  /** Ids of texts that are not ASCII. */
  #others: Map<string, StringId> = new Map();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The id of `text`, which is added if it is new. */
  intern(text: string): StringId {
    this.#reserveArena(text.length);
    const start = this.#arenaEnd;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.#internOther(text);
      this.#arena[start + i] = unit;
    }
    const end = start + text.length;
    return this.internAscii(this.#arena, start, end, hashBytes(this.#arena, start, end));
  }

  /** The id of the ASCII text `bytes[start, end)`, whose hash is given. */
  internAscii(bytes: Uint8Array, start: number, end: number, hash: number): StringId {
    const length = end - start;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!;
      if (id === 0) return this.#addAscii(bytes, start, length, hash, slot);
      if (this.#hashes[id] !== hash || this.#lengths[id] !== length) continue;
      const arena = this.#arena;
      const known = this.#starts[id]!;
      let i = 0;
      while (i < length && arena[known + i] === bytes[start + i]) i += 1;
      if (i === length) return id;
    }
  }

  /** The text of `id`, `1 <= id <= size`. */
  text(id: StringId): string {
    const text = this.#texts[id];
    if (typeof text === "string") return text;
    const start = this.#starts[id]!;
    const made = this.#latin1.decode(this.#arena.subarray(start, start + this.#lengths[id]!));
    this.#texts[id] = made;
    return made;
  }

  /** Distinct texts. */
  get size(): number {
    return this.#texts.length - 1;
  }

  /** Empties the table if it is over its limit; call between batches only. */
  trim(): void {
    if (this.sizeBytes <= this.#limitBytes) return;
    this.#texts = [""];
    this.#slots = new Int32Array(startSlots);
    this.#hashes = new Int32Array(startSlots);
    this.#starts = new Int32Array(startSlots);
    this.#lengths = new Int32Array(startSlots);
    this.#arena = new Uint8Array(startArena);
    this.#arenaEnd = 0;
    this.#others = new Map();
    this.sizeBytes = 0;
    this.generation += 1;
  }

  #internOther(text: string): StringId {
    const known = this.#others.get(text);
    if (known !== undefined) return known;
    const id = this.#nextId(text, text.length * 2);
    this.#others.set(text, id);
    return id;
  }

  #addAscii(
    bytes: Uint8Array,
    start: number,
    length: number,
    hash: number,
    slot: number,
  ): StringId {
    const id = this.#nextId(null, length);
    // `bytes` may be the arena itself, which `#reserveArena` replaces: what is there is copied along.
    this.#reserveArena(length);
    const source = bytes.buffer === this.#arena.buffer ? this.#arena : bytes;
    for (let i = 0; i < length; i += 1) this.#arena[this.#arenaEnd + i] = source[start + i]!;
    this.#hashes[id] = hash;
    this.#starts[id] = this.#arenaEnd;
    this.#lengths[id] = length;
    this.#arenaEnd += length;
    this.#slots[slot] = id;
    if (this.#texts.length * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #nextId(text: string | null, bytes: number): StringId {
    const id = this.#texts.length;
    this.#texts.push(text);
    this.sizeBytes += bytes + entryOverhead;
    if (id >= this.#hashes.length) {
      this.#hashes = grown(this.#hashes);
      this.#starts = grown(this.#starts);
      this.#lengths = grown(this.#lengths);
    }
    return id;
  }

  #reserveArena(length: number): void {
    if (this.#arenaEnd + length <= this.#arena.length) return;
    const arena = new Uint8Array(Math.max(this.#arena.length * 2, this.#arenaEnd + length));
    arena.set(this.#arena.subarray(0, this.#arenaEnd));
    this.#arena = arena;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (const id of this.#slots) {
      if (id === 0) continue;
      let slot = this.#hashes[id]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/** The hash of `bytes[start, end)`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashStart;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ four, hashPrime);
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, hashPrime);
  // The low bits choose the slot, so the high ones are brought down.
  return hash ^ (hash >>> 15);
}

function grown(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
