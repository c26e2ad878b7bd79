/**
 * The fields that say which process an event is of, as cells of the process table (text-store.ts): lists are
 * resolved to their first value, and numbers where texts belong to their decimal text.
 */
import { type Batch, type Column, readLong } from "../event/batch.ts";
import type { Schema } from "../schema/schema.ts";
import { type ProcessFieldName, processColumn } from "./process-fields.ts";
import type { TextStore } from "./text-store.ts";

/** How a pid is told: not at all, as a number of 64 bits, or as a text that is no such number. */
export const pidKinds = { none: 0, number: 1, text: 2 } as const;

/** What the rows of a batch say of one process: their own one, or its parent. */
export interface ToldProcess {
  /** By row. */
  readonly entityId: Int32Array;
  readonly name: Int32Array;
  readonly executable: Int32Array;
  readonly commandLine: Int32Array;
  /** Of `pidKinds`. */
  readonly pidKinds: Uint8Array;
  /** Two words a row: low and high of a number; or the cell of a text, and 0. */
  readonly pids: Int32Array;
}

/** The field behind each member of a `ToldProcess`; the last one has `pidKinds` and `pids`. */
interface ToldFields {
  readonly entityId: ProcessFieldName;
  readonly name: ProcessFieldName;
  readonly executable: ProcessFieldName;
  readonly commandLine: ProcessFieldName;
  readonly pid: "pid" | "parentPid";
}

const ownFields: ToldFields = {
  entityId: "entityId",
  name: "name",
  executable: "executable",
  commandLine: "commandLine",
  pid: "pid",
};
const parentFields: ToldFields = {
  entityId: "parentEntityId",
  name: "parentName",
  executable: "parentExecutable",
  commandLine: "parentCommandLine",
  pid: "parentPid",
};
const fieldNames: readonly ProcessFieldName[] = [
  "hostId",
  ...Object.values(ownFields),
  ...Object.values(parentFields),
  "ancestry",
];
/** Those that are compared with one another. */
const identities: readonly ProcessFieldName[] = ["entityId", "parentEntityId", "ancestry"];

/** A number of 64 bits as `String` writes it. */
const decimal = /^(?:0|-?[1-9]\d{0,18})$/;

export class ProcessCells {
  /** By row. */
  hostId: Int32Array = new Int32Array(0);
  own: ToldProcess = emptyTold();
  parent: ToldProcess = emptyTold();
  readonly #schema: Schema;
  readonly #store: TextStore;
  #batch: Batch | null = null;
  readonly #columns: Map<ProcessFieldName, Column | undefined> = new Map();
  /** For fields whose columns can't be read as they are. */
  readonly #own: Map<ProcessFieldName, Int32Array> = new Map();
  #ancestry: Int32Array | null = null;
  #none: Int32Array = new Int32Array(0);
  #noTags: Uint8Array = new Uint8Array(0);
  #pool64Words: Int32Array = new Int32Array(0);
  /** Whether some identities are numbers: then all are copied to the store, so that they can be compared. */
  #isMixed: boolean = false;

  constructor(schema: Schema, store: TextStore) {
    this.#schema = schema;
    this.#store = store;
  }

  begin(batch: Batch): void {
    if (batch !== this.#batch) this.#view(batch);
    this.hostId = this.#texts(batch, "hostId");
    this.own = this.#told(batch, ownFields);
    this.parent = this.#told(batch, parentFields);
  }

  /** Entity id `index` of the row's ancestry; 0 after the last one. */
  ancestor(row: number, index: number): number {
    if (this.#ancestry === null) return 0;
    const cell = this.#ancestry[row]!;
    const { pool32 } = this.#batch!;
    let id = 0;
    if (cell > 0 && index === 0) id = cell;
    else if (cell < 0 && index < pool32[-cell]!) id = pool32[-cell + 1 + index]!;
    return this.#isMixed && id > 0 ? this.#store.keep(id) : id;
  }

  #view(batch: Batch): void {
    this.#batch = batch;
    const { capacity } = batch.layout;
    this.#none = new Int32Array(capacity * 2);
    this.#noTags = new Uint8Array(capacity);
    this.#own.clear();
    const { buffer, byteOffset, length } = batch.pool64Longs;
    this.#pool64Words = new Int32Array(buffer, byteOffset, length * 2);
    for (const name of fieldNames) {
      this.#columns.set(name, processColumn(this.#schema, batch, name));
    }
    const ancestry = this.#columns.get("ancestry");
    this.#ancestry = ancestry?.kind === "reference" ? ancestry.cells : null;
    this.#isMixed = identities.some((name) => this.#columns.get(name)?.kind === "number");
  }

  #told(batch: Batch, fields: ToldFields): ToldProcess {
    const { pidKinds, pids } = this.#pids(batch, fields.pid);
    return {
      entityId: this.#texts(batch, fields.entityId),
      name: this.#texts(batch, fields.name),
      executable: this.#texts(batch, fields.executable),
      commandLine: this.#texts(batch, fields.commandLine),
      pidKinds,
      pids,
    };
  }

