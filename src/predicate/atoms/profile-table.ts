/** Sets of atoms as small numbers: many texts share few sets, above all the empty one. */
import type { Texts } from "../../event/string-table.ts";
import type { AtomCounters, AtomScanner } from "./atom-scanner.ts";

/** Index of a set in its table; 0 is always the empty set. */
export type ProfileId = number & { readonly __brand: "ProfileId" };

/** Two profiles are mixed into one number for the memo of unions. */
const mixFactor = 0x400000;

/** Estimated bytes of an entry beside its numbers. */
const entryBytes = 96;

export class ProfileTable {
  #sets: Int32Array[] = [new Int32Array(0)];
  #ids: Map<string, ProfileId> = new Map([["", 0 as ProfileId]]);
  #unions: Map<number, ProfileId> = new Map();
  /** A bit an atom, `#stride` words a profile. */
  #bits: Int32Array;
  /** Estimated bytes of the sets and the unions. */
  #setBytes: number = 0;
  readonly #stride: number;

  /** For atoms `0 <= atom < atoms`. */
  constructor(atoms: number) {
    this.#stride = (atoms + 31) >>> 5;
    this.#bits = new Int32Array(this.#stride * 16);
  }

  get count(): number {
    return this.#sets.length;
  }

  /** Estimated bytes that it holds. */
  get bytes(): number {
    return this.#setBytes + this.#bits.byteLength;
  }

  /** The profile of a set of atoms, ascending, each once. */
  profileOf(atoms: readonly number[]): ProfileId {
    if (atoms.length === 0) return 0 as ProfileId;
    const key = atoms.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#sets.length as ProfileId;
    this.#sets.push(Int32Array.from(atoms));
    this.#ids.set(key, id);
    this.#setBytes += entryBytes + key.length + atoms.length * 4;
    this.#writeBits(id, atoms);
    return id;
  }

  /** Its atoms, ascending. */
  atoms(profile: ProfileId): Int32Array {
    return this.#sets[profile]!;
  }

  has(profile: number, atom: number): boolean {
    return (this.#bits[profile * this.#stride + (atom >>> 5)]! & (0x1 << (atom & 31))) !== 0;
  }

  /** The profile of the atoms of both. */
  union(a: ProfileId, b: ProfileId): ProfileId {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const mixed = a < b ? a * mixFactor + b : b * mixFactor + a;
    const known = this.#unions.get(mixed);
    if (known !== undefined) return known;
    const all = new Set([...this.atoms(a), ...this.atoms(b)]);
    const made = this.profileOf([...all].sort((left, right) => left - right));
    this.#unions.set(mixed, made);
    this.#setBytes += entryBytes;
    return made;
  }

  /** Forgets all profiles but the empty one. */
  clear(): void {
    this.#sets = [new Int32Array(0)];
    this.#ids = new Map([["", 0 as ProfileId]]);
    this.#unions = new Map();
    this.#bits = new Int32Array(this.#stride * 16);
    this.#setBytes = 0;
  }

  #writeBits(profile: ProfileId, atoms: readonly number[]): void {
    const start = profile * this.#stride;
    if (start + this.#stride > this.#bits.length) {
      const grown = new Int32Array(Math.max(this.#bits.length * 2, start + this.#stride));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    for (const atom of atoms) this.#bits[start + (atom >>> 5)]! |= 0x1 << (atom & 31);
  }
}

/** Slots of a table of texts that is empty. */
const startSlots = 64;
/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const hashFactor = 0x9e3779b1;

/**
 * The profile of each text that a field has had, for the tests of that field. A field of few values has a small
 * table, however many texts other fields bring.
 */
export class FieldProfiles {
  readonly #scanner: AtomScanner;
  readonly #table: ProfileTable;
  /** Open addressing: pairs of a string id (0 is free) and its profile. */
  #slots: Int32Array = new Int32Array(startSlots * 2);
  /** What a hash is shifted by to become the number of a slot. */
  #shift: number = 32 - Math.log2(startSlots);
  #count: number = 0;
  #strings: Texts | null = null;
  #generation: number = -1;
  readonly #found: number[] = [];

  constructor(scanner: AtomScanner, table: ProfileTable) {
    this.#scanner = scanner;
    this.#table = table;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** What scanning has cost so far. */
  get counters(): AtomCounters {
    return this.#scanner.counters;
  }

  /** Names the string table whose ids come; what was known of an emptied one is forgotten. */
  begin(strings: Texts): void {
    if (this.#strings === strings && this.#generation === strings.generation) return;
    this.#strings = strings;
    this.#generation = strings.generation;
    this.forget();
  }

  /** Forgets all texts, after the table of profiles was cleared. */
  forget(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    this.#slots = new Int32Array(startSlots * 2);
    this.#shift = 32 - Math.log2(startSlots);
  }

  profileOfString(id: number): ProfileId {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (Math.imul(id, hashFactor) >>> this.#shift) << 1;
    for (; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] === id) return slots[slot + 1]! as ProfileId;
    }
    this.#found.length = 0;
    this.#scanner.scanText(this.#strings!, id, this.#found);
    const profile = this.#table.profileOf(this.#found);
    slots[slot] = id;
    slots[slot + 1] = profile;
    this.#count += 1;
    if (this.#count * 4 > slots.length) this.#grow();
    return profile;
  }

  /** A table of twice the slots, half of which stay free at least. */
  #grow(): void {
    const known = this.#slots;
    const slots = new Int32Array(known.length * 2);
    const mask = slots.length - 1;
    this.#shift -= 1;
    for (let i = 0; i < known.length; i += 2) {
      const id = known[i]!;
      if (id === 0) continue;
      let slot = (Math.imul(id, hashFactor) >>> this.#shift) << 1;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = id;
      slots[slot + 1] = known[i + 1]!;
    }
    this.#slots = slots;
  }
}
