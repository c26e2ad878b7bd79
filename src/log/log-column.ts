/** A column of a block (column-format.ts) as it is read. */
import type { Buffer } from "node:buffer";
import type { ColumnEntry } from "./column-format.ts";
import { LogError } from "./log-error.ts";
import { parseScalar, type Scalar, timeText } from "./scalar.ts";

/** Numbers of rows: see column-format.ts. */
export type RowNumbers = Uint8Array | Uint16Array | Uint32Array;

export class LogColumn {
  readonly entry: ColumnEntry;
  /** Values and lists; a row's number is at most their sum. */
  readonly distinct: number;
  readonly lists: number;
  /** One a row; null where every row has the number 1. */
  readonly rows: RowNumbers | null;
  /** The bytes that hold the ASCII texts; `columnPadding` more can be read after each. */
  readonly view: DataView;
  /** The values that are times, ns since the epoch: they have the numbers from 1 on; then the integers. */
  readonly times: BigInt64Array;
  readonly integers: Float64Array;
  readonly #bytes: Buffer;
  readonly #digits: Uint8Array;
  /** By text: where it begins. One more than there are. */
  readonly #asciiStarts: Uint32Array;
  readonly #jsonStarts: Uint32Array;
  /** By list: where its members begin. One more than there are. */
  readonly #listStarts: Uint32Array;
  readonly #members: Uint32Array;

  /** `raw` is the column's section, unpacked. Throws a LogError where it does not fit the entry. */
  constructor(entry: ColumnEntry, raw: Buffer, rowCount: number) {
    const { times, integers, ascii, json, lists, members, width } = entry;
    this.entry = entry;
    this.distinct = times + integers + ascii + json;
    this.lists = lists;
    const cursor = new Cursor(raw);
    this.integers = cursor.take(Float64Array, integers);
    this.times = cursor.take(BigInt64Array, times);
    const asciiLengths = cursor.take(Uint32Array, ascii);
    const jsonLengths = cursor.take(Uint32Array, json);
    const listLengths = cursor.take(Uint32Array, lists);
    this.#members = cursor.take(Uint32Array, members);
    this.rows = readRows(cursor, rowCount, width);
    this.#digits = cursor.take(Uint8Array, times);
    this.#asciiStarts = startsOf(asciiLengths, cursor.offset);
    this.#jsonStarts = startsOf(jsonLengths, this.#asciiStarts[ascii]!);
    this.#listStarts = startsOf(listLengths, 0);
    if (this.#jsonStarts[json]! > raw.length || this.#listStarts[lists] !== members) {
      throw new LogError("unreadable", `the column ${entry.path} has another size than it should`);
    }
    this.#bytes = raw;
    this.view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  /** Calls for each ASCII text: its number, and where it lies in `view`. */
  eachAscii(visit: (number: number, start: number, end: number) => void): void {
    const starts = this.#asciiStarts;
    let number = 1 + this.entry.times + this.entry.integers;
    for (let i = 0; i + 1 < starts.length; i += 1, number += 1) {
      visit(number, starts[i]!, starts[i + 1]!);
    }
  }

  /** The value `number`, `1 <= number <= distinct`. */
  value(number: number): Scalar {
    const { times, integers, ascii } = this.entry;
    let index = number - 1;
    if (index < times) return timeText(this.times[index]!, this.#digits[index]!);
    index -= times;
    if (index < integers) return this.integers[index]!;
    index -= integers;
    if (index < ascii) return this.#text("latin1", this.#asciiStarts, index);
    const value = parseScalar(this.#text("utf8", this.#jsonStarts, index - ascii));
    if (value !== undefined) return value;
    throw new LogError("unreadable", `the column ${this.entry.path} holds no JSON`);
  }

  /** The numbers of a list's values; `0 <= list < lists`. */
  list(list: number): Uint32Array {
    return this.#members.subarray(this.#listStarts[list]!, this.#listStarts[list + 1]!);
  }

  /** Values of the longest list. */
  get longestList(): number {
    let longest = 0;
    for (let i = 0; i < this.lists; i += 1) longest = Math.max(longest, this.list(i).length);
    return longest;
  }

  #text(encoding: "latin1" | "utf8", starts: Uint32Array, index: number): string {
    return this.#bytes.toString(encoding, starts[index]!, starts[index + 1]!);
  }
}

/** A kind of typed array. */
interface NumbersOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** Takes pieces of a section as numbers: where they lie if that suits their alignment, else copied. */
class Cursor {
  offset: number = 0;
  readonly #raw: Buffer;

  constructor(raw: Buffer) {
    this.#raw = raw;
  }

  take<T>(numbers: NumbersOf<T>, count: number): T {
    const size = numbers.BYTES_PER_ELEMENT;
    const { buffer, byteOffset, length } = this.#raw;
    const start = byteOffset + this.offset;
    this.offset += count * size;
    if (this.offset > length) {
      throw new LogError("unreadable", "a column is shorter than its block says");
    }
    if (start % size === 0) return new numbers(buffer, start, count);
    return new numbers(buffer.slice(start, start + count * size), 0, count);
  }
}

function readRows(cursor: Cursor, rowCount: number, width: number): RowNumbers | null {
  if (width === 0) return null;
  if (width === 1) return cursor.take(Uint8Array, rowCount);
  return width === 2 ? cursor.take(Uint16Array, rowCount) : cursor.take(Uint32Array, rowCount);
}

function startsOf(lengths: Uint32Array, from: number): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  let at = from;
  for (let i = 0; i < lengths.length; i += 1) {
    starts[i] = at;
    at += lengths[i]!;
  }
  starts[lengths.length] = at;
  return starts;
}
