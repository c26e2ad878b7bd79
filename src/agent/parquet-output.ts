/**
 * Records as a Parquet file for analysis: the time, the kind, the event as JSON, and a column for each
 * plain field of the schema, named by its path and typed as rules see it. A field that usually holds
 * several values is a list; of any other the first value is taken.
 */
import { type ColumnSource, fileWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { assert } from "../base/assert.ts";
import type { Limits } from "../base/limits.ts";
import type { SortedRecord } from "../collect/jsonl/sorted-records.ts";
import { Batch } from "../event/batch.ts";
import { type CellValue, createReader, type ReadValues } from "../event/column-reader.ts";
import { EventDecoder } from "../event/decode.ts";
import { createLayout, listOf } from "../event/layout.ts";
import { StringTable } from "../event/string-table.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Schema } from "../schema/schema.ts";
import type { Field } from "../schema/type.ts";
import type { RecordOutput } from "./convert.ts";

/** Rows of a row group. */
const groupRows = 65_536;

interface FieldColumn {
  readonly field: Field;
  readonly read: ReadValues;
  data: unknown[];
}

export class ParquetOutput implements RecordOutput {
  readonly #writer: ParquetWriter;
  readonly #decoder: EventDecoder;
  readonly #batch: Batch;
  readonly #redactor: Redactor | undefined;
  readonly #columns: readonly FieldColumn[];
  #times: bigint[] = [];
  #kinds: string[] = [];
  #events: string[] = [];

  constructor(path: string, schema: Schema, limits: Limits, redactor: Redactor | undefined) {
    const fields = schema.fields.filter(
      (field) => field.type !== "object-list" && listOf(schema, field) === undefined,
    );
    const layout = createLayout(
      schema,
      fields.map(({ id }) => id),
      limits,
    );
    this.#decoder = new EventDecoder({ schema, layout, limits });
    this.#batch = new Batch(layout, new StringTable(limits.stringTableBytes), { json: () => "" });
    this.#redactor = redactor;
    this.#columns = fields.map((field) => ({
      field,
      read: createReader(this.#batch, this.#batch.column(field.id)),
      data: [],
    }));
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema: [
        { name: "root", num_children: fields.length + 3 },
        { name: "kestrel.time", repetition_type: "REQUIRED", ...elementTypes.date },
        { name: "kestrel.kind", repetition_type: "REQUIRED", ...elementTypes.keyword },
        { name: "kestrel.json", repetition_type: "REQUIRED", ...text },
        ...fields.flatMap(elementsOf),
      ],
    });
  }

  write(records: readonly SortedRecord[]): void {
    for (const { record, timeNs } of records) {
      const written = this.#redactor?.redact(record) ?? record;
      this.#decoder.reset(this.#batch);
      this.#batch.strings.trim();
      assert(this.#decoder.append(this.#batch, written, timeNs), "an empty batch has room");
      this.#times.push(timeNs);
      this.#kinds.push(record.kind);
      this.#events.push(written.json);
      for (const column of this.#columns) column.data.push(cellOf(column));
    }
    if (this.#times.length >= groupRows) this.#flush();
  }

  close(): void {
    if (this.#times.length > 0) this.#flush();
    // The file's writer is synchronous, so nothing is waited for.
    void this.#writer.finish();
  }

  #flush(): void {
    const columnData: ColumnSource[] = [
      { name: "kestrel.time", data: this.#times },
      { name: "kestrel.kind", data: this.#kinds },
      { name: "kestrel.json", data: this.#events },
      ...this.#columns.map(({ field, data }) => ({ name: field.path, data })),
    ];
    void this.#writer.write({ columnData, rowGroupSize: this.#times.length });
    this.#times = [];
    this.#kinds = [];
    this.#events = [];
    for (const column of this.#columns) column.data = [];
  }
}

function cellOf({ field, read }: FieldColumn): unknown {
  const values: CellValue[] = [];
  read(0, values);
  const typed = field.type === "long" ? values.map((value) => BigInt(value as number)) : values;
  if (field.multiple) return typed.length === 0 ? undefined : typed;
  return typed[0];
}

type ElementType = Omit<SchemaElement, "name" | "repetition_type">;

const text: ElementType = { type: "BYTE_ARRAY", converted_type: "UTF8" };

const elementTypes: Readonly<Record<Exclude<Field["type"], "object-list">, ElementType>> = {
  keyword: text,
  version: text,
  ip: text,
  boolean: { type: "BOOLEAN" },
  long: { type: "INT64" },
  double: { type: "DOUBLE" },
  date: {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" },
  },
};

function elementsOf({ path: name, type, multiple }: Field): SchemaElement[] {
  if (type === "object-list") return [];
  const element = elementTypes[type];
  if (!multiple) return [{ name, repetition_type: "OPTIONAL", ...element }];
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...element },
  ];
}
