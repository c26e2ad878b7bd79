/**
 * What lines before had in common with the one at hand: which key follows which, and the value that a
 * key had last. Events of one source are much alike, so that most keys need only be compared with the
 * one expected, and most values with the one before.
 */
import { closeBrace, comma } from "./json-bytes.ts";
import type { PathNode } from "./path-tree.ts";

/** What a member's last value was stored as. */
export const memoKinds = { none: 0, reference: 1, number: 2, references: 3 } as const;

/** Keys that are remembered for one place; further ones are looked up each time. */
const maxMembers = 1024;
/** Values in a row that differed from the one before, after which a member's values are not compared. */
const maxMisses = 24;

/** A key seen in objects at some place, and its last value. */
export class Member {
  /** Where the value belongs; null where no one wants it. */
  readonly node: PathNode | null;
  /** The key that followed last. */
  next: Member | null = null;
  /** Bytes of the key with its closing quote. */
  readonly length: number;
  /** Those bytes in words of four (lowest first), the last one filled with zeros. */
  readonly #words: Int32Array;
  readonly #lastMask: number;
  // The last value: where its text lies (in the bytes that are scanned), and what was stored.
  memoKind: number = memoKinds.none;
  memoValue: number = 0;
  memoList: readonly number[] = [];
  #epoch: number = -1;
  #start: number = 0;
  #bytes: number = 0;
  #misses: number = 0;

  /** The key `bytes[start, end)` is followed by its quote. */
  constructor(bytes: DataView, start: number, end: number, node: PathNode | null) {
    this.node = node;
    this.length = end + 1 - start;
    this.#words = new Int32Array((this.length + 3) >> 2);
    const key = new Uint8Array(this.#words.buffer);
    for (let i = 0; i < this.length; i += 1) key[i] = bytes.getUint8(start + i);
    this.#lastMask = (this.length & 3) === 0 ? -1 : (1 << ((this.length & 3) << 3)) - 1;
  }

  /** Whether the key is at `at`. A control character ends the text, so the comparison ends there. */
  isAt(bytes: DataView, at: number): boolean {
    const words = this.#words;
    const last = words.length - 1;
    for (let i = 0; i < last; i += 1) {
      if (words[i] !== bytes.getInt32(at + i * 4, true)) return false;
    }
    return words[last] === (bytes.getInt32(at + last * 4, true) & this.#lastMask);
  }

  /** Whether values are worth being remembered: they are not always new. */
  get isSteady(): boolean {
    return this.#misses < maxMisses;
  }

  /**
   * Where the value at `at` ends if its text is the last one's and a comma or brace follows, else -1.
   * `epoch` is another number when remembered bytes or ids are no longer valid.
   */
  repeats(bytes: DataView, at: number, end: number, epoch: number): number {
    if (this.#epoch !== epoch) return -1;
    const length = this.#bytes;
    const after = at + length;
    if (after >= end) return -1;
    const known = this.#start;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      if (bytes.getInt32(known + i, true) !== bytes.getInt32(at + i, true)) return this.#miss();
    }
    const mask = (1 << ((length & 3) << 3)) - 1;
    const differing = bytes.getInt32(known + i, true) ^ bytes.getInt32(at + i, true);
    if ((differing & mask) !== 0) return this.#miss();
    const follower = bytes.getUint8(after);
    if (follower !== comma && follower !== closeBrace) return this.#miss();
    this.#misses = 0;
    return after;
  }

  /** Remembers the text `[start, end)` of the value that was stored as the memo says. */
  remember(start: number, end: number, epoch: number): void {
    this.#start = start;
    this.#bytes = end - start;
    this.#epoch = epoch;
  }

  #miss(): number {
    this.#misses += 1;
    return -1;
  }
}

/** The keys seen in objects at one place. */
export class Shape {
  /** The key that came first in the last object. */
  first: Member | null = null;
  readonly #members: Map<number, Member> = new Map();

  /** The member with the key `bytes[start, end)`, whose hash is given, if it is known. */
  find(bytes: DataView, start: number, end: number, hash: number): Member | null {
    const member = this.#members.get(hash);
    if (member === undefined || member.length !== end + 1 - start) return null;
    return member.isAt(bytes, start) ? member : null;
  }

  add(member: Member, hash: number): void {
    if (this.#members.size < maxMembers && !this.#members.has(hash))
      this.#members.set(hash, member);
  }
}
