/** Writes collected rows into a batch, in the format of layout.ts. A list's count in pool64 is an i64. */
import { assert } from "../base/assert.ts";
import type { Batch, NumberColumn, RecordsColumn, ReferenceColumn } from "./batch.ts";
import type { CollectedRecords, CollectedRow, CollectedValues } from "./collected-row.ts";

/** How far what the rows of a batch share is filled. */
export interface BatchExtents {
  /** Cells in use from the start of each pool. */
  readonly pool32: number;
  readonly pool64: number;
  /** Child rows in use, by index of the layout's column. */
  readonly childRows: readonly number[];
}

/** The fill of one batch: where the next row, list and child row go. */
export class BatchWriter {
  /** How often the batch was emptied: cells of the pools are valid for one such time. */
  fills: number = 0;
  readonly #batch: Batch;
  readonly #pool64Words: Int32Array;
  /** Next free cells; cell 0 of pool32 stays unused. */
  #pool32 = 1;
  #pool64 = 0;
  #marked32 = 1;
  #marked64 = 0;
  /** Child rows in use, by index of the layout's column. */
  readonly #childRows: number[];

  constructor(batch: Batch) {
    const { buffer, byteOffset, length } = batch.pool64Longs;
    this.#batch = batch;
    this.#pool64Words = new Int32Array(buffer, byteOffset, length * 2);
    this.#childRows = batch.columns.map(() => 0);
  }

  /** Empties the batch. */
  reset(): void {
    this.#batch.clear();
    this.fills += 1;
    this.#pool32 = 1;
    this.#pool64 = 0;
    this.#childRows.fill(0);
  }

  /** Remembers how far the pools are filled, for `release`. */
  mark(): void {
    this.#marked32 = this.#pool32;
    this.#marked64 = this.#pool64;
  }

  /** Gives back what was taken from the pools since `mark`. */
  release(): void {
    this.#pool32 = this.#marked32;
    this.#pool64 = this.#marked64;
  }

  /**
   * Writes the references `words[start, end)`, two or more, to a row that is not counted yet; false if the
   * pool has no room.
   */
  tryTakeReferences(
    columnIndex: number,
    index: number,
    words: Int32Array,
    start: number,
    end: number,
  ): boolean {
    const { pool32, columns, layout } = this.#batch;
    const column = columns[columnIndex]!;
    assert(column.kind === "reference", "the column holds no references");
    const at = this.#pool32;
    if (at + 1 + end - start > layout.pool32Cells) return false;
    column.cells[index] = -at;
    pool32[at] = end - start;
    for (let i = start; i < end; i += 1) pool32[at + 1 + i - start] = words[i]!;
    this.#pool32 += 1 + end - start;
    return true;
  }

