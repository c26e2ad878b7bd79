/** Test support: batches of process events, written straight into the columns. */
import { createBitmap, hasBit, setBit } from "../base/bitset.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Batch } from "../event/batch.ts";
import { createLayout } from "../event/layout.ts";
import { StringTable } from "../event/string-table.ts";
import { Schema } from "../schema/schema.ts";
import type { FieldDefinition, FieldId } from "../schema/type.ts";
import { LineageTracker } from "./lineage.ts";
import { interestFields } from "./process-fields.ts";
import type { ProcessRecord } from "./process-record.ts";
import { ProcessTable } from "./process-table.ts";

/** One event; what is left out is null. `hit` is the answer of the subquery. */
export interface ProcessEvent {
  readonly host?: string;
  readonly type?: readonly string[];
  readonly action?: string;
  readonly id?: string;
  readonly pid?: number;
  readonly name?: string;
  readonly executable?: string;
  readonly commandLine?: string;
  readonly parent?: string;
  readonly parentPid?: number;
  readonly parentName?: string;
  readonly ancestry?: readonly string[];
  readonly hit?: boolean;
}

/** What came out for one event. */
export interface EventAnswer {
  readonly child: boolean;
  readonly descendant: boolean;
  readonly event: boolean;
  readonly ancestry: readonly ProcessRecord[];
}

const keywords = [
  "host.id",
  "event.type",
  "event.action",
  "process.entity_id",
  "process.name",
  "process.executable",
  "process.command_line",
  "process.parent.entity_id",
  "process.parent.name",
  "process.Ext.ancestry",
];

const longs = ["process.pid", "process.parent.pid"];

export const processSchema: Schema = new Schema("test", []).extend([
  ...keywords.map((path) => definition(path, "keyword")),
  ...longs.map((path) => definition(path, "long")),
]);

/** A tracker that is fed list by list, one batch each. */
export class ProcessStream {
  readonly table: ProcessTable;
  /** The events that its observer was told of, with the ids of the processes that theirs may have inherited from. */
  readonly told: { readonly event: ProcessEvent; readonly sources: readonly string[] }[] = [];
  readonly #tracker: LineageTracker;
  readonly #schema: Schema;
  #strings = new StringTable(0);
  #events: readonly ProcessEvent[] = [];

  constructor(limits: Partial<Limits> = {}, schema: Schema = processSchema) {
    this.#schema = schema;
    this.table = new ProcessTable(schema, { ...defaultLimits, ...limits });
    this.#tracker = new LineageTracker(this.table, 2, (row, _process, sources) => {
      const event = this.#events[row]!;
      const ids = sources.map(({ entityId }) => entityId ?? "");
      this.told.push({ event, sources: ids });
    });
  }

  /** Goes on with another string table, which is emptied between batches once it is over `limitBytes`. */
  changeTexts(limitBytes: number): void {
    this.#strings = new StringTable(limitBytes);
  }

  /** The texts of all batches so far may be given up. */
  trimTexts(): void {
    this.#strings.trim();
  }

  /** The answers for each event of one batch; the subquery runs as number 1. */
  feed(events: readonly ProcessEvent[]): EventAnswer[] {
    this.#strings.trim();
    this.#events = events;
    const batch = createProcessBatch(events, this.#strings, this.#schema);
    this.#tracker.begin(batch);
    const hits = createBitmap(batch.layout.capacity);
    for (const [row, event] of events.entries()) if (event.hit === true) setBit(hits, row);
    const answers = this.#tracker.run(1, hits);
    return events.map((_, row) => ({
      child: answers !== null && hasBit(answers.child, row),
      descendant: answers !== null && hasBit(answers.descendant, row),
      event: answers !== null && hasBit(answers.event, row),
      ancestry: this.table.ancestryOf(row, 5),
    }));
  }
}

/** The letters of the relations that hold, as `cde`. */
export function letters(answer: EventAnswer): string {
  return `${answer.child ? "c" : ""}${answer.descendant ? "d" : ""}${answer.event ? "e" : ""}`;
}

function createProcessBatch(
  events: readonly ProcessEvent[],
  strings: StringTable,
  schema: Schema,
): Batch {
  const limits = { ...defaultLimits, batchEvents: 64, batchListCells: 4096, listValues: 16 };
  const layout = createLayout(schema, interestFields(schema), limits);
  const batch = new Batch(layout, strings, { json: () => "{}" });
  batch.count = events.length;
  let cell = 1;
  for (const [row, event] of events.entries()) {
    const put = (path: string, texts: readonly (string | undefined)[]): void => {
      const ids = texts.flatMap((text) => (text === undefined ? [] : [strings.intern(text)]));
      cell = putTexts(batch, path, row, ids, cell);
    };
    put("host.id", [event.host]);
    put("event.type", event.type ?? []);
    put("event.action", [event.action]);
    put("process.entity_id", [event.id]);
    put("process.name", [event.name]);
    put("process.executable", [event.executable]);
    put("process.command_line", [event.commandLine]);
    put("process.parent.entity_id", [event.parent]);
    put("process.parent.name", [event.parentName]);
    put("process.Ext.ancestry", event.ancestry ?? []);
    putPid(batch, strings, "process.pid", row, event.pid);
    putPid(batch, strings, "process.parent.pid", row, event.parentPid);
  }
  return batch;
}

/** Writes texts by their ids, as numbers where the field has numbers; returns the next free cell of the list pool. */
function putTexts(
  batch: Batch,
  path: string,
  row: number,
  ids: readonly number[],
  cell: number,
): number {
  const column = batch.column(fieldId(path));
  if (column?.kind === "number" && ids.length > 0) {
    column.tags[row] = 1;
    column.longs[row] = BigInt(batch.strings.text(ids[0]!));
  }
  if (column?.kind !== "reference") return cell;
  if (ids.length < 2) {
    column.cells[row] = ids[0] ?? 0;
    return cell;
  }
  column.cells[row] = -cell;
  batch.pool32.set([ids.length, ...ids], cell);
  return cell + ids.length + 1;
}

/** Writes a pid, as a text where the field has texts. */
function putPid(
  batch: Batch,
  strings: StringTable,
  path: string,
  row: number,
  value: number | undefined,
): void {
  const column = batch.column(fieldId(path));
  if (column === undefined || value === undefined) return;
  if (column.kind === "reference") column.cells[row] = strings.intern(String(value));
  if (column.kind !== "number") return;
  column.tags[row] = 1;
  column.longs[row] = BigInt(value);
}

/** The same in all schemas here. */
function fieldId(path: string): FieldId {
  const field = processSchema.find(path);
  if (field === undefined) throw new RangeError(`no field ${path}`);
  return field.id;
}

/** A field of a schema for these tests. */
export function definition(path: string, type: "keyword" | "long"): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "built-in" };
}
