/** Copies what a batch holds into another of the same layout, column by column. */
import { assert } from "../base/assert.ts";
import type { Batch, NumberColumn, ReferenceColumn } from "./batch.ts";
import type { BatchExtents } from "./batch-writer.ts";

/**
 * Makes `to` hold the rows of `from`, whose pools and child tables are filled up to `extents`; its texts
 * and evidence stay its own. Columns that no row uses are not touched.
 */
export function copyBatch(from: Batch, to: Batch, extents: BatchExtents): void {
  const { count } = from;
  assert(from.columns.length === to.columns.length, "the batches have different layouts");
  to.clear();
  to.kinds.set(from.kinds.subarray(0, count));
  to.times.set(from.times.subarray(0, count));
  to.pool32.set(from.pool32.subarray(0, extents.pool32));
  to.pool64Longs.set(from.pool64Longs.subarray(0, extents.pool64));
  for (let index = 0; index < from.columns.length; index += 1) {
    if (from.used[index] === 1) copyColumn(from, to, index, extents.childRows[index]!);
  }
  to.used.set(from.used);
  for (const [row, gap] of from.gaps) to.gaps.set(row, gap);
  to.count = count;
}

function copyColumn(from: Batch, to: Batch, index: number, childRows: number): void {
  const source = from.columns[index]!;
  const target = to.columns[index]!;
  if (source.kind !== "records" || target.kind !== "records") {
    copyValues(source as ReferenceColumn, target as ReferenceColumn, from.count);
    return;
  }
  target.starts.set(source.starts.subarray(0, from.count));
  target.counts.set(source.counts.subarray(0, from.count));
  for (const [field, member] of source.members) {
    copyValues(member, target.members.get(field)!, childRows);
  }
}

function copyValues(
  source: ReferenceColumn | NumberColumn,
  target: ReferenceColumn | NumberColumn,
  rows: number,
): void {
  if (source.kind === "reference" && target.kind === "reference") {
    target.cells.set(source.cells.subarray(0, rows));
  } else if (source.kind === "number" && target.kind === "number") {
    target.tags.set(source.tags.subarray(0, rows));
    target.longs.set(source.longs.subarray(0, rows));
  }
}
