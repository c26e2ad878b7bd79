/** Copies a column of a log into a column of a batch, by a map from the one's numbers to the other's cells. */
import type { NumberColumn, ReferenceColumn } from "../event/batch.ts";
import { type BatchWriter, writeLong } from "../event/batch-writer.ts";
import type { StringTable } from "../event/string-table.ts";
import type { LogColumn, RowNumbers } from "./log-column.ts";
import type { ValueReader } from "./value-map.ts";

export interface ColumnFill {
  /** Begins another block. Texts go into `strings`. */
  prepare(column: LogColumn, strings: StringTable): void;
  /**
   * Sees to it that the lists of rows `[start, end)` lie in the batch's pools; returns the row up to
   * which there was room.
   */
  reserve(writer: BatchWriter, start: number, end: number): number;
  /** Writes rows `[start, end)` to the batch from row `at` on; whether some row has a value. */
  copy(at: number, start: number, end: number): boolean;
}

/** Lists that need cells of a pool, and whether they have some in the batch at hand. */
class PooledLists<T> {
  /** By list: its values; undefined for those that need no cells. */
  readonly #lists: (readonly T[] | undefined)[] = [];
  readonly #placed: number[] = [];
  #isPlaced: Uint8Array = new Uint8Array(0);
  #fills: number = -1;

  get isEmpty(): boolean {
    return this.#lists.length === 0;
  }

  clear(count: number): void {
    this.#lists.length = 0;
    this.#placed.length = 0;
    if (this.#isPlaced.length < count) this.#isPlaced = new Uint8Array(count);
    else this.#isPlaced.fill(0);
  }

  add(list: number, values: readonly T[]): void {
    this.#lists[list] = values;
  }

  /** Places the lists of rows; `place` is false where there is no room. */
  reserve(
    { distinct, rows }: LogColumn,
    writer: BatchWriter,
    start: number,
    end: number,
    place: (list: number, values: readonly T[]) => boolean,
  ): number {
    if (this.#fills !== writer.fills) {
      this.#fills = writer.fills;
      for (const list of this.#placed) this.#isPlaced[list] = 0;
      this.#placed.length = 0;
    }
    for (let row = start; row < end; row += 1) {
      const list = (rows === null ? 1 : rows[row]!) - distinct - 1;
      if (list < 0 || this.#isPlaced[list] === 1) continue;
      const values = this.#lists[list];
      if (values === undefined) continue;
      if (!place(list, values)) return row;
      this.#isPlaced[list] = 1;
      this.#placed.push(list);
    }
    return end;
  }
}

/** For keywords, addresses, versions and booleans. */
export class ReferenceFill implements ColumnFill {
  readonly #reader: ValueReader;
  readonly #cells: Int32Array;
  readonly #lists: PooledLists<number> = new PooledLists();
  #column: LogColumn | undefined;
  #map: Int32Array = new Int32Array(0);

  constructor(reader: ValueReader, column: ReferenceColumn) {
    this.#reader = reader;
    this.#cells = column.cells;
  }

  prepare(column: LogColumn, strings: StringTable): void {
    this.#column = column;
    const { distinct, lists } = column;
    const map = new Int32Array(distinct + lists + 1);
    this.#map = map;
    this.#reader.eachStored(column, strings, (number, stored) => {
      map[number] = Number(stored);
    });
    this.#lists.clear(lists);
    for (let list = 0; list < lists; list += 1) {
      const values: number[] = [];
      for (const number of column.list(list)) if (map[number] !== 0) values.push(map[number]!);
      if (values.length === 1) map[distinct + 1 + list] = values[0]!;
      else if (values.length > 1) this.#lists.add(list, values);
    }
  }

  reserve(writer: BatchWriter, start: number, end: number): number {
    const column = this.#column;
    if (column === undefined || this.#lists.isEmpty) return end;
    return this.#lists.reserve(column, writer, start, end, (list, values) => {
      const cell = writer.tryShareReferences(values);
      this.#map[column.distinct + 1 + list] = cell;
      return cell !== 0;
    });
  }

