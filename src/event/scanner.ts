/**
 * JSON lines straight from bytes into columns, without building objects. What is unusual on a line (a
 * place named twice, a list of records, a value that needs conversion, broken JSON) leaves that line to
 * the plain decoder, so that both always agree; `counters.fallbacks` counts those lines.
 */
import { canonicalIp } from "../base/ip.ts";
import { parseIso } from "../base/time.ts";
import { type Batch, recordKinds } from "./batch.ts";
import type { BatchFill, DecoderOptions, Rejection } from "./decode.ts";
import { EventDecoder } from "./decode.ts";
import {
  backslash,
  blank,
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
import { Member, memoKinds } from "./line-shape.ts";
import { buildPathTree, type PathNode, placeKinds, placeOf } from "./path-tree.ts";
import { RowCells } from "./row-cells.ts";
import { TimeReader } from "./scan-time.ts";
import { hashBytes, readAhead, type StringTable } from "./string-table.ts";

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
  rejection: Rejection | null = null;
  /** What reads the lines that the scanner leaves; others may fill the same batches with it. */
  readonly decoder: EventDecoder;
  readonly #root: PathNode;
  readonly #needsDecoder: boolean;
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
  #view: DataView = new DataView(new ArrayBuffer(0));
  #copy: Uint8Array = new Uint8Array(0);
  #end: number = 0;
  #batch: Batch | null = null;
  #lineMistyped: number = 0;
  #time: bigint | null = null;
  readonly #cells: RowCells = new RowCells();
  #strings: StringTable | null = null;
  /** Another number when bytes or ids seen before must not be used any more. */
  #epoch: number = 0;

  constructor(options: DecoderOptions) {
    const timestampField = options.timestampField ?? "@timestamp";
    this.decoder = new EventDecoder(options);
    this.#root = buildPathTree(options.layout, timestampField);
    this.#needsDecoder =
      timestampField !== "@timestamp" || (options.timestampUnit ?? "ms") !== "ms";
    this.#lineBytes = options.limits.lineBytes;
    this.#json = new JsonBytes(options.limits.nesting);
    this.#listValues = options.limits.listValues;
  }

  get counters(): ScannerCounters {
    const { rejected, mistyped, cutLists } = this.decoder.counters;
    return {
      rejected,
      cutLists,
      mistyped: mistyped + this.#mistyped,
      fallbacks: this.#fallbacks,
    };
  }

  /** Empties a batch so that it can be filled anew. */
  reset(batch: Batch): void {
    this.#epoch += 1;
    this.decoder.reset(batch);
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
    if (this.#needsDecoder || end - start > this.#lineBytes) {
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    const fill = this.decoder.fillOf(batch);
    if (fill.writer.isFull) return "full";
    if (!this.#line(this.#begin(batch, fill, bytes, start, end))) {
      this.#cells.undo();
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    const own = this.#time;
    this.timeNs = own;
    batch.kinds[this.#cells.row] = recordKinds.event;
    batch.times[this.#cells.row] = own === null || own < previousNs ? previousNs : own;
    batch.count = this.#cells.row + 1;
    batch.evidence = fill.evidence;
    fill.evidence.setBytes(this.#cells.row, bytes, start, end);
    this.#mistyped += this.#lineMistyped;
    return "appended";
  }

  #begin(batch: Batch, fill: BatchFill, bytes: Uint8Array, start: number, end: number): number {
    if (batch !== this.#batch) {
      this.#epoch += 1;
      this.#batch = batch;
      this.#strings = fill.strings;
    }
    this.#cells.begin(batch, fill);
    const at = this.#beginText(bytes, start, end);
    this.#visit += 1;
    this.#lineMistyped = 0;
    this.#time = null;
    return at;
  }

  /** Makes the line readable; returns where it starts: words are read, so it may have to be copied. */
  #beginText(bytes: Uint8Array, start: number, end: number): number {
    if (bytes.length >= end + readAhead && bytes[end]! < 0x20) {
      this.#use(bytes, end);
      return start;
    }
    const length = end - start;
    if (this.#copy.length < length + readAhead) {
      this.#copy = new Uint8Array(length * 2 + readAhead);
    }
    this.#copy.set(bytes.subarray(start, end));
    this.#copy.fill(0, length, length + readAhead);
    this.#epoch += 1;
    this.#use(this.#copy, length);
    return 0;
  }

  #use(bytes: Uint8Array, end: number): void {
    this.#json.begin(bytes, end);
    this.#end = end;
    if (bytes === this.#bytes) return;
    this.#epoch += 1;
    this.#bytes = bytes;
    this.#view = this.#json.view;
  }

  #fallBack(
    batch: Batch,
    bytes: Uint8Array,
    start: number,
    end: number,
    previousNs: bigint,
  ): ScanResult {
    const record = this.decoder.parse(this.#utf8.decode(bytes.subarray(start, end)));
    if (record.kind === "rejected") {
      this.rejection = record;
      return "rejected";
    }
    const own = record.timeNs;
    const timeNs = own === null || own < previousNs ? previousNs : own;
    if (!this.decoder.append(batch, record, timeNs)) return "full";
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
  #object(from: number, place: PathNode): number {
    const json = this.#json;
    const bytes = this.#bytes;
    if (!json.open()) return leave;
    let at = json.blanks(from + 1);
    if (bytes[at] === closeBrace) {
      json.close();
      return at + 1;
    }
    let last: Member | null = null;
    for (;;) {
      if (bytes[at] !== quoteByte) return leave;
      let member: Member | null = last === null ? place.shape.first : last.next;
      if (member === null || !member.isAt(this.#view, at + 1)) {
        member = this.#member(place, last, at + 1);
        if (member === null) return leave;
      }
      at += member.length + 1;
      if (bytes[at] !== colon) at = json.blanks(at);
      if (bytes[at] !== colon) return leave;
      at += 1;
      if (bytes[at]! <= blank) at = json.blanks(at);
      at = member.node === null ? json.skip(at) : this.#wanted(at, member, member.node);
      if (at === leave) return leave;
      if (bytes[at]! <= blank) at = json.blanks(at);
      const byte = bytes[at];
      if (byte === closeBrace) {
        json.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at += 1;
      if (bytes[at]! <= blank) at = json.blanks(at);
      last = member;
    }
  }

  /** The member whose key starts at `start`; null to leave the line. */
  #member(place: PathNode, last: Member | null, start: number): Member | null {
    const { shape } = place;
    const flags = this.#json.key(start);
    if (flags === leave) return null;
    const end = this.#json.stringEnd;
    const { hash } = this.#json;
    let member = shape.find(this.#view, start, end, hash);
    if (member === null) {
      let node: PathNode | null | undefined = placeOf(place, this.#view, start, end, hash);
      if (node === null && flags === dot) node = this.#dotted(place, start, end);
      if (node === undefined) return null;
      member = new Member(this.#view, start, end, node);
      shape.add(member, hash);
    }
    if (last === null) shape.first = member;
    else last.next = member;
    return member;
  }

  /** The value of a wanted member; returns where it ends. */
  #wanted(at: number, member: Member, node: PathNode): number {
    if (node.visit === this.#visit) return leave;
    node.visit = this.#visit;
    if (node.kind === placeKinds.none || !member.isSteady) return this.#value(at, node);
    const known = member.repeats(this.#view, at, this.#end, this.#epoch);
    if (known !== -1) return this.#cells.repeat(member, node) ? known : leave;
    const cells = this.#cells;
    cells.putKind = memoKinds.none;
    const end = this.#value(at, node);
    if (cells.putKind !== memoKinds.none && end !== leave) {
      cells.remember(member, at, end, this.#epoch);
    }
    return end;
  }

  /** Why a dotted key leads to no place: there is none, or it needs the plain decoder. */
  #dotted(from: PathNode, start: number, end: number): null | undefined {
    let node: PathNode | null = from;
    for (let at = start; at <= end; ) {
      let stop = at;
      while (stop < end && this.#bytes[stop] !== 0x2e) stop += 1;
      if (stop === at) return undefined;
      node = placeOf(node, this.#view, at, stop, hashBytes(this.#view, at, stop));
      if (node === null) return null;
      if (node.kind === placeKinds.special) return undefined;
      at = stop + 1;
    }
    return undefined;
  }

  /** A value at a wanted place; returns where it ends. */
  #value(at: number, node: PathNode): number {
    const byte = this.#bytes[at]!;
    if (node.kind === placeKinds.special)
      return byte === 0x6e ? this.#leaveUnlessNull(at, node) : leave;
    if (byte === openBrace) {
      return node.kind === placeKinds.none && !this.#cells.inList ? this.#object(at, node) : leave;
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
    if (this.#cells.inList) return leave;
    if (!this.#json.open()) return leave;
    this.#cells.inList = true;
    this.#cells.list.length = 0;
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
    this.#cells.inList = false;
    this.#json.close();
    return this.#endList(node) ? at + 1 : leave;
  }

  #endList(node: PathNode): boolean {
    const { list } = this.#cells;
    if (list.length === 0) return true;
    if (node.isTimestamp || list.length > this.#listValues) return false;
    return this.#cells.putList(node);
  }

  #text(at: number, node: PathNode): number {
    const byteClass = this.#json.string(at + 1);
    if (byteClass === leave) return leave;
    const start = at + 1;
    const end = this.#json.stringEnd;
    switch (node.kind) {
      case placeKinds.keyword:
        this.#cells.putReference(node, this.#intern(start, end, byteClass));
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
    const strings = this.#strings!;
    if (byteClass === normal) return strings.internAscii(this.#view, start, end, this.#json.hash);
    if (byteClass === backslash) {
      const { unescaped, unescapedLength, hash } = this.#json;
      return strings.internAscii(unescaped, 0, unescapedLength, hash);
    }
    const raw = this.#utf8.decode(this.#bytes.subarray(start, end));
    return strings.intern(raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw);
  }

  #address(node: PathNode, start: number, end: number): boolean {
    const strings = this.#strings!;
    if (this.#addressGeneration !== strings.generation) {
      this.#addresses.clear();
      this.#addressGeneration = strings.generation;
    }
    const raw = strings.internAscii(this.#view, start, end, this.#json.hash);
    let id = this.#addresses.get(raw);
    if (id === undefined) {
      id = this.#canonical(strings, raw);
      this.#addresses.set(raw, id);
    }
    if (id === 0) this.#lineMistyped += 1;
    else this.#cells.putReference(node, id);
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
    this.#cells.put(node, timeNs);
    return true;
  }

  #anyDate(start: number, end: number): bigint | null {
    return parseIso(this.#utf8.decode(this.#bytes.subarray(start, end)));
  }

  #boolean(at: number, node: PathNode, value: boolean): number {
    const end = this.#json.word(at, value ? trueWord : falseWord);
    if (end === leave) return leave;
    if (node.kind === placeKinds.boolean) this.#cells.putReference(node, value ? 2 : 1);
    else if (node.kind === placeKinds.keyword) {
      this.#cells.putReference(node, this.#strings!.intern(String(value)));
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
        this.#cells.put(node, value);
        return end;
      case placeKinds.keyword:
        this.#cells.putReference(
          node,
          this.#strings!.internAscii(this.#view, from, end, hashBytes(this.#view, from, end)),
        );
        return end;
      case placeKinds.date: {
        const timeNs = BigInt(value) * 1_000_000n;
        if (BigInt.asIntN(64, timeNs) !== timeNs) return leave;
        if (node.isTimestamp) this.#time = timeNs;
        this.#cells.put(node, timeNs);
        return end;
      }
      default:
        return leave;
    }
  }
}
