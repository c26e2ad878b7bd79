/** Sets of atoms as small numbers: many texts share few sets, above all the empty one. */
/** Index of a set in its table; 0 is always the empty set. */
export type ProfileId = number & { readonly __brand: "ProfileId" };

/** Two profiles are mixed into one number for the memo of unions. */
const mixFactor = 0x400000;

/** Unions that are found without a look into the memo; a power of two. */
const unionSlots = 256;

/** Estimated bytes of an entry beside its numbers. */
const entryBytes = 96;

export class ProfileTable {
  #sets: Int32Array[] = [new Int32Array(0)];
  /** By the one atom of a set; 0 where there is no such set yet. */
  readonly #singles: Int32Array;
  readonly #ids: Map<string, ProfileId> = new Map();
  #unions: Map<number, ProfileId> = new Map();
  /** The last union of each slot: two profiles and their union; empty before the first. */
  #lastUnions: Int32Array = new Int32Array(0);
  /** A bit an atom, `#stride` words a profile. */
  #bits: Int32Array;
  /** Estimated bytes of the sets and the unions. */
  #setBytes: number = 0;
  readonly #stride: number;

  /** For atoms `0 <= atom < atoms`. */
  constructor(atoms: number) {
    this.#stride = (atoms + 31) >>> 5;
    this.#singles = new Int32Array(atoms);
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
    if (atoms.length === 1) {
      const atom = atoms[0]!;
      if (this.#singles[atom] === 0) this.#singles[atom] = this.#add(atoms);
      return this.#singles[atom] as ProfileId;
    }
    const key = atoms.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#add(atoms);
    this.#ids.set(key, id);
    this.#setBytes += key.length;
    return id;
  }

  #add(atoms: readonly number[]): ProfileId {
    const id = this.#sets.length as ProfileId;
    this.#sets.push(Int32Array.from(atoms));
    this.#setBytes += entryBytes + atoms.length * 4;
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
    const slot = (Math.imul(a, 31) + b) & (unionSlots - 1);
    let last = this.#lastUnions;
    if (last[slot * 3] === a && last[slot * 3 + 1] === b) return last[slot * 3 + 2] as ProfileId;
    const union = this.#unionOf(a, b);
    if (last.length === 0) last = this.#lastUnions = new Int32Array(unionSlots * 3);
    last[slot * 3] = a;
    last[slot * 3 + 1] = b;
    last[slot * 3 + 2] = union;
    return union;
  }

  #unionOf(a: ProfileId, b: ProfileId): ProfileId {
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
    this.#ids.clear();
    this.#lastUnions.fill(0);
    this.#singles.fill(0);
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