  copy(at: number, start: number, end: number): boolean {
    if (this.#column === undefined) return false;
    const { rows } = this.#column;
    if (rows !== null) return mapCells(this.#cells, at, rows, start, end, this.#map);
    this.#cells.fill(this.#map[1]!, at, at + end - start);
    return this.#map[1] !== 0;
  }
}

function mapCells(
  cells: Int32Array,
  at: number,
  rows: RowNumbers,
  start: number,
  end: number,
  map: Int32Array,
): boolean {
  const shift = at - start;
  let held = 0;
  for (let row = start; row < end; row += 1) {
    const cell = map[rows[row]!]!;
    held |= cell;
    cells[row + shift] = cell;
  }
  return held !== 0;
}

/** For longs, doubles and dates. */
export class NumberFill implements ColumnFill {
  readonly #reader: ValueReader;
  readonly #target: NumberColumn;
  readonly #lists: PooledLists<number | bigint> = new PooledLists();
  #column: LogColumn | undefined;
  #tags: Uint8Array = new Uint8Array(0);
  /** Cells by number, in three views. */
  #longs: BigInt64Array = new BigInt64Array(0);
  #doubles: Float64Array = new Float64Array(0);
  #words: Int32Array = new Int32Array(0);

  constructor(reader: ValueReader, column: NumberColumn) {
    this.#reader = reader;
    this.#target = column;
  }

  prepare(column: LogColumn, strings: StringTable): void {
    this.#column = column;
    const { distinct, lists } = column;
    this.#makeRoom(distinct + lists + 1);
    this.#setPlain(column);
    this.#reader.eachStored(column, strings, (number, stored) => this.#setOne(number, stored));
    this.#lists.clear(lists);
    for (let list = 0; list < lists; list += 1) {
      const values: (number | bigint)[] = [];
      for (const number of column.list(list)) {
        if (this.#tags[number] === 1) values.push(this.#stored(number));
      }
      if (values.length === 1) this.#setOne(distinct + 1 + list, values[0]!);
      else if (values.length > 1) this.#lists.add(list, values);
    }
  }

  /** The values that are stored as they are. */
  #setPlain(column: LogColumn): void {
    const times = this.#reader.plainTimes(column);
    if (times > 0) this.#longs.set(column.times, 1);
    this.#tags.fill(1, 1, 1 + times);
    const integers = this.#reader.plainIntegers(column);
    const first = 1 + column.entry.times;
    if (this.#target.type === "double")
      this.#doubles.set(column.integers.subarray(0, integers), first);
    else {
      for (let i = 0; i < integers; i += 1) {
        writeLong(this.#words, this.#longs, first + i, column.integers[i]!);
      }
    }
    this.#tags.fill(1, first, first + integers);
  }

  #stored(number: number): number | bigint {
    return this.#target.type === "double" ? this.#doubles[number]! : this.#longs[number]!;
  }

  #makeRoom(count: number): void {
    this.#tags = new Uint8Array(count);
    this.#longs = new BigInt64Array(count);
    this.#doubles = new Float64Array(this.#longs.buffer);
    this.#words = new Int32Array(this.#longs.buffer);
  }

  #setOne(number: number, stored: number | bigint): void {
    this.#tags[number] = 1;
    if (this.#target.type === "double") this.#doubles[number] = Number(stored);
    else writeLong(this.#words, this.#longs, number, stored);
  }

  reserve(writer: BatchWriter, start: number, end: number): number {
    const column = this.#column;
    if (column === undefined || this.#lists.isEmpty) return end;
    return this.#lists.reserve(column, writer, start, end, (list, values) => {
      const index = writer.tryShareNumbers(values, this.#target.type === "double");
      if (index === -1) return false;
      const number = column.distinct + 1 + list;
      this.#tags[number] = 2;
      writeLong(this.#words, this.#longs, number, index);
      return true;
    });
  }

  copy(at: number, start: number, end: number): boolean {
    if (this.#column === undefined) return false;
    const { tags, words } = this.#target;
    const { rows } = this.#column;
    const [fromTags, fromWords] = [this.#tags, this.#words];
    const shift = at - start;
    let held = 0;
    for (let row = start; row < end; row += 1) {
      const number = rows === null ? 1 : rows[row]!;
      const to = row + shift;
      const tag = fromTags[number]!;
      held |= tag;
      tags[to] = tag;
      words[to * 2] = fromWords[number * 2]!;
      words[to * 2 + 1] = fromWords[number * 2 + 1]!;
    }
    return held !== 0;
  }
}
