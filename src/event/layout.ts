/**
 * The byte layout of an event batch: one linear memory, columns side by side, so that TypeScript
 * (typed arrays), Wasm (imported memory) and LuaJIT (a pointer) read it without copying.
 *
 * ```
 * kind     u8  [capacity]   0 event, 1 gap, 2 heartbeat
 * time     i64 [capacity]   ns since the epoch, in final order
 * columns  one per field of the interest:
 *   reference (keyword, ip, version: string id; boolean: 1 false, 2 true)
 *            i32 [rows]     0 null; > 0 the value; < 0 a list at pool32[-cell]: count, then values
 *   number   u8  [rows]     tag: 0 null, 1 one value, 2 a list
 *   (long, date: i64; double: f64)
 *            8 B [rows]     the value, or as i64 the index in pool64 of: count, then values
 *   records  (object-list)
 *            i32 [rows]     first child row
 *            i32 [rows]     number of child rows
 *            and the members' columns, whose rows are child rows
 * pool32   i32 [listCells]  cell 0 is never used
 * pool64   8 B [listCells / 4]
 * ```
 *
 * Every array starts at a multiple of 16 bytes.
 */
import type { Limits } from "../base/limits.ts";
import type { Schema } from "../schema/schema.ts";
import type { Field, FieldId } from "../schema/type.ts";

export type ColumnLayout = ReferenceLayout | NumberLayout | RecordsLayout;

export interface ReferenceLayout {
  readonly kind: "reference";
  readonly field: Field;
  readonly cellOffset: number;
  /** Rows of the column: the batch's capacity, or of the child table it belongs to. */
  readonly rows: number;
}

export interface NumberLayout {
  readonly kind: "number";
  readonly field: Field;
  readonly tagOffset: number;
  readonly cellOffset: number;
  readonly rows: number;
}

export interface RecordsLayout {
  readonly kind: "records";
  readonly field: Field;
  readonly startOffset: number;
  readonly countOffset: number;
  readonly rows: number;
  /** Child rows that the batch can hold. */
  readonly childRows: number;
  readonly members: readonly (ReferenceLayout | NumberLayout)[];
}

export interface BatchLayout {
  readonly capacity: number;
  readonly kindOffset: number;
  readonly timeOffset: number;
  readonly columns: readonly ColumnLayout[];
  readonly pool32Offset: number;
  readonly pool32Cells: number;
  readonly pool64Offset: number;
  readonly pool64Cells: number;
  readonly byteLength: number;
}

/** Child rows that one batch holds of one object list, per event of its capacity. */
const childRowsPerEvent = 16;

/**
 * The layout for `interest`: plain fields, object lists and members of object lists (a member's
 * list need not be named).
 */
export function createLayout(
  schema: Schema,
  interest: readonly FieldId[],
  limits: Limits,
): BatchLayout {
  const cursor = new Cursor();
  const capacity = limits.batchEvents;
  const kindOffset = cursor.take(capacity);
  const timeOffset = cursor.take(capacity * 8);
  const groups = groupByList(schema, interest);
  const columns = [
    ...groups.plain.map((field) => columnLayout(cursor, field, capacity)),
    ...groups.lists.map(([list, members]) => recordsLayout(cursor, list, members, limits)),
  ];
  const pool32Cells = limits.batchListCells;
  const pool64Cells = limits.batchListCells >>> 2;
  const pool32Offset = cursor.take(pool32Cells * 4);
  const pool64Offset = cursor.take(pool64Cells * 8);
  return {
    capacity,
    kindOffset,
    timeOffset,
    columns,
    pool32Offset,
    pool32Cells,
    pool64Offset,
    pool64Cells,
    byteLength: cursor.end,
  };
}

/** The object list whose member `field` is, or undefined for a plain field. */
export function listOf(schema: Schema, field: Field): Field | undefined {
  for (let dot = field.path.lastIndexOf("."); dot > 0; dot = field.path.lastIndexOf(".", dot - 1)) {
    const owner = schema.find(field.path.slice(0, dot));
    if (owner?.type === "object-list") return owner;
  }
  return undefined;
}

class Cursor {
  end = 0;

  take(bytes: number): number {
    const offset = this.end;
    this.end = (offset + bytes + 15) & ~15;
    return offset;
  }
}

function groupByList(
  schema: Schema,
  interest: readonly FieldId[],
): { plain: Field[]; lists: [Field, Field[]][] } {
  const plain: Field[] = [];
  const lists = new Map<Field, Field[]>();
  for (const id of [...new Set(interest)].sort((a, b) => a - b)) {
    const field = schema.field(id);
    if (field.type === "object-list") {
      if (!lists.has(field)) lists.set(field, []);
      continue;
    }
    const list = listOf(schema, field);
    if (list === undefined) plain.push(field);
    else lists.set(list, [...(lists.get(list) ?? []), field]);
  }
  return { plain, lists: [...lists] };
}

function columnLayout(cursor: Cursor, field: Field, rows: number): ReferenceLayout | NumberLayout {
  if (field.type === "long" || field.type === "double" || field.type === "date") {
    const tagOffset = cursor.take(rows);
    return { kind: "number", field, tagOffset, cellOffset: cursor.take(rows * 8), rows };
  }
  return { kind: "reference", field, cellOffset: cursor.take(rows * 4), rows };
}

function recordsLayout(
  cursor: Cursor,
  field: Field,
  members: readonly Field[],
  limits: Limits,
): RecordsLayout {
  const rows = limits.batchEvents;
  const childRows = Math.max(limits.listValues, rows * childRowsPerEvent);
  return {
    kind: "records",
    field,
    startOffset: cursor.take(rows * 4),
    countOffset: cursor.take(rows * 4),
    rows,
    childRows,
    members: members.map((member) => columnLayout(cursor, member, childRows)),
  };
}
