/** For tests: everything that a row of a batch says, as plain values. */
import type { Schema } from "../schema/schema.ts";
import type { Batch, Column, NumberColumn, ReferenceColumn } from "./batch.ts";

/** Values as the columns store them, texts for string ids, true and false for booleans. */
export type StoredValue = string | number | bigint | boolean;
export type RowContents = Record<string, StoredValue[] | Record<string, StoredValue[]>[]>;

/** The fields of a row that have values, by path; of an object list the records, by path below it. */
export function rowContents(batch: Batch, schema: Schema, row: number): RowContents {
  const contents: RowContents = {};
  for (const column of batch.columns) {
    const { path } = schema.field(column.field);
    if (column.kind !== "records") {
      const values = valuesOf(batch, column, row);
      if (values.length > 0) contents[path] = values;
      continue;
    }
    const start = column.starts[row]!;
    const children = Array.from({ length: column.counts[row]! }, (_, i) => start + i);
    if (children.length === 0) continue;
    contents[path] = children.map((child) => {
      const members = [...column.members].map(([field, member]) => {
        const name = schema.field(field).path.slice(path.length + 1);
        return [name, valuesOf(batch, member, child)] as const;
      });
      return Object.fromEntries(members.filter(([, values]) => values.length > 0));
    });
  }
  return contents;
}

function valuesOf(
  batch: Batch,
  column: Exclude<Column, { kind: "records" }>,
  row: number,
): StoredValue[] {
  return column.kind === "reference" ? references(batch, column, row) : numbers(batch, column, row);
}

function references(batch: Batch, column: ReferenceColumn, row: number): StoredValue[] {
  const cell = column.cells[row]!;
  if (cell === 0) return [];
  const ids =
    cell > 0 ? [cell] : [...batch.pool32.subarray(1 - cell, 1 - cell + batch.pool32[-cell]!)];
  return ids.map((id) => (column.type === "boolean" ? id === 2 : batch.strings.text(id)));
}

function numbers(batch: Batch, column: NumberColumn, row: number): StoredValue[] {
  const isDouble = column.type === "double";
  if (column.tags[row] === 0) return [];
  if (column.tags[row] === 1) return [isDouble ? column.doubles[row]! : column.longs[row]!];
  const index = Number(column.longs[row]!);
  const count = Number(batch.pool64Longs[index]!);
  const pool = isDouble ? batch.pool64Doubles : batch.pool64Longs;
  return [...pool.subarray(index + 1, index + 1 + count)];
}
