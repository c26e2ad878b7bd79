/** Gathers the values at one path, row by row, and writes them as column-format.ts says. */
import { Buffer } from "node:buffer";
import { type ColumnEntry, columnPadding } from "./column-format.ts";
import {
  groupOf,
  keyOf,
  type Scalar,
  type ScalarKey,
  scalarText,
  type UsualTime,
  usualTime,
} from "./scalar.ts";
import type { SectionWriter } from "./section.ts";

export class ColumnBuilder {
  readonly path: string;
  /** Numbers (from 0) of values and of lists in the order of their coming. */
  readonly #values: Map<ScalarKey, number> = new Map();
  readonly #lists: Map<string, number> = new Map();
  readonly #listMembers: (readonly number[])[] = [];
  /** The rows that have values: row, then value (>= 0) or list (-1 - its number). */
  readonly #rows: number[] = [];
  readonly #cells: number[] = [];
  /** The value that came last, and its number: most are like the one before. */
  #last: Scalar | undefined = undefined;
  #lastNumber: number = 0;
  /** Values of the row at hand. */
  #pending: number[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** Whether the row at hand has a value already. */
  get isTouched(): boolean {
    return this.#pending.length > 0;
  }

  /** The distinct texts. */
  texts(): string[] {
    return [...this.#values.keys()].filter((key) => typeof key === "string");
  }

  add(value: Scalar): void {
    // Two zeros may be different values.
    if (value === this.#last && value !== 0) {
      this.#pending.push(this.#lastNumber);
      return;
    }
    const key = keyOf(value);
    let number = this.#values.get(key);
    if (number === undefined) {
      number = this.#values.size;
      this.#values.set(key, number);
    }
    this.#last = value;
    this.#lastNumber = number;
    this.#pending.push(number);
  }

  endRow(row: number): void {
    const pending = this.#pending;
    this.#rows.push(row);
    if (pending.length === 1) {
      this.#cells.push(pending[0]!);
      pending.length = 0;
      return;
    }
    const key = pending.join();
    let number = this.#lists.get(key);
    if (number === undefined) {
      number = this.#lists.size;
      this.#lists.set(key, number);
      this.#listMembers.push(pending);
      this.#pending = [];
    } else pending.length = 0;
    this.#cells.push(-1 - number);
  }

  /** Forgets the values of the row at hand. */
  dropRow(): void {
    this.#pending.length = 0;
  }

  /** Adds the column of a block with `rowCount` rows; null where no row has a value. */
  write(rowCount: number, sections: SectionWriter): ColumnEntry | null {
    if (this.#rows.length === 0) return null;
    const groups = groupValues(this.#values.keys(), this.#values.size);
    const distinct = this.#values.size;
    const lists = this.#listMembers;
    const members = lists.flatMap((list) => list.map((number) => groups.numbers[number]!));
    const isConstant = this.#rows.length === rowCount && distinct + lists.length === 1;
    const width = isConstant ? 0 : widthOf(distinct + lists.length);
    const ascii = Buffer.from(groups.ascii.join(""), "latin1");
    const json = groups.json.map((text) => Buffer.from(text));
    const raw = Buffer.concat([
      bytesOf(Float64Array.from(groups.integers)),
      bytesOf(BigInt64Array.from(groups.times, ({ timeNs }) => timeNs)),
      bytesOf(Uint32Array.from(groups.ascii, (text) => text.length)),
      bytesOf(Uint32Array.from(json, (bytes) => bytes.length)),
      bytesOf(Uint32Array.from(lists, (list) => list.length)),
      bytesOf(Uint32Array.from(members)),
      this.#rowBytes(rowCount, width, groups.numbers),
      Uint8Array.from(groups.times, ({ digits }) => digits),
      ascii,
      ...json,
      Buffer.alloc(columnPadding),
    ]);
    return {
      path: this.path,
      times: groups.times.length,
      integers: groups.integers.length,
      ascii: groups.ascii.length,
      json: json.length,
      lists: lists.length,
      members: members.length,
      width,
      section: sections.add(raw),
    };
  }

  #rowBytes(rowCount: number, width: 0 | 1 | 2 | 4, numbers: Uint32Array): Uint8Array {
    if (width === 0) return new Uint8Array(0);
    const ids =
      width === 1
        ? new Uint8Array(rowCount)
        : width === 2
          ? new Uint16Array(rowCount)
          : new Uint32Array(rowCount);
    for (const [i, row] of this.#rows.entries()) {
      const cell = this.#cells[i]!;
      ids[row] = cell >= 0 ? numbers[cell]! : numbers.length - cell;
    }
    return bytesOf(ids);
  }
}

interface Groups {
  readonly times: UsualTime[];
  readonly integers: number[];
  readonly ascii: string[];
  readonly json: string[];
  /** By order of coming: the number in the file. */
  readonly numbers: Uint32Array;
}

function groupValues(keys: Iterable<ScalarKey>, count: number): Groups {
  const groups: Groups = {
    times: [],
    integers: [],
    ascii: [],
    json: [],
    numbers: new Uint32Array(count),
  };
  const { times, integers, ascii, json, numbers } = groups;
  const kinds = new Uint8Array(count);
  let i = 0;
  for (const key of keys) {
    const time = typeof key === "string" ? usualTime(key) : null;
    if (time !== null) numbers[i] = times.push(time);
    else {
      const group = groupOf(key);
      kinds[i] = groupNumbers[group];
      if (group === "integer") numbers[i] = integers.push(key as number);
      else if (group === "ascii") numbers[i] = ascii.push(key as string);
      else numbers[i] = json.push(scalarText(key));
    }
    i += 1;
  }
  const integersAt = times.length;
  const asciiAt = integersAt + integers.length;
  const before = [0, integersAt, asciiAt, asciiAt + ascii.length];
  for (i = 0; i < count; i += 1) numbers[i]! += before[kinds[i]!]!;
  return groups;
}

/** Times come before them. */
const groupNumbers = { integer: 1, ascii: 2, json: 3 } as const;

function widthOf(largest: number): 1 | 2 | 4 {
  return largest <= 0xff ? 1 : largest <= 0xffff ? 2 : 4;
}

function bytesOf(numbers: {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
