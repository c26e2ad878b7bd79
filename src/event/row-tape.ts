/** Copies rows of cells from the tape on which a kernel leaves them (kernels/values.h) into a batch. */
import { assert } from "../base/assert.ts";
import { type Batch, recordKinds } from "./batch.ts";
import type { BatchWriter } from "./batch-writer.ts";

/** Words before a row's cells: their number with these, its order, mistyped values, its time. */
export const rowWords = { count: 0, order: 1, mistyped: 2, time: 3, cells: 5 } as const;

/** How a row's time compares with those before. */
export const rowOrders = { inOrder: 0, untimed: 1, late: 2 } as const;

const columnBits = 24;
const columnMask = 0xffffff;
const cellKinds = { reference: 0, number: 1, references: 2, numbers: 3 } as const;

/** Writes rows into one batch. */
export class RowTape {
  readonly batch: Batch;
  readonly #writer: BatchWriter;
  readonly #times: Int32Array;
  /** By index of the column: cells of references, or the words and tags of numbers. */
  readonly #cells: readonly Int32Array[];
  readonly #tags: readonly (Uint8Array | null)[];

  constructor(batch: Batch, writer: BatchWriter) {
    const { times, columns } = batch;
    this.batch = batch;
    this.#writer = writer;
    this.#times = new Int32Array(times.buffer, times.byteOffset, times.length * 2);
    this.#cells = columns.map((column) => {
      if (column.kind === "reference") return column.cells;
      return column.kind === "number" ? column.words : new Int32Array(0);
    });
    this.#tags = columns.map((column) => (column.kind === "number" ? column.tags : null));
  }

  /** Adds the row at `words[at]`; false, with nothing written, if a pool has no room for its lists. */
  add(words: Int32Array, at: number): boolean {
    const { batch } = this;
    const { used } = batch;
    const cells = this.#cells;
    const row = batch.count;
    const end = at + words[at]!;
    this.#writer.mark();
    for (let i = at + rowWords.cells; i < end; ) {
      const head = words[i]!;
      const column = head & columnMask;
      used[column] = 1;
      switch (head >>> columnBits) {
        case cellKinds.reference:
          cells[column]![row] = words[i + 1]!;
          i += 2;
          break;
        case cellKinds.number:
          cells[column]![row * 2] = words[i + 1]!;
          cells[column]![row * 2 + 1] = words[i + 2]!;
          this.#tags[column]![row] = 1;
          i += 3;
          break;
        default: {
          const next = this.#addList(head, words, i + 1, row);
          if (next < 0) {
            this.#undo(row);
            return false;
          }
          i = next;
        }
      }
    }
    batch.kinds[row] = recordKinds.event;
    this.#times[row * 2] = words[at + rowWords.time]!;
    this.#times[row * 2 + 1] = words[at + rowWords.time + 1]!;
    batch.count = row + 1;
    return true;
  }

  /** A list of which `words[at]` is the count; returns what follows it, or -1 where there is no room. */
  #addList(head: number, words: Int32Array, at: number, row: number): number {
    const column = head & columnMask;
    const count = words[at]!;
    if (head >>> columnBits === cellKinds.references) {
      const end = at + 1 + count;
      return this.#writer.tryTakeReferences(column, row, words, at + 1, end) ? end : -1;
    }
    assert(head >>> columnBits === cellKinds.numbers, "no such kind of cell");
    const end = at + 1 + count * 2;
    return this.#writer.tryTakeNumbers(column, row, words, at + 1, end) ? end : -1;
  }

  #undo(row: number): void {
    for (const column of this.batch.columns) {
      if (column.kind === "reference") column.cells[row] = 0;
      else if (column.kind === "number") column.tags[row] = 0;
    }
    this.#writer.release();
  }
}
