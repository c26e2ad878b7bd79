/** The event fields that say which process an event belongs to, read out of a batch. */
import { type Batch, type Column, readLong } from "../event/batch.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";

/** What is read, by the name used here. */
const paths = {
  hostId: "host.id",
  eventType: "event.type",
  eventAction: "event.action",
  entityId: "process.entity_id",
  pid: "process.pid",
  name: "process.name",
  executable: "process.executable",
  commandLine: "process.command_line",
  ancestry: "process.Ext.ancestry",
  parentEntityId: "process.parent.entity_id",
  parentPid: "process.parent.pid",
  parentName: "process.parent.name",
  parentExecutable: "process.parent.executable",
  parentCommandLine: "process.parent.command_line",
} as const;

export type ProcessFieldName = keyof typeof paths;

const names = Object.keys(paths) as readonly ProcessFieldName[];

/** The fields of `schema` that the process table reads. */
export function interestFields(schema: Schema): FieldId[] {
  return names.flatMap((name) => schema.find(paths[name])?.id ?? []);
}

/** The column of a process field, where the batch has one. */
export function processColumn(
  schema: Schema,
  batch: Batch,
  name: ProcessFieldName,
): Column | undefined {
  const field = schema.find(paths[name]);
  return field === undefined ? undefined : batch.column(field.id);
}

/** Reads the process fields of one batch as text; numbers in decimal. */
export class ProcessReader {
  readonly batch: Batch;
  readonly #columns: Readonly<Record<ProcessFieldName, Column | undefined>>;

  constructor(schema: Schema, batch: Batch) {
    this.batch = batch;
    const columns = names.map((name) => [name, processColumn(schema, batch, name)] as const);
    this.#columns = Object.fromEntries(columns) as Record<ProcessFieldName, Column | undefined>;
  }

  /** The column of a field, where the batch has one. */
  column(name: ProcessFieldName): Column | undefined {
    return this.#columns[name];
  }

  /** The first value of a field, or null. */
  first(name: ProcessFieldName, row: number): string | null {
    const column = this.#columns[name];
    if (column === undefined) return null;
    if (column.kind === "reference") {
      const cell = column.cells[row]!;
      if (cell >= 0) return cell === 0 ? null : this.batch.strings.text(cell);
      return this.#referenceTexts(cell, 1)[0] ?? null;
    }
    if (column.kind === "records") return null;
    const tag = column.tags[row]!;
    if (tag === 0) return null;
    if (tag === 1) return String(readLong(column.words, column.longs, row));
    const start = Number(column.longs[row]!);
    const isEmpty = this.batch.pool64Longs[start]! === 0n;
    return isEmpty ? null : String(this.batch.pool64Longs[start + 1]!);
  }

  /** All values of a text field. */
  all(name: ProcessFieldName, row: number): readonly string[] {
    const column = this.#columns[name];
    if (column?.kind !== "reference") return [];
    return this.#referenceTexts(column.cells[row]!, Number.POSITIVE_INFINITY);
  }

  /** The texts behind a cell (layout.ts), at most `max`. */
  #referenceTexts(cell: number, max: number): readonly string[] {
    const { pool32, strings } = this.batch;
    if (cell === 0) return [];
    if (cell > 0) return [strings.text(cell)];
    const count = Math.min(pool32[-cell]!, max);
    return Array.from({ length: count }, (_, i) => strings.text(pool32[-cell + 1 + i]!));
  }
}