  /** The same for numbers in the form of the column, of two words (low, high) each. */
  tryTakeNumbers(
    columnIndex: number,
    index: number,
    words: Int32Array,
    start: number,
    end: number,
  ): boolean {
    const { pool64Longs, columns, layout } = this.#batch;
    const column = columns[columnIndex]!;
    assert(column.kind === "number", "the column holds no numbers");
    const at = this.#pool64;
    const count = (end - start) >> 1;
    if (at + 1 + count > layout.pool64Cells) return false;
    column.tags[index] = 2;
    writeLong(column.words, column.longs, index, at);
    writeLong(this.#pool64Words, pool64Longs, at, count);
    for (let i = start; i < end; i += 1) this.#pool64Words[at * 2 + 2 + i - start] = words[i]!;
    this.#pool64 += 1 + count;
    return true;
  }

  /** Writes one stored value of a plain field to a row that is not counted yet. */
  writeOne(columnIndex: number, index: number, value: number | bigint): void {
    const batch = this.#batch;
    const column = batch.columns[columnIndex]!;
    batch.used[columnIndex] = 1;
    if (column.kind === "reference") column.cells[index] = Number(value);
    else if (column.kind === "number") {
      column.tags[index] = 1;
      if (column.type === "double") column.doubles[index] = Number(value);
      else writeLong(column.words, column.longs, index, value);
    }
  }

  /** Writes a list of references for any number of rows to share; its cell, or 0 where there is no room. */
  tryShareReferences(values: readonly number[]): number {
    const start = this.#pool32;
    const { pool32, layout } = this.#batch;
    if (start + values.length + 1 > layout.pool32Cells) return 0;
    pool32[start] = values.length;
    for (let i = 0; i < values.length; i += 1) pool32[start + 1 + i] = values[i]!;
    this.#pool32 += values.length + 1;
    return -start;
  }

  /** Writes a list of numbers likewise; its index in pool64, or -1 where there is no room. */
  tryShareNumbers(values: readonly (number | bigint)[], isDouble: boolean): number {
    const start = this.#pool64;
    const { pool64Longs, pool64Doubles, layout } = this.#batch;
    if (start + values.length + 1 > layout.pool64Cells) return -1;
    writeLong(this.#pool64Words, pool64Longs, start, values.length);
    for (const [i, value] of values.entries()) {
      if (isDouble) pool64Doubles[start + 1 + i] = Number(value);
      else writeLong(this.#pool64Words, pool64Longs, start + 1 + i, value);
    }
    this.#pool64 += values.length + 1;
    return start;
  }

  get extents(): BatchExtents {
    return { pool32: this.#pool32, pool64: this.#pool64, childRows: [...this.#childRows] };
  }

  get isFull(): boolean {
    return this.#batch.count >= this.#batch.layout.capacity;
  }

  /**
   * Adds a row; false, with nothing written, if there is no room for it. A row that is too large for
   * pools that nothing else uses is written all the same: its lists are cut to what they hold.
   */
  tryWrite(row: CollectedRow, kind: number, timeNs: bigint): boolean {
    if (this.isFull) return false;
    if (!this.#hasRoom(row)) {
      if (!this.#isUnused()) return false;
      this.#cut(row);
    }
    const batch = this.#batch;
    const index = batch.count;
    batch.kinds[index] = kind;
    batch.times[index] = timeNs;
    for (let i = 0; i < batch.columns.length; i += 1) {
      const column = batch.columns[i]!;
      const isRecords = column.kind === "records";
      if ((isRecords ? row.records[i]!.count : row.values[i]!.values.length) === 0) continue;
      batch.used[i] = 1;
      if (isRecords) this.#writeRecords(column, i, index, row.records[i]!);
      else this.#writeCell(column, index, row.values[i]!);
    }
    batch.count = index + 1;
    return true;
  }

  #isUnused(): boolean {
    return this.#pool32 === 1 && this.#pool64 === 0 && this.#childRows.every((used) => used === 0);
  }

  #hasRoom(row: CollectedRow): boolean {
    const { layout } = this.#batch;
    let cells32 = this.#pool32;
    let cells64 = this.#pool64;
    let fits = true;
    this.#eachList(row, ({ values }, isNumber) => {
      if (isNumber) cells64 += values.length + 1;
      else cells32 += values.length + 1;
    });
    for (let i = 0; i < layout.columns.length; i += 1) {
      const column = layout.columns[i]!;
      if (column.kind !== "records") continue;
      if (this.#childRows[i]! + row.records[i]!.count > column.childRows) fits = false;
    }
    return fits && cells32 <= layout.pool32Cells && cells64 <= layout.pool64Cells;
  }

  /** Shortens lists, the last ones first, until the row fits into an empty batch. */
  #cut(row: CollectedRow): void {
    const { layout } = this.#batch;
    let cells32 = layout.pool32Cells - 1;
    let cells64 = layout.pool64Cells;
    this.#eachList(row, (collected, isNumber) => {
      const { values } = collected;
      const room = (isNumber ? cells64 : cells32) - 1;
      if (values.length > room) {
        collected.isCut = true;
        // One value needs no cells of a pool.
        values.length = Math.max(1, room);
        if (values.length === 1) return;
      }
      if (isNumber) cells64 -= values.length + 1;
      else cells32 -= values.length + 1;
    });
    for (let i = 0; i < layout.columns.length; i += 1) {
      const column = layout.columns[i]!;
      if (column.kind !== "records" || row.records[i]!.count <= column.childRows) continue;
      row.records[i]!.count = column.childRows;
      row.records[i]!.isCut = true;
    }
  }

  /** Visits every field's values that need cells of a pool, in the order of the columns. */
  #eachList(row: CollectedRow, visit: (values: CollectedValues, isNumber: boolean) => void): void {
    const { columns } = this.#batch.layout;
    for (let i = 0; i < columns.length; i += 1) {
      const column = columns[i]!;
      if (column.kind !== "records") {
        const collected = row.values[i]!;
        if (collected.values.length > 1) visit(collected, column.kind === "number");
        continue;
      }
      const { rows, count } = row.records[i]!;
      for (let child = 0; child < count; child += 1) {
        for (let member = 0; member < column.members.length; member += 1) {
          const collected = rows[child]![member]!;
          const isNumber = column.members[member]!.kind === "number";
          if (collected.values.length > 1) visit(collected, isNumber);
        }
      }
    }
  }

  #writeRecords(
    column: RecordsColumn,
    columnIndex: number,
    index: number,
    records: CollectedRecords,
  ): void {
    const start = this.#childRows[columnIndex]!;
    column.starts[index] = start;
    column.counts[index] = records.count;
    this.#childRows[columnIndex] = start + records.count;
    for (let child = 0; child < records.count; child += 1) {
      let member = 0;
      for (const memberColumn of column.members.values()) {
        this.#writeCell(memberColumn, start + child, records.rows[child]![member]!);
        member += 1;
      }
    }
  }

  #writeCell(
    column: ReferenceColumn | NumberColumn,
    index: number,
    { values }: CollectedValues,
  ): void {
    if (column.kind === "reference") this.#writeReference(column, index, values);
    else this.#writeNumber(column, index, values);
  }

  #writeReference(
    column: ReferenceColumn,
    index: number,
    values: readonly (number | bigint)[],
  ): void {
    if (values.length <= 1) {
      column.cells[index] = Number(values[0] ?? 0);
      return;
    }
    const { pool32 } = this.#batch;
    column.cells[index] = -this.#pool32;
    pool32[this.#pool32] = values.length;
    for (let i = 0; i < values.length; i += 1) pool32[this.#pool32 + 1 + i] = Number(values[i]!);
    this.#pool32 += values.length + 1;
  }

  #writeNumber(column: NumberColumn, index: number, values: readonly (number | bigint)[]): void {
    const isDouble = column.type === "double";
    const { tags, doubles, words, longs } = column;
    if (values.length <= 1) {
      tags[index] = values.length;
      const value = values[0] ?? 0;
      if (isDouble) doubles[index] = Number(value);
      else writeLong(words, longs, index, value);
      return;
    }
    const { pool64Longs, pool64Doubles } = this.#batch;
    tags[index] = 2;
    writeLong(words, longs, index, this.#pool64);
    writeLong(this.#pool64Words, pool64Longs, this.#pool64, values.length);
    for (let i = 0; i < values.length; i += 1) {
      const cell = this.#pool64 + 1 + i;
      if (isDouble) pool64Doubles[cell] = Number(values[i]!);
      else writeLong(this.#pool64Words, pool64Longs, cell, values[i]!);
    }
    this.#pool64 += values.length + 1;
  }
}

/** Writes a 64-bit integer: as two words (low, high) where it is a number, which is safe. */
export function writeLong(
  words: Int32Array,
  longs: BigInt64Array,
  index: number,
  value: number | bigint,
): void {
  if (typeof value === "bigint") longs[index] = value;
  else {
    assert(Number.isSafeInteger(value), "a long in number form must be a safe integer");
    words[index * 2] = value;
    words[index * 2 + 1] = Math.floor(value / 0x100000000);
  }
}
