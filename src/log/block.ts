/** A block of records (block-format.ts) as it is read: what is not asked for stays packed. */
import { Buffer } from "node:buffer";
import type { Directory, RawColumn } from "./block-format.ts";
import { readDirectory } from "./directory.ts";
import { LogColumn } from "./log-column.ts";
import { LogError } from "./log-error.ts";
import { readSection, type Section } from "./section.ts";

export class Block {
  readonly directory: Directory;
  /** Records. */
  readonly count: number;
  readonly times: BigInt64Array;
  /** As `Batch.kinds`; null where all are events. */
  readonly kinds: Uint8Array | null;
  /** 1 where a row must be read from its text; null where none must. */
  readonly unusual: Uint8Array | null;
  readonly #payload: Buffer;
  readonly #base: number;
  readonly #entries: ReadonlyMap<string, RawColumn>;
  readonly #columns: Map<string, LogColumn> = new Map();
  #texts: TextPages | null = null;

  /** `payload` is one whose hash is right. Throws a LogError where it is no block all the same. */
  constructor(payload: Buffer) {
    this.#payload = payload;
    const { directory, base } = readDirectory(payload);
    this.directory = directory;
    this.#base = base;
    this.#entries = new Map(directory.columns.map((column) => [column[0], column]));
    this.count = directory.rows;
    this.times = new BigInt64Array(this.#array(directory.times, 8));
    this.kinds = directory.kinds === null ? null : this.#bytes(directory.kinds);
    this.unusual = directory.unusual === null ? null : this.#bytes(directory.unusual);
  }

  /** Whether some event has a value at `path`. */
  hasColumn(path: string): boolean {
    return this.#entries.has(path);
  }

  /** The column at `path`, if some event has a value there. */
  column(path: string): LogColumn | undefined {
    const known = this.#columns.get(path);
    if (known !== undefined) return known;
    const raw = this.#entries.get(path);
    if (raw === undefined) return undefined;
    const [, times, integers, ascii, json, lists, members, width, section] = raw;
    const entry = { path, times, integers, ascii, json, lists, members, width, section };
    const column = new LogColumn(entry, this.#section(section), this.count);
    this.#columns.set(path, column);
    return column;
  }

  /** The JSON text of a row as it came in. */
  text(row: number): string {
    this.#texts ??= new TextPages(
      this.directory,
      this.#array(this.directory.lengths, 4),
      (section) => this.#section(section),
    );
    return this.#texts.text(row);
  }

  /** Ascending; null: any. */
  entities(): Uint32Array | null {
    const { entities } = this.directory;
    return entities === null ? null : new Uint32Array(this.#copy(entities));
  }

  #section(section: Section): Buffer {
    return readSection(this.#payload, this.#base, section);
  }

  #copy(section: Section): ArrayBuffer {
    const bytes = this.#section(section);
    const { byteOffset, length } = bytes;
    return bytes.buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  }

  #array(section: Section, width: number): ArrayBuffer {
    const bytes = this.#copy(section);
    if (bytes.byteLength === this.count * width) return bytes;
    throw new LogError("unreadable", "a section does not have one value a record");
  }

  #bytes(section: Section): Uint8Array {
    return new Uint8Array(this.#array(section, 1));
  }
}

/** The texts of a block, of which the page read last stays unpacked. */
class TextPages {
  readonly #pages: Directory["pages"];
  readonly #lengths: Uint32Array;
  readonly #read: (section: Section) => Buffer;
  /** By page: its first row. */
  readonly #firstRows: number[] = [];
  #page: number = -1;
  #bytes: Buffer = Buffer.alloc(0);
  /** By row of the page: where its text begins. */
  #starts: number[] = [];

  constructor(directory: Directory, lengths: ArrayBuffer, read: (section: Section) => Buffer) {
    this.#pages = directory.pages;
    this.#lengths = new Uint32Array(lengths);
    this.#read = read;
    let row = 0;
    for (const [rows] of directory.pages) {
      this.#firstRows.push(row);
      row += rows;
    }
    if (row !== directory.rows) throw new LogError("unreadable", "a block lacks texts of records");
  }

  text(row: number): string {
    if (this.#page === -1 || !this.#holds(row)) this.#open(this.#pageOf(row));
    const index = row - this.#firstRows[this.#page]!;
    const start = this.#starts[index]!;
    return this.#bytes.toString("utf8", start, start + this.#lengths[row]!);
  }

  #holds(row: number): boolean {
    const first = this.#firstRows[this.#page]!;
    return row >= first && row < first + this.#pages[this.#page]![0];
  }

  #pageOf(row: number): number {
    let low = 0;
    let high = this.#firstRows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firstRows[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #open(page: number): void {
    const [rows, section] = this.#pages[page]!;
    this.#bytes = this.#read(section);
    this.#page = page;
    this.#starts = [];
    let at = 0;
    for (let i = 0; i < rows; i += 1) {
      this.#starts.push(at);
      at += this.#lengths[this.#firstRows[page]! + i]!;
    }
    if (at !== this.#bytes.length) throw new LogError("unreadable", "texts have other lengths");
  }
}
