/** The event of one row, as the sequence engine sees it. One object serves all rows. */

import { formatIso } from "../base/time.ts";
import type { Batch } from "../event/batch.ts";
import { createReader, type ReadValues } from "../event/column-reader.ts";
import type { Scalar } from "../ir/value.ts";
import type { FieldId } from "../schema/type.ts";
import type { Captures, SequenceEvent } from "../sequence/contract.ts";

export class RowEvent implements SequenceEvent {
  /** Row of the batch at hand. */
  row: number = -1;
  order: number = -1;
  #timeNs: bigint | null = null;
  #batch: Batch | null = null;
  readonly #readers: Map<FieldId, ReadValues> = new Map();
  readonly #cellsOf: Map<FieldId, Int32Array | null> = new Map();
  #json: string | null = null;

  /** Points at a batch; `move` then chooses a row. */
  begin(batch: Batch): void {
    if (this.#batch !== batch) {
      this.#readers.clear();
      this.#cellsOf.clear();
    }
    this.#batch = batch;
    this.row = -1;
  }

  move(row: number, order: number): void {
    this.row = row;
    this.order = order;
    this.#timeNs = null;
    this.#json = null;
  }

  /** No event is at hand any more; `row`, or -1, was the last one that was seen. */
  leave(row: number): void {
    this.move(row, -1);
  }

  get timeNs(): bigint {
    this.#timeNs ??= this.#batch!.times[this.row]!;
    return this.#timeNs;
  }

  get generation(): number {
    return this.#batch!.strings.generation;
  }

  textId(field: FieldId): number {
    const cells = this.#cells(field);
    if (cells === null) return -1;
    const cell = cells[this.row]!;
    return cell >= 0 ? cell : -1;
  }

  values(field: FieldId): Scalar[] {
    const values: Scalar[] = [];
    this.#reader(field)(this.row, values);
    return values;
  }

  keyTexts(field: FieldId): readonly string[] {
    const values = this.values(field);
    const [only] = values;
    if (values.length === 1 && typeof only === "string") return [only];
    return values.map((value) =>
      typeof value === "bigint" && this.#isDate(field) ? formatIso(value) : String(value),
    );
  }

  capture(fields: readonly FieldId[]): Captures {
    const captures = new Map<FieldId, readonly Scalar[]>();
    for (const field of fields) {
      const values = this.values(field);
      if (values.length > 0) captures.set(field, values);
    }
    return captures;
  }

  evidence(): string {
    this.#json ??= this.#batch!.evidence.json(this.row);
    return this.#json;
  }

  /** The cells of a column of references, else null. */
  #cells(field: FieldId): Int32Array | null {
    let cells = this.#cellsOf.get(field);
    if (cells === undefined) {
      const column = this.#batch!.column(field);
      cells = column?.kind === "reference" ? column.cells : null;
      this.#cellsOf.set(field, cells);
    }
    return cells;
  }

  #isDate(field: FieldId): boolean {
    return this.#batch!.column(field)?.type === "date";
  }

  #reader(field: FieldId): ReadValues {
    const known = this.#readers.get(field);
    if (known !== undefined) return known;
    const reader = createReader(this.#batch!, this.#batch!.column(field));
    this.#readers.set(field, reader);
    return reader;
  }
}
