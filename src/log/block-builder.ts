/** Gathers records in their final order and writes them as one block (block-format.ts). */
import { Buffer } from "node:buffer";
import { assert } from "../base/assert.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Limits } from "../base/limits.ts";
import { recordKinds } from "../event/batch.ts";
import type { DecodedRecord } from "../event/decode.ts";
import { type Directory, directoryStart, entityHash, type RawColumn } from "./block-format.ts";
import { ColumnBuilder } from "./column-builder.ts";
import type { ColumnEntry } from "./column-format.ts";
import { emptyObject } from "./scalar.ts";
import { pack, type Section, SectionWriter } from "./section.ts";

/** A finished block, ready to be framed. */
export interface BuiltBlock {
  readonly payload: Buffer;
  readonly rows: number;
  readonly events: number;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly categories: readonly string[] | null;
  /** Ascending hashes; null: any. */
  readonly entities: Uint32Array | null;
}

/** Text that is packed together: what one event's evidence costs to unpack. */
const pageBytes = 0x10000;
/** Categories that the index tells apart. */
const maxCategories = 64;

/** A place in events; it has a column once some event had a value there. */
interface Place {
  /** Null for the event itself. */
  readonly path: string | null;
  readonly children: Map<string, Place>;
  column: ColumnBuilder | null;
}

