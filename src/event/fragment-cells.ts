/** The cells of a piece of text that events share: read out of a row once, put into many. */
import { type Batch, type NumberColumn, type ReferenceColumn, readLong } from "./batch.ts";
import type { BatchWriter } from "./batch-writer.ts";

/** A list, and where it lies in the pool of the batch at hand. */
interface ListCell {
  readonly column: number;
  readonly isReference: boolean;
  readonly values: readonly (number | bigint)[];
  /** Of a list of references its cell, of one of numbers its index in the pool. */
  place: number;
}

export class FragmentCells {
  /** Who read them; ids and columns mean something to nobody else. */
  readonly owner: object;
  /** Of the string table that the ids are of. */
  readonly generation: number;
  /** Whether the row's values can be put back as they were: lists of records can't. */
  readonly isFit: boolean;
  readonly #columns: number[] = [];
  readonly #cells: number[] = [];
  readonly #numberColumns: number[] = [];
  /** Low and high word of each number, whatever its type. */
  readonly #numberWords: number[] = [];
  readonly #lists: ListCell[] = [];
  /** The fill of the owner's batch for which all is prepared. */
  #fills: number = -1;

  /** Takes the values out of the row, which is empty then. */
  constructor(owner: object, batch: Batch, row: number) {
    this.owner = owner;
    this.generation = batch.strings.generation;
    let isFit = true;
    const { columns, used } = batch;
    for (let index = 0; index < columns.length; index += 1) {
      if (used[index] === 0) continue;
      const column = columns[index]!;
      if (column.kind === "reference") this.#takeReference(batch, index, column, row);
      else if (column.kind === "number") this.#takeNumber(batch, index, column, row);
      else if (column.counts[row] !== 0) {
        column.counts[row] = 0;
        isFit = false;
      }
    }
    this.isFit = isFit;
  }

  /** Makes sure that `put` can follow for rows of this fill of the batch; false where the pools have no room. */
  prepare(batch: Batch, writer: BatchWriter): boolean {
    if (this.#fills === writer.fills) return true;
    for (const list of this.#lists) {
      const { isReference, values, column } = list;
      if (isReference) {
        list.place = writer.tryShareReferences(values as readonly number[]);
        if (list.place === 0) return false;
      } else {
        const target = batch.columns[column]!;
        list.place = writer.tryShareNumbers(values, target.type === "double");
        if (list.place === -1) return false;
      }
      batch.used[column] = 1;
    }
    for (const column of this.#columns) batch.used[column] = 1;
    for (const column of this.#numberColumns) batch.used[column] = 1;
    this.#fills = writer.fills;
    return true;
  }

  /** Puts the values into a row whose cells at these places are empty. */
  put(batch: Batch, row: number): void {
    const { columns } = batch;
    for (let i = 0; i < this.#columns.length; i += 1) {
      (columns[this.#columns[i]!] as ReferenceColumn).cells[row] = this.#cells[i]!;
    }
    for (let i = 0; i < this.#numberColumns.length; i += 1) {
      const { tags, words } = columns[this.#numberColumns[i]!] as NumberColumn;
      tags[row] = 1;
      words[row * 2] = this.#numberWords[i * 2]!;
      words[row * 2 + 1] = this.#numberWords[i * 2 + 1]!;
    }
    for (const { column, isReference, place } of this.#lists) {
      if (isReference) {
        (columns[column] as ReferenceColumn).cells[row] = place;
        continue;
      }
      const { tags, words } = columns[column] as NumberColumn;
      tags[row] = 2;
      words[row * 2] = place;
      words[row * 2 + 1] = 0;
    }
  }

  #takeReference(batch: Batch, index: number, { cells }: ReferenceColumn, row: number): void {
    const cell = cells[row]!;
    if (cell === 0) return;
    cells[row] = 0;
    if (cell > 0) {
      this.#columns.push(index);
      this.#cells.push(cell);
      return;
    }
    const count = batch.pool32[-cell]!;
    const values = [...batch.pool32.subarray(1 - cell, 1 - cell + count)];
    this.#lists.push({ column: index, isReference: true, values, place: 0 });
  }

  #takeNumber(batch: Batch, index: number, column: NumberColumn, row: number): void {
    const { tags, words } = column;
    const tag = tags[row]!;
    if (tag === 0) return;
    tags[row] = 0;
    if (tag === 1) {
      this.#numberColumns.push(index);
      this.#numberWords.push(words[row * 2]!, words[row * 2 + 1]!);
      return;
    }
    const { pool64Longs, pool64Doubles } = batch;
    const start = words[row * 2]!;
    const pool64Words = new Int32Array(pool64Longs.buffer, pool64Longs.byteOffset);
    const values: (number | bigint)[] = [];
    const count = Number(pool64Longs[start]!);
    for (let i = start + 1; i <= start + count; i += 1) {
      const isDouble = column.type === "double";
      values.push(isDouble ? pool64Doubles[i]! : readLong(pool64Words, pool64Longs, i));
    }
    this.#lists.push({ column: index, isReference: false, values, place: -1 });
  }
}
