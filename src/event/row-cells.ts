/** Where the values of the row being scanned go, and what was stored last. */
import type { Batch } from "./batch.ts";
import type { BatchFill } from "./decode.ts";
import { type Member, memoKinds } from "./line-shape.ts";
import type { PathNode } from "./path-tree.ts";

export class RowCells {
  row: number = 0;
  /** Whether an array is being read: its values are gathered in `list`. */
  inList: boolean = false;
  readonly list: (number | bigint)[] = [];
  /** What the last value was stored as, of those that may be remembered. */
  putKind: number = memoKinds.none;
  putValue: number = 0;
  #batch: Batch | null = null;
  #fill: BatchFill | null = null;
  /** Cells of the batch's columns of references, by index of the column. */
  #cells: readonly (Int32Array | null)[] = [];
  #used: Uint8Array = new Uint8Array(0);

  /** Begins the next row of the batch. */
  begin(batch: Batch, fill: BatchFill): void {
    if (batch !== this.#batch) this.#take(batch);
    this.#fill = fill;
    this.row = batch.count;
    this.inList = false;
    fill.writer.mark();
  }

  #take(batch: Batch): void {
    this.#batch = batch;
    this.#used = batch.used;
    this.#cells = batch.columns.map((column) =>
      column.kind === "reference" ? column.cells : null,
    );
  }

  /** Takes back what was stored in the row. */
  undo(): void {
    for (const column of this.#batch!.columns) {
      if (column.kind === "reference") column.cells[this.row] = 0;
      else if (column.kind === "number") column.tags[this.row] = 0;
    }
    this.#fill!.writer.release();
  }

  /** Stores one number of a place. */
  put(node: PathNode, value: number | bigint): void {
    if (this.inList) {
      this.list.push(value);
      return;
    }
    if (node.column < 0) return;
    this.#fill!.writer.writeOne(node.column, this.row, value);
    if (typeof value !== "number") return;
    this.putKind = memoKinds.number;
    this.putValue = value;
  }

  /** Stores one reference of a place. */
  putReference(node: PathNode, value: number): void {
    if (this.inList) {
      this.list.push(value);
      return;
    }
    const { column } = node;
    this.#cells[column]![this.row] = value;
    this.#used[column] = 1;
    this.putKind = memoKinds.reference;
    this.putValue = value;
  }

  /** Stores the array that was read, of at least one value; false if there is no room for it. */
  putList(node: PathNode): boolean {
    const { list } = this;
    const isReference = this.#cells[node.column] != null;
    if (list.length === 1) {
      const value = list[0]!;
      if (isReference) this.putReference(node, Number(value));
      else this.put(node, value);
      return true;
    }
    if (isReference) this.putKind = memoKinds.references;
    return this.#fill!.writer.tryWriteList(node.column, this.row, list);
  }

  /** Stores a member's last value once more; false if there is no room for it. */
  repeat(member: Member, node: PathNode): boolean {
    const { column } = node;
    if (member.memoKind === memoKinds.reference) {
      this.#cells[column]![this.row] = member.memoValue;
      this.#used[column] = 1;
      return true;
    }
    const { writer } = this.#fill!;
    if (member.memoKind === memoKinds.references) {
      return writer.tryWriteList(column, this.row, member.memoList);
    }
    writer.writeOne(column, this.row, member.memoValue);
    return true;
  }

  /** Lets a member remember the value stored last, whose text is `[start, end)`. */
  remember(member: Member, start: number, end: number, epoch: number): void {
    member.memoKind = this.putKind;
    member.memoValue = this.putValue;
    if (this.putKind === memoKinds.references) member.memoList = this.list.slice() as number[];
    member.remember(start, end, epoch);
  }
}
