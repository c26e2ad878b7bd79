/**
 * Texts that outlive the string table's: bytes one after the other, told of by a *cell*. A cell above 0 is the id of a
 * text in the string table at hand, one below 0 a text in here, 0 is no text. As long as the string table keeps its
 * texts, nothing is copied; before it gives them up, whoever holds cells has them settled.
 */
import { assert } from "../base/assert.ts";
import { IntMap } from "../base/int-map.ts";
import type { Texts } from "../event/string-table.ts";

const startWords = 0x1000;
/** Words that may be of no use any more, beside as many as were of use. */
const spareWords = 0x40000;
/** The multiplier and start of the FNV-1a hash of 32 bits. */
const hashFactor = 0x01000193;
const hashStart = 0x811c9dc5 | 0;

export class TextStore {
  /**
   * A text is a word with its length in units, doubled, plus 1 where a unit is two bytes; then its units, up to the end of
   * a word. Texts of ASCII have units of one byte, all others of two. Word 0 is not used.
   */
  #words: Int32Array = new Int32Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #units: Uint16Array = new Uint16Array(0);
  #filled: number = 1;
  /** Words that were in use when texts were moved last. */
  #moved: number = 0;
  #texts: Texts | null = null;
  readonly #latin1: InstanceType<typeof TextDecoder> = new TextDecoder("latin1");
  /** While cells are settled: the store before, if texts leave it, and where the texts went, by cell. */
  #before: TextStore | null = null;
  readonly #settled: IntMap = new IntMap();
  readonly #movedTo: IntMap = new IntMap();