export class BlockBuilder {
  rows: number = 0;
  events: number = 0;
  /** Bytes of text gathered. */
  sizeBytes: number = 0;
  readonly #limits: Limits;
  readonly #root: Place = createPlace(null);
  readonly #columns: ColumnBuilder[] = [];
  readonly #touched: ColumnBuilder[] = [];
  readonly #times: bigint[] = [];
  readonly #kinds: number[] = [];
  readonly #unusual: number[] = [];
  /** Bytes of each text. */
  readonly #lengths: number[] = [];
  /** Pages of text that are full, and the one at hand with the rows and bytes in it. */
  readonly #pages: { readonly rows: number; readonly bytes: Buffer }[] = [];
  #page: Buffer = Buffer.allocUnsafe(0);
  #pageRows: number = 0;
  #pageSize: number = 0;
  #values: number = 0;
  #depth: number = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.rows >= this.#limits.logBlockRows || this.sizeBytes >= this.#limits.logBlockBytes;
  }

  /** Time of the last record; null before the first. */
  get newestNs(): bigint | null {
    return this.#times.at(-1) ?? null;
  }

  /** Adds a record, which is not older than the one before. */
  add(record: DecodedRecord, timeNs: bigint): void {
    assert(timeNs >= (this.newestNs ?? timeNs), "records must be logged in order");
    this.#addText(record.json);
    this.#times.push(timeNs);
    this.#kinds.push(recordKinds[record.kind]);
    this.#unusual.push(record.kind === "event" && !this.#addValues(record.value) ? 1 : 0);
    if (record.kind === "event") this.events += 1;
    this.rows += 1;
  }

  /** The block of all records. The builder is not to be used any more. */
  build(): BuiltBlock {
    const sections = new SectionWriter();
    const columns = this.#columns.flatMap((column) => {
      const entry = column.write(this.rows, sections);
      return entry === null ? [] : [rawColumn(entry)];
    });
    const isIndexed = this.#unusual.every((flag) => flag === 0);
    const categories = isIndexed ? this.#textsAt("event.category") : null;
    const entities = isIndexed ? hashes(this.#textsAt("process.entity_id")) : null;
    const directory: Directory = {
      rows: this.rows,
      times: sections.add(new Uint8Array(BigInt64Array.from(this.#times).buffer)),
      kinds: bytesUnlessZero(this.#kinds, sections),
      unusual: bytesUnlessZero(this.#unusual, sections),
      lengths: sections.add(new Uint8Array(Uint32Array.from(this.#lengths).buffer)),
      pages: this.#writePages(sections),
      longest: this.#lengths.reduce((longest, length) => Math.max(longest, length), 0),
      depth: this.#depth,
      columns,
      categories: categories !== null && categories.length <= maxCategories ? categories : null,
      entities: entities === null ? null : sections.add(new Uint8Array(entities.buffer)),
    };
    return {
      payload: joinPayload(directory, sections.bytes()),
      rows: this.rows,
      events: this.events,
      fromNs: this.#times[0] ?? 0n,
      toNs: this.newestNs ?? 0n,
      categories: directory.categories,
      entities,
    };
  }

  /** Adds an event's values to their columns; false, with none added, where there are too many. */
  #addValues(event: JsonObject): boolean {
    this.#values = 0;
    const fits = this.#object(event, this.#root, 1);
    for (const column of this.#touched) {
      if (fits) column.endRow(this.rows);
      else column.dropRow();
    }
    this.#touched.length = 0;
    return fits;
  }

  #object(object: JsonObject, place: Place, depth: number): boolean {
    if (depth > this.#depth) this.#depth = depth;
    const keys = Object.keys(object);
    if (keys.length === 0 && place !== this.#root) return this.#scalar(emptyObject, place);
    for (const key of keys) {
      if (!this.#value(object[key]!, placeBelow(place, key), depth + 1)) return false;
    }
    return true;
  }

  #value(value: JsonValue, place: Place, depth: number): boolean {
    if (typeof value !== "object" || value === null) return this.#scalar(value, place);
    if (!Array.isArray(value)) return this.#object(value, place, depth);
    if (depth > this.#depth) this.#depth = depth;
    for (const item of value) if (!this.#value(item, place, depth + 1)) return false;
    return true;
  }

  #scalar(value: Parameters<ColumnBuilder["add"]>[0], place: Place): boolean {
    this.#values += 1;
    if (this.#values > this.#limits.logEventValues) return false;
    let { column } = place;
    if (column === null) {
      if (this.#columns.length >= this.#limits.logColumns) return false;
      column = new ColumnBuilder(place.path ?? "");
      place.column = column;
      this.#columns.push(column);
    }
    if (!column.isTouched) this.#touched.push(column);
    column.add(value);
    return true;
  }

  #textsAt(path: string): string[] {
    return this.#columns.find((column) => column.path === path)?.texts() ?? [];
  }

  #addText(text: string): void {
    const most = this.#pageSize + text.length * 3;
    if (most > this.#page.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, pageBytes * 2));
      this.#page.copy(larger, 0, 0, this.#pageSize);
      this.#page = larger;
    }
    const length = this.#page.write(text, this.#pageSize);
    this.#lengths.push(length);
    this.sizeBytes += length;
    this.#pageSize += length;
    this.#pageRows += 1;
    if (this.#pageSize >= pageBytes) this.#endPage();
  }

  #endPage(): void {
    if (this.#pageRows === 0) return;
    this.#pages.push({ rows: this.#pageRows, bytes: this.#page.subarray(0, this.#pageSize) });
    this.#page = Buffer.allocUnsafe(0);
    this.#pageRows = 0;
    this.#pageSize = 0;
  }

  #writePages(sections: SectionWriter): [rows: number, section: Section][] {
    this.#endPage();
    return this.#pages.map(({ rows, bytes }) => [rows, sections.add(bytes)]);
  }
}

function createPlace(path: string | null): Place {
  return { path, children: new Map(), column: null };
}

function rawColumn(entry: ColumnEntry): RawColumn {
  const { path, times, integers, ascii, json, lists, members, width, section } = entry;
  return [path, times, integers, ascii, json, lists, members, width, section];
}

/** `a.b: value` is at the same place as `a: {b: value}`. */
function placeBelow(place: Place, key: string): Place {
  let child = place.children.get(key);
  if (child !== undefined) return child;
  const dot = key.indexOf(".");
  if (dot !== -1) return placeBelow(placeBelow(place, key.slice(0, dot)), key.slice(dot + 1));
  child = createPlace(place.path === null ? key : `${place.path}.${key}`);
  place.children.set(key, child);
  return child;
}

function joinPayload(directory: Directory, sections: Buffer): Buffer {
  const raw = Buffer.from(JSON.stringify(directory));
  const stored = pack(raw);
  const start = Buffer.alloc(directoryStart);
  start.writeUInt32LE(stored.length, 0);
  start.writeUInt32LE(raw.length, 4);
  return Buffer.concat([start, stored, sections]);
}

function bytesUnlessZero(flags: readonly number[], sections: SectionWriter): Section | null {
  return flags.some((flag) => flag !== 0) ? sections.add(Uint8Array.from(flags)) : null;
}

function hashes(texts: readonly string[]): Uint32Array {
  return Uint32Array.from(new Set(texts.map(entityHash))).sort();
}
