/**
 * JSON lines straight from bytes into columns, without building objects. What is unusual on a line (a
 * place named twice, a list of records, a value that needs conversion, broken JSON) leaves that line to
 * the plain decoder, so that both always agree; `counters.fallbacks` counts those lines.
 */
import { canonicalIp } from "../base/ip.ts";
import { parseIso } from "../base/time.ts";
import { type Batch, recordKinds } from "./batch.ts";
import type { BatchFill, DecoderOptions } from "./decode.ts";
import { EventDecoder } from "./decode.ts";
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  dot,
  falseWord,
  JsonBytes,
  leave,
  minus,
  normal,
  nullWord,
  openBrace,
  openBracket,
  quoteByte,
  trueWord,
} from "./json-bytes.ts";
import { buildPathTree, childOf, type PathNode, placeKinds } from "./path-tree.ts";
import { TimeReader } from "./scan-time.ts";
import { hashBytes, type StringTable } from "./string-table.ts";

/** What became of a line: a row was added, the batch has no room, or the line is no event. */
export type ScanResult = "appended" | "full" | "rejected";

export interface ScannerCounters {
  rejected: number;
  mistyped: number;
  cutLists: number;
  /** Lines that the plain decoder had to read. */
  fallbacks: number;
}

/** Integers of at most this many digits are exact as numbers. */
const exactDigits = 15;

export class EventScanner {
  /** Time of the line that was appended last; null where it has none of its own. */
  timeNs: bigint | null = null;
  /** Why the last line was rejected. */
  rejection: { readonly code: string; readonly message: string } | null = null;
  readonly #decoder: EventDecoder;
  readonly #root: PathNode;
  readonly #isPlain: boolean;
  readonly #lineBytes: number;
  readonly #json: JsonBytes;
  readonly #listValues: number;
  readonly #times: TimeReader = new TimeReader();
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Canonical address by id of the text that was read; 0 where it is no address. */
  readonly #addresses: Map<number, number> = new Map();
  #addressGeneration: number = -1;
  #fallbacks: number = 0;
  #mistyped: number = 0;
  #visit: number = 0;
  // The line at hand.
  #bytes: Uint8Array = new Uint8Array(0);
  #end: number = 0;
  #batch: Batch | null = null;
  #fill: BatchFill | null = null;
  #row: number = 0;
  #lineMistyped: number = 0;
  #time: bigint | null = null;
  /** Columns written in this row. */
  readonly #written: number[] = [];
  /** Values of the array being read, where it is wanted. */
  readonly #list: (number | bigint)[] = [];
  #inList: boolean = false;

  constructor(options: DecoderOptions) {
    const timestampField = options.timestampField ?? "@timestamp";
    this.#decoder = new EventDecoder(options);
    this.#root = buildPathTree(options.layout, timestampField);
    this.#isPlain = timestampField !== "@timestamp" || (options.timestampUnit ?? "ms") !== "ms";
    this.#lineBytes = options.limits.lineBytes;
    this.#json = new JsonBytes(options.limits.nesting);
    this.#listValues = options.limits.listValues;
  }

  get counters(): ScannerCounters {
    const { rejected, mistyped, cutLists } = this.#decoder.counters;
    return {
      rejected,
      cutLists,
      mistyped: mistyped + this.#mistyped,
      fallbacks: this.#fallbacks,
    };
  }

  /** Empties a batch so that it can be filled anew. */
  reset(batch: Batch): void {
    this.#decoder.reset(batch);
  }