  constructor() {
    this.#take(startWords);
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Whether so much of it may be of no use any more that cells should be settled. */
  get isCrowded(): boolean {
    return this.#filled > this.#moved * 2 + spareWords;
  }

  /** Whose ids cells above 0 are from now on. */
  use(texts: Texts): void {
    this.#texts = texts;
  }

  /** Copies a text from the string table. */
  keep(id: number): number {
    const texts = this.#texts!;
    const start = texts.byteStart(id);
    if (start < 0) return this.keepText(texts.text(id));
    const length = texts.byteLength(id);
    const at = this.#reserve(length, 1);
    const bytes = texts.bytesOf(id);
    for (let i = 0; i < length; i += 1) this.#bytes[at + i] = bytes[start + i]!;
    return this.#append(length, 1);
  }

  /** Adds a text that is in no string table. */
  keepText(text: string): number {
    const { length } = text;
    const size = isAscii(text) ? 1 : 2;
    const at = this.#reserve(length, size) / size;
    const units = size === 1 ? this.#bytes : this.#units;
    for (let i = 0; i < length; i += 1) units[at + i] = text.charCodeAt(i);
    return this.#append(length, size);
  }

  /** The text of a cell that is not 0. */
  text(cell: number): string {
    if (cell > 0) return this.#texts!.text(cell);
    const length = this.#words[-cell]! >>> 1;
    const start = (1 - cell) * 4;
    if ((this.#words[-cell]! & 1) === 0) {
      return this.#latin1.decode(this.#bytes.subarray(start, start + length));
    }
    let text = "";
    for (let i = 0; i < length; i += 1) text += String.fromCharCode(this.#units[start / 2 + i]!);
    return text;
  }

  /** A hash of the text of a cell that is not 0; equal for equal texts. */
  hash(cell: number): number {
    const length = this.#asciiLength(cell);
    if (length === -1) return hashText(this.text(cell));
    const bytes = this.#bytesOf(cell);
    const start = this.#startOf(cell);
    let hash = hashStart;
    for (let i = start; i < start + length; i += 1) hash = Math.imul(hash ^ bytes[i]!, hashFactor);
    return hash;
  }

  /** Whether two cells have the same text, or none has one. */
  isSame(a: number, b: number): boolean {
    if (a === b) return true;
    if (a === 0 || b === 0 || (a > 0 && b > 0)) return false;
    const length = this.#asciiLength(a);
    if (length !== this.#asciiLength(b)) return false;
    if (length === -1) return this.text(a) === this.text(b);
    const bytes = this.#bytesOf(a);
    const start = this.#startOf(a);
    const others = this.#bytesOf(b);
    const offset = this.#startOf(b) - start;
    for (let i = start; i < start + length; i += 1)
      if (bytes[i] !== others[i + offset]) return false;
    return true;
  }

  /** From here to `endSettling`, `settle` is called for each cell that somebody holds. */
  beginSettling(): void {
    assert(this.#before === null, "cells are being settled already");
    if (!this.isCrowded) return;
    this.#before = new TextStore();
    this.#swap(this.#before);
  }

  /** The cell, below 0 or 0, by which the text of `cell` is known from now on. */
  settle(cell: number): number {
    if (cell > 0) {
      const known = this.#settled.get(cell);
      if (known !== -1) return -known;
      const kept = this.keep(cell);
      this.#settled.set(cell, -kept);
      return kept;
    }
    if (cell === 0 || this.#before === null) return cell;
    const known = this.#movedTo.get(-cell);
    if (known !== -1) return -known;
    const kept = this.#move(this.#before, cell);
    this.#movedTo.set(-cell, -kept);
    return kept;
  }

  endSettling(): void {
    this.#settled.clear();
    this.#movedTo.clear();
    if (this.#before !== null) this.#moved = this.#filled;
    this.#before = null;
  }

  #move(from: TextStore, cell: number): number {
    const header = from.#words[-cell]!;
    const size = 1 + (header & 1);
    const start = (1 - cell) * 4;
    const length = header >>> 1;
    const at = this.#reserve(length, size);
    this.#bytes.set(from.#bytes.subarray(start, start + length * size), at);
    return this.#append(length, size);
  }

  /** Changes places with an empty store. */
  #swap(empty: TextStore): void {
    const { buffer } = this.#words;
    const filled = this.#filled;
    this.#look(empty.#words.buffer as ArrayBuffer);
    this.#filled = 1;
    empty.#look(buffer as ArrayBuffer);
    empty.#filled = filled;
  }

  /** Bytes of the text of a cell if it is ASCII, else -1. */
  #asciiLength(cell: number): number {
    if (cell > 0) {
      const texts = this.#texts!;
      return texts.byteStart(cell) < 0 ? -1 : texts.byteLength(cell);
    }
    const header = this.#words[-cell]!;
    return (header & 1) === 0 ? header >>> 1 : -1;
  }

  #bytesOf(cell: number): Uint8Array {
    return cell > 0 ? this.#texts!.bytesOf(cell) : this.#bytes;
  }

  #startOf(cell: number): number {
    return cell > 0 ? this.#texts!.byteStart(cell) : (1 - cell) * 4;
  }

  /** Makes room for the next text; where its first byte goes. */
  #reserve(length: number, size: number): number {
    const needed = this.#filled + 2 + ((length * size) >> 2);
    if (needed > this.#words.length) this.#take(needed);
    return (this.#filled + 1) * 4;
  }

  /** The text whose units were written where `#reserve` said. */
  #append(length: number, size: number): number {
    const cell = -this.#filled;
    this.#words[-cell] = length * 2 + (size - 1);
    this.#filled += 1 + ((length * size + 3) >> 2);
    return cell;
  }

  #take(words: number): void {
    const known = this.#words;
    this.#look(new ArrayBuffer(Math.max(known.length * 2, words) * 4));
    this.#words.set(known.subarray(0, this.#filled));
  }

  #look(buffer: ArrayBuffer): void {
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#units = new Uint16Array(buffer);
  }
}

/** What `TextStore.hash` gives for a cell of that text. */
export function hashText(text: string): number {
  let hash = hashStart;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), hashFactor);
  return hash;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
