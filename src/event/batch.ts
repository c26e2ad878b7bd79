/** Up to 1,024 events in columns (layout.ts), and how to read them. */
import { assert } from "../base/assert.ts";
import type { FieldId, FieldType } from "../schema/type.ts";
import type { BatchLayout, ColumnLayout, NumberLayout, ReferenceLayout } from "./layout.ts";
import type { Texts } from "./string-table.ts";

/** Values of `Batch.kinds`. */
export const recordKinds = { event: 0, gap: 1, heartbeat: 2 } as const;

export type Column = ReferenceColumn | NumberColumn | RecordsColumn;

/** See layout.ts for the cell's format. */
export interface ReferenceColumn {
  readonly kind: "reference";
  readonly field: FieldId;
  readonly type: FieldType;
  readonly cells: Int32Array;
}

/** `longs` and `doubles` are two views of the same cells. */
export interface NumberColumn {
  readonly kind: "number";
  readonly field: FieldId;
  readonly type: FieldType;
  readonly tags: Uint8Array;
  readonly longs: BigInt64Array;
  readonly doubles: Float64Array;
  /** The same cells as words: low then high (little-endian machines only). */
  readonly words: Int32Array;
}

export interface RecordsColumn {
  readonly kind: "records";
  readonly field: FieldId;
  readonly type: "object-list";
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly childRows: number;
  readonly members: ReadonlyMap<FieldId, ReferenceColumn | NumberColumn>;
}

/** How to get at the whole of an event that only has some columns here. */
export interface EvidenceReader {
  /** The event of `row` as JSON text on one line, as it came in. */
  json(row: number): string;
}

/** A record that events were lost; it has a row of its own in the stream (kind `gap`). */
export interface Gap {
  readonly source: string;
  /** First and last moment at which events may be missing, ns since the epoch. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Events lost, where the source can tell; else null. */
  readonly lost: number | null;
  /** Categories that may be missing; empty means all. */
  readonly categories: readonly string[];
}

/** Column memory with a count. Whoever fills it owns it; the engine reads it until it returns. */
export class Batch {
  readonly layout: BatchLayout;
  readonly memory: ArrayBufferLike;
  readonly strings: Texts;
  readonly kinds: Uint8Array;
  readonly times: BigInt64Array;
  /** The same memory as words (low, high). */
  readonly timeWords: Int32Array;
  readonly columns: readonly Column[];
  readonly pool32: Int32Array;
  readonly pool64Longs: BigInt64Array;
  readonly pool64Doubles: Float64Array;
  /** Rows in use: `0 <= count <= layout.capacity`. */
  count: number = 0;
  /**
   * By index of `columns`: whether some row in use has a value there. Cells of rows that have none are
   * 0, so a column that is not used need not be read.
   */
  readonly used: Uint8Array;
  /** Gap of a row whose kind is `gap`. */
  readonly gaps: Map<number, Gap> = new Map();
  evidence: EvidenceReader;
  readonly #byField: ReadonlyMap<FieldId, Column>;

  /** `memory` holds at least `layout.byteLength` zeroed bytes from `base` (a multiple of 16). */
  constructor(
    layout: BatchLayout,
    strings: Texts,
    evidence: EvidenceReader,
    memory: ArrayBufferLike = new ArrayBuffer(layout.byteLength),
    base = 0,
  ) {
    assert(memory.byteLength >= base + layout.byteLength, "batch memory is too small");
    this.layout = layout;
    this.memory = memory;
    this.strings = strings;
    this.evidence = evidence;
    this.kinds = new Uint8Array(memory, base + layout.kindOffset, layout.capacity);
    this.times = new BigInt64Array(memory, base + layout.timeOffset, layout.capacity);
    this.timeWords = new Int32Array(memory, base + layout.timeOffset, layout.capacity * 2);
    this.pool32 = new Int32Array(memory, base + layout.pool32Offset, layout.pool32Cells);
    this.pool64Longs = new BigInt64Array(memory, base + layout.pool64Offset, layout.pool64Cells);
    this.pool64Doubles = new Float64Array(memory, base + layout.pool64Offset, layout.pool64Cells);
    this.used = new Uint8Array(layout.columns.length);
    this.columns = layout.columns.map((column) => viewColumn(memory, base, column));
    const byField = new Map<FieldId, Column>();
    for (const column of this.columns) {
      byField.set(column.field, column);
      if (column.kind === "records") {
        for (const [field, member] of column.members) byField.set(field, member);
      }
    }
    this.#byField = byField;
  }

  /** Empties the batch: no row, no gap, every cell null. */
  clear(): void {
    for (const [index, column] of this.columns.entries()) {
      if (this.used[index] === 1) clearColumn(column, this.count);
    }
    this.used.fill(0);
    this.gaps.clear();
    this.count = 0;
  }

  /** Index in `columns` of a field's column, or -1; members of lists have none. */
  indexOf(field: FieldId): number {
    return this.columns.findIndex((column) => column.field === field);
  }

  /** The column of a field (or of an object list's member), if the layout has it. */
  column(field: FieldId): Column | undefined {
    return this.#byField.get(field);
  }
}

/** Cells of list members need no clearing: they are written for every child row in use. */
function clearColumn(column: Column, rows: number): void {
  if (column.kind === "reference") column.cells.fill(0, 0, rows);
  else if (column.kind === "number") column.tags.fill(0, 0, rows);
  else column.counts.fill(0, 0, rows);
}

/** The long at `index` of `words`: a number where it is a safe integer, else a bigint. */
export function readLong(words: Int32Array, longs: BigInt64Array, index: number): number | bigint {
  const high = words[index * 2 + 1]!;
  if (high >= -0x200000 && high < 0x200000) {
    const value = high * 0x100000000 + (words[index * 2]! >>> 0);
    if (value >= -Number.MAX_SAFE_INTEGER) return value;
  }
  return longs[index]!;
}

function viewColumn(memory: ArrayBufferLike, base: number, layout: ColumnLayout): Column {
  if (layout.kind !== "records") return viewValues(memory, base, layout);
  return {
    kind: "records",
    field: layout.field.id,
    type: "object-list",
    starts: new Int32Array(memory, base + layout.startOffset, layout.rows),
    counts: new Int32Array(memory, base + layout.countOffset, layout.rows),
    childRows: layout.childRows,
    members: new Map(
      layout.members.map((member) => [member.field.id, viewValues(memory, base, member)]),
    ),
  };
}

function viewValues(
  memory: ArrayBufferLike,
  base: number,
  layout: ReferenceLayout | NumberLayout,
): ReferenceColumn | NumberColumn {
  const offset = base + layout.cellOffset;
  if (layout.kind === "reference") {
    return {
      kind: "reference",
      field: layout.field.id,
      type: layout.field.type,
      cells: new Int32Array(memory, offset, layout.rows),
    };
  }
  return {
    kind: "number",
    field: layout.field.id,
    type: layout.field.type,
    tags: new Uint8Array(memory, base + layout.tagOffset, layout.rows),
    longs: new BigInt64Array(memory, offset, layout.rows),
    doubles: new Float64Array(memory, offset, layout.rows),
    words: new Int32Array(memory, offset, layout.rows * 2),
  };
}