  /**
   * Adds the line `bytes[start, end)` (without its line end) to the batch. A line without a time of its
   * own gets `previousNs`, and so does one that is older. The bytes must stay as they are while the batch
   * lives.
   */
  append(
    batch: Batch,
    bytes: Uint8Array,
    start: number,
    end: number,
    previousNs: bigint,
  ): ScanResult {
    if (this.#isPlain || end - start > this.#lineBytes) {
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    const fill = this.#decoder.fillOf(batch);
    if (fill.writer.isFull) return "full";
    this.#begin(batch, fill, bytes, end);
    if (!this.#line(start)) {
      this.#undo();
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    const own = this.#time;
    this.timeNs = own;
    batch.kinds[this.#row] = recordKinds.event;
    batch.times[this.#row] = own === null || own < previousNs ? previousNs : own;
    batch.count = this.#row + 1;
    batch.evidence = fill.evidence;
    fill.evidence.setBytes(this.#row, bytes, start, end);
    this.#mistyped += this.#lineMistyped;
    return "appended";
  }

  #begin(batch: Batch, fill: BatchFill, bytes: Uint8Array, end: number): void {
    this.#batch = batch;
    this.#fill = fill;
    this.#bytes = bytes;
    this.#end = end;
    this.#json.begin(bytes, end);
    this.#row = batch.count;
    this.#visit += 1;
    this.#lineMistyped = 0;
    this.#time = null;
    this.#inList = false;
    this.#written.length = 0;
    fill.writer.mark();
  }

  #undo(): void {
    const { columns } = this.#batch!;
    for (const index of this.#written) {
      const column = columns[index]!;
      if (column.kind === "reference") column.cells[this.#row] = 0;
      else if (column.kind === "number") column.tags[this.#row] = 0;
    }
    this.#fill!.writer.release();
  }

  #fallBack(
    batch: Batch,
    bytes: Uint8Array,
    start: number,
    end: number,
    previousNs: bigint,
  ): ScanResult {
    const record = this.#decoder.parse(this.#utf8.decode(bytes.subarray(start, end)));
    if (record.kind === "rejected") {
      this.rejection = record;
      return "rejected";
    }
    const own = record.timeNs;
    const timeNs = own === null || own < previousNs ? previousNs : own;
    if (!this.#decoder.append(batch, record, timeNs)) return "full";
    this.timeNs = own;
    this.#fallbacks += 1;
    return "appended";
  }

  /** A whole line: one object between blanks. */
  #line(start: number): boolean {
    const at = this.#json.blanks(start);
    if (this.#bytes[at] !== openBrace || at >= this.#end) return false;
    const after = this.#object(at, this.#root);
    return after !== leave && this.#json.blanks(after) === this.#end;
  }

  /** An object at `{` of a wanted place; returns where it ends. */
  #object(from: number, node: PathNode): number {
    const json = this.#json;
    const bytes = this.#bytes;
    const end = this.#end;
    if (!json.open()) return leave;
    let at = json.blanks(from + 1);
    if (bytes[at] === closeBrace && at < end) {
      json.close();
      return at + 1;
    }
    for (;;) {
      if (bytes[at] !== quoteByte || at >= end) return leave;
      const keyStart = at + 1;
      const flags = json.key(keyStart);
      if (flags === leave) return leave;
      const keyEnd = json.stringEnd;
      const child = this.#child(node, keyStart, keyEnd, flags === dot);
      if (child === undefined) return leave;
      at = json.blanks(keyEnd + 1);
      if (bytes[at] !== colon || at >= end) return leave;
      at = json.blanks(at + 1);
      at = child === null ? json.skip(at) : this.#value(at, child);
      if (at === leave) return leave;
      at = json.blanks(at);
      const byte = at < end ? bytes[at] : 0;
      if (byte === closeBrace) {
        json.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at = json.blanks(at + 1);
    }
  }

  /** The place that a key leads to; null for none that is wanted, undefined to leave the line. */
  #child(
    node: PathNode,
    start: number,
    end: number,
    isDotted: boolean,
  ): PathNode | null | undefined {
    const found = isDotted
      ? this.#dotted(node, start, end)
      : childOf(node, this.#bytes, start, end, this.#json.hash);
    if (found === null || found === undefined) return found;
    if (found.visit === this.#visit) return undefined;
    found.visit = this.#visit;
    return found;
  }

  #dotted(from: PathNode, start: number, end: number): PathNode | null | undefined {
    let node: PathNode | null = from;
    for (let at = start; at <= end; ) {
      let stop = at;
      while (stop < end && this.#bytes[stop] !== 0x2e) stop += 1;
      if (stop === at) return undefined;
      node = childOf(node, this.#bytes, at, stop, hashBytes(this.#bytes, at, stop));
      if (node === null) return null;
      if (node.kind === placeKinds.special) return undefined;
      at = stop + 1;
    }
    return node;
  }

  /** A value at a wanted place; returns where it ends. */
  #value(at: number, node: PathNode): number {
    const byte = this.#bytes[at]!;
    if (node.kind === placeKinds.special)
      return byte === 0x6e ? this.#leaveUnlessNull(at, node) : leave;
    if (byte === openBrace) {
      return node.kind === placeKinds.none && !this.#inList ? this.#object(at, node) : leave;
    }
    if (byte === openBracket) return this.#array(at, node);
    if (node.kind === placeKinds.none) return this.#json.skip(at);
    if (byte === quoteByte) return this.#text(at, node);
    if (byte === 0x74) return this.#boolean(at, node, true);
    if (byte === 0x66) return this.#boolean(at, node, false);
    if (byte === 0x6e) return this.#json.word(at, nullWord);
    return this.#number(at, node);
  }

  /** A null says nothing, but where it stands for a value the plain decoder must see it. */
  #leaveUnlessNull(at: number, node: PathNode): number {
    return node.column >= 0 && this.#batch!.columns[node.column]!.kind !== "records"
      ? leave
      : this.#json.word(at, nullWord);
  }

  #array(from: number, node: PathNode): number {
    if (this.#inList) return leave;
    if (!this.#json.open()) return leave;
    this.#inList = true;
    this.#list.length = 0;
    let at = this.#json.blanks(from + 1);
    if (this.#bytes[at] !== closeBracket) {
      for (;;) {
        if (at >= this.#end) return leave;
        at = this.#value(at, node);
        if (at === leave) return leave;
        at = this.#json.blanks(at);
        const byte = at < this.#end ? this.#bytes[at] : 0;
        if (byte === closeBracket) break;
        if (byte !== comma) return leave;
        at = this.#json.blanks(at + 1);
      }
    }
    if (at >= this.#end) return leave;
    this.#inList = false;
    this.#json.close();
    return this.#endList(node) ? at + 1 : leave;
  }

  #endList(node: PathNode): boolean {
    const list = this.#list;
    if (list.length === 0) return true;
    if (node.isTimestamp || list.length > this.#listValues) return false;
    if (list.length === 1) {
      this.#put(node, list[0]!);
      return true;
    }
    this.#written.push(node.column);
    return this.#fill!.writer.tryWriteList(node.column, this.#row, list);
  }

  /** Stores one value of a place. */
  #put(node: PathNode, value: number | bigint): void {
    if (this.#inList) {
      this.#list.push(value);
      return;
    }
    if (node.column < 0) return;
    this.#written.push(node.column);
    this.#fill!.writer.writeOne(node.column, this.#row, value);
  }

  #text(at: number, node: PathNode): number {
    const byteClass = this.#json.string(at + 1);
    if (byteClass === leave) return leave;
    const [start, end] = [at + 1, this.#json.stringEnd];
    switch (node.kind) {
      case placeKinds.keyword:
        this.#put(node, this.#intern(start, end, byteClass));
        return end + 1;
      case placeKinds.ip:
        return byteClass === normal && this.#address(node, start, end) ? end + 1 : leave;
      case placeKinds.date:
        return byteClass === normal && this.#date(node, start, end) ? end + 1 : leave;
      default:
        return leave;
    }
  }

  #intern(start: number, end: number, byteClass: number): number {
    const { strings } = this.#batch!;
    if (byteClass === normal) return strings.internAscii(this.#bytes, start, end, this.#json.hash);
    const raw = this.#utf8.decode(this.#bytes.subarray(start, end));
    return strings.intern(raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw);
  }

  #address(node: PathNode, start: number, end: number): boolean {
    const { strings } = this.#batch!;
    if (this.#addressGeneration !== strings.generation) {
      this.#addresses.clear();
      this.#addressGeneration = strings.generation;
    }
    const raw = strings.internAscii(this.#bytes, start, end, this.#json.hash);
    let id = this.#addresses.get(raw);
    if (id === undefined) {
      id = this.#canonical(strings, raw);
      this.#addresses.set(raw, id);
    }
    if (id === 0) this.#lineMistyped += 1;
    else this.#put(node, id);
    return true;
  }

  #canonical(strings: StringTable, raw: number): number {
    const text = canonicalIp(strings.text(raw));
    return text === null ? 0 : strings.intern(text);
  }

  #date(node: PathNode, start: number, end: number): boolean {
    const timeNs = this.#times.read(this.#bytes, start, end) ?? this.#anyDate(start, end);
    if (timeNs === null) return false;
    if (node.isTimestamp) this.#time = timeNs;
    this.#put(node, timeNs);
    return true;
  }

  #anyDate(start: number, end: number): bigint | null {
    return parseIso(this.#utf8.decode(this.#bytes.subarray(start, end)));
  }

  #boolean(at: number, node: PathNode, value: boolean): number {
    const end = this.#json.word(at, value ? trueWord : falseWord);
    if (end === leave) return leave;
    if (node.kind === placeKinds.boolean) this.#put(node, value ? 2 : 1);
    else if (node.kind === placeKinds.keyword) {
      this.#put(node, this.#batch!.strings.intern(String(value)));
    } else return leave;
    return end;
  }

  /** An integer that is exact as a number; anything else is left to the plain decoder. */
  #number(from: number, node: PathNode): number {
    const end = this.#json.numberEnd(from);
    if (end === leave) return leave;
    const bytes = this.#bytes;
    const isNegative = bytes[from] === minus;
    let value = 0;
    let at = isNegative ? from + 1 : from;
    const digits = end - at;
    for (; at < end; at += 1) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return leave;
      value = value * 10 + digit;
    }
    if (digits > exactDigits || (isNegative && value === 0)) return leave;
    if (isNegative) value = -value;
    switch (node.kind) {
      case placeKinds.long:
      case placeKinds.double:
        this.#put(node, value);
        return end;
      case placeKinds.keyword:
        this.#put(
          node,
          this.#batch!.strings.internAscii(bytes, from, end, hashBytes(bytes, from, end)),
        );
        return end;
      case placeKinds.date: {
        const timeNs = BigInt(value) * 1_000_000n;
        if (BigInt.asIntN(64, timeNs) !== timeNs) return leave;
        if (node.isTimestamp) this.#time = timeNs;
        this.#put(node, timeNs);
        return end;
      }
      default:
        return leave;
    }
  }
}