  #texts(batch: Batch, name: ProcessFieldName): Int32Array {
    const column = this.#columns.get(name);
    if (column === undefined || column.kind === "records") return this.#none;
    const isIdentity = this.#isMixed && identities.includes(name);
    if (column.kind === "reference" && !isIdentity && isPlain(column.cells, batch.count)) {
      return column.cells;
    }
    const cells = this.#scratch(name, batch.layout.capacity);
    for (let row = 0; row < batch.count; row += 1) {
      const cell = this.#firstText(batch, column, row);
      cells[row] = isIdentity && cell > 0 ? this.#store.keep(cell) : cell;
    }
    return cells;
  }

  /** The cell of the first value of a row. */
  #firstText(batch: Batch, column: Column, row: number): number {
    if (column.kind === "reference") return firstId(batch, column.cells[row]!);
    if (column.kind === "records") return 0;
    const tag = column.tags[row]!;
    if (tag === 0) return 0;
    if (tag === 1) return this.#store.keepText(String(readLong(column.words, column.longs, row)));
    const start = Number(column.longs[row]!);
    if (batch.pool64Longs[start] === 0n) return 0;
    return this.#store.keepText(String(batch.pool64Longs[start + 1]!));
  }

  #pids(batch: Batch, name: "pid" | "parentPid"): Pick<ToldProcess, "pidKinds" | "pids"> {
    const column = this.#columns.get(name);
    if (column === undefined || column.kind === "records") {
      return { pidKinds: this.#noTags, pids: this.#none };
    }
    if (column.kind === "number" && isSingle(column.tags, batch.count)) {
      return { pidKinds: column.tags, pids: column.words };
    }
    const { capacity } = batch.layout;
    const pids = this.#scratch(name, capacity * 2);
    const kinds = new Uint8Array(capacity);
    for (let row = 0; row < batch.count; row += 1) {
      kinds[row] = this.#firstPid(batch, column, row, pids);
    }
    return { pidKinds: kinds, pids };
  }

  /** Writes the first pid of a row; returns its kind. */
  #firstPid(batch: Batch, column: Column, row: number, pids: Int32Array): number {
    if (column.kind === "records") return pidKinds.none;
    if (column.kind === "reference") {
      const id = firstId(batch, column.cells[row]!);
      return id === 0 ? pidKinds.none : this.#textPid(id, row, pids);
    }
    const tag = column.tags[row]!;
    if (tag === 0) return pidKinds.none;
    let words = column.words;
    let at = row;
    if (tag > 1) {
      at = Number(column.longs[row]!) + 1;
      words = this.#pool64Words;
      if (batch.pool64Longs[at - 1] === 0n) return pidKinds.none;
    }
    pids[row * 2] = words[at * 2]!;
    pids[row * 2 + 1] = words[at * 2 + 1]!;
    return pidKinds.number;
  }

  #textPid(id: number, row: number, pids: Int32Array): number {
    const text = this.#store.text(id);
    const value = decimal.test(text) ? BigInt(text) : null;
    if (value === null || BigInt.asIntN(64, value) !== value) {
      pids[row * 2] = id;
      pids[row * 2 + 1] = 0;
      return pidKinds.text;
    }
    pids[row * 2] = Number(BigInt.asIntN(32, value));
    pids[row * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
    return pidKinds.number;
  }

  #scratch(name: ProcessFieldName, length: number): Int32Array {
    let cells = this.#own.get(name);
    if (cells === undefined) {
      cells = new Int32Array(length);
      this.#own.set(name, cells);
    }
    return cells;
  }
}

/** A pid of kind `number` from its two words. */
export function pidNumber(low: number, high: number): number | bigint {
  const value = high * 0x100000000 + (low >>> 0);
  if (Number.isSafeInteger(value)) return value;
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function firstId(batch: Batch, cell: number): number {
  if (cell >= 0) return cell;
  return batch.pool32[-cell] === 0 ? 0 : batch.pool32[-cell + 1]!;
}

/** Whether no row has a list. */
function isPlain(cells: Int32Array, rows: number): boolean {
  for (let row = 0; row < rows; row += 1) if (cells[row]! < 0) return false;
  return true;
}

function isSingle(tags: Uint8Array, rows: number): boolean {
  for (let row = 0; row < rows; row += 1) if (tags[row]! > 1) return false;
  return true;
}

function emptyTold(): ToldProcess {
  const cells = new Int32Array(0);
  return {
    entityId: cells,
    name: cells,
    executable: cells,
    commandLine: cells,
    pidKinds: new Uint8Array(0),
    pids: cells,
  };
}
