/** Reads the values of a field of one event out of a batch. */
import { type Batch, type Column, readLong } from "./batch.ts";

/** A value as predicates see it; dates are ns since the epoch as bigint, longs a bigint only where a
 * number would not be exact. */
export type CellValue = string | number | bigint | boolean;

/** Appends the values of `row` to `into`. */
export type ReadValues = (row: number, into: CellValue[]) => void;

/** A reader for one column of a batch; a missing column has no values. */
export function createReader(batch: Batch, column: Column | undefined): ReadValues {
  if (column === undefined || column.kind === "records") return () => {};
  return column.kind === "reference" ? referenceReader(batch, column) : numberReader(batch, column);
}

function referenceReader(batch: Batch, column: Extract<Column, { kind: "reference" }>): ReadValues {
  const { cells } = column;
  const { pool32, strings } = batch;

  const decode = (cell: number): CellValue =>
    column.type === "boolean" ? cell === 2 : strings.text(cell);
  return (row, into) => {
    const cell = cells[row]!;
    if (cell === 0) return;
    if (cell > 0) {
      into.push(decode(cell));
      return;
    }
    const count = pool32[-cell]!;
    for (let i = 1; i <= count; i += 1) into.push(decode(pool32[-cell + i]!));
  };
}

function numberReader(batch: Batch, column: Extract<Column, { kind: "number" }>): ReadValues {
  const { tags, longs, doubles, words } = column;
  const poolWords = new Int32Array(
    batch.pool64Longs.buffer,
    batch.pool64Longs.byteOffset,
    batch.pool64Longs.length * 2,
  );
  const one = (row: number): CellValue => {
    if (column.type === "double") return doubles[row]!;
    return column.type === "date" ? longs[row]! : readLong(words, longs, row);
  };
  const pooled = (index: number): CellValue => {
    if (column.type === "double") return batch.pool64Doubles[index]!;
    if (column.type === "date") return batch.pool64Longs[index]!;
    return readLong(poolWords, batch.pool64Longs, index);
  };
  return (row, into) => {
    const tag = tags[row]!;
    if (tag === 0) return;
    if (tag === 1) {
      into.push(one(row));
      return;
    }
    const start = Number(longs[row]!);
    const count = Number(batch.pool64Longs[start]!);
    for (let i = 1; i <= count; i += 1) into.push(pooled(start + i));
  };
}
