/** The event of one row, as the sequence engine sees it. One object serves all rows. */

import { formatIso } from "../base/time.ts";
import type { Batch, NumberColumn, ReferenceColumn } from "../event/batch.ts";
import { createReader, type ReadValues } from "../event/column-reader.ts";
import type { Scalar } from "../ir/value.ts";
import type { FieldId } from "../schema/type.ts";
import type { Captures, SequenceEvent } from "../sequence/contract.ts";

type KeyColumn = ReferenceColumn | NumberColumn;

function isLong(column: NumberColumn): boolean {
  return column.type === "long";
}

export class RowEvent implements SequenceEvent {
  /** Row of the batch at hand. */
  row: number = -1;
  order: number = -1;
  #timeNs: bigint | null = null;
  #batch: Batch | null = null;
  readonly #readers: Map<FieldId, ReadValues> = new Map();
  readonly #keyColumns: Map<FieldId, KeyColumn | null> = new Map();
  #json: string | null = null;

  /** Points at a batch; `move` then chooses a row. */
  begin(batch: Batch): void {
    if (this.#batch !== batch) {
      this.#readers.clear();
      this.#keyColumns.clear();
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
    const column = this.#keyColumn(field);
    if (column === null) return -1;
    if (column.kind === "reference") return Math.max(column.cells[this.row]!, -1);
    const tag = column.tags[this.row]!;
    if (tag === 0) return 0;
    const isSmall = column.words[this.row * 2 + 1] === 0 && column.words[this.row * 2]! >= 0;
    return tag === 1 && isSmall ? column.words[this.row * 2]! + 1 : -1;
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

  /** The column of a field that has its values, or their ids, in its cells; else null. */
  #keyColumn(field: FieldId): KeyColumn | null {
    let column = this.#keyColumns.get(field);
    if (column === undefined) {
      const found = this.#batch!.column(field);
      const isKey = found?.kind === "reference" || (found?.kind === "number" && isLong(found));
      column = isKey ? found : null;
      this.#keyColumns.set(field, column);
    }
    return column;
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
