/**
 * JSON events to rows of a batch: parse a line, see when it happened and what kind of record it is, then
 * collect the values of the layout's fields (collected-row.ts) and write them (batch-writer.ts).
 */
import { assert } from "../base/assert.ts";
import { type JsonObject, parseJson } from "../base/json.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Schema } from "../schema/schema.ts";
import { type Batch, type Gap, recordKinds } from "./batch.ts";
import { BatchWriter } from "./batch-writer.ts";
import { CollectedRow } from "./collected-row.ts";
import type { BatchLayout } from "./layout.ts";
import { isObject, lookUp } from "./lookup.ts";
import { createDateReader, type ScalarInput } from "./normalise.ts";
import { RowSources } from "./row-sources.ts";
import { Heartbeat, readGap } from "./stream-record.ts";
import { StringTable } from "./string-table.ts";

/** A line that was understood. */
export type DecodedRecord =
  | {
      readonly kind: "event" | "heartbeat";
      /** ns since the epoch; null where the record does not say. */
      readonly timeNs: bigint | null;
      /** The line as it came, without its line end. */
      readonly json: string;
      readonly value: JsonObject;
    }
  | {
      readonly kind: "gap";
      readonly timeNs: bigint;
      readonly json: string;
      readonly value: JsonObject;
      readonly gap: Gap;
    };

/** A line that was not. */
export interface Rejection {
  readonly kind: "rejected";
  /** `invalid-json`, `not-an-object`, `line-too-long`, `too-deep`, `bad-timestamp` or `bad-gap`. */
  readonly code: string;
  readonly message: string;
}

export interface DecoderOptions {
  readonly schema: Schema;
  readonly layout: BatchLayout;
  readonly limits: Limits;
  /** Path of the field that says when an event happened; default `@timestamp`. */
  readonly timestampField?: string;
  /** What numbers in that field count; default ms. Other dates count ms. */
  readonly timestampUnit?: TimeUnit;
}

/** What did not go smoothly; counts only go up. */
export interface DecoderCounters {
  /** Lines that `parse` rejected. */
  rejected: number;
  /** Values that did not fit their field's type and count as absent. */
  mistyped: number;
  /** Lists that were cut to the limit, or to what a batch can hold. */
  cutLists: number;
}

const defaultTimestampField = "@timestamp";

/** Decodes the events of one source. Not shared between threads. */
export class EventDecoder {
  readonly counters: DecoderCounters = { rejected: 0, mistyped: 0, cutLists: 0 };
  readonly #layout: BatchLayout;
  readonly #limits: Limits;
  readonly #timestampField: string;
  readonly #readTimestamp: (value: ScalarInput) => bigint | null;
  readonly #row: CollectedRow;
  /** Column of `@timestamp` where another field says when an event happened; else -1. */
  readonly #timeColumn: number;
  readonly #fills: WeakMap<Batch, BatchFill> = new WeakMap();

  constructor(options: DecoderOptions) {
    const { schema, layout, limits } = options;
    const timestampField = options.timestampField ?? defaultTimestampField;
    const unit = options.timestampUnit ?? "ms";
    this.#layout = layout;
    this.#limits = limits;
    this.#timestampField = timestampField;
    const formats = schema.find(timestampField)?.dateFormats ?? [];
    this.#readTimestamp = createDateReader(formats, unit);
    const unitOf = ({ path }: { readonly path: string }): TimeUnit =>
      path === timestampField ? unit : "ms";
    this.#row = new CollectedRow(layout, limits, unitOf);
    this.#timeColumn =
      timestampField === defaultTimestampField
        ? -1
        : layout.columns.findIndex(
            ({ field }) => field.path === defaultTimestampField && field.type === "date",
          );
  }

  /** Reads a line: JSON text of one object, with or without a line end. */
  parse(line: string): DecodedRecord | Rejection {
    const json = withoutLineEnd(line);
    if (isLongerThan(json, this.#limits.lineBytes)) {
      return this.#reject(
        "line-too-long",
        `the line is longer than ${this.#limits.lineBytes} bytes`,
      );
    }
    const result = parseJson(json, this.#limits.nesting);
    if (result.kind === "error") return this.#reject(result.code, result.message);
    const { value } = result;
    if (!isObject(value)) return this.#reject("not-an-object", "an event must be a JSON object");
    const timeNs = this.#timeOf(value);
    if (timeNs === undefined) {
      return this.#reject(
        "bad-timestamp",
        `\`${this.#timestampField}\` is no time within 64 bits of ns`,
      );
    }
    switch (lookUp(value, "kestrel.record")) {
      case "gap": {
        const gap = readGap(value, timeNs);
        if (gap === null)
          return this.#reject("bad-gap", "a gap needs a time or a range, and no negative count");
        return { kind: "gap", timeNs: timeNs ?? gap.toNs, json, value, gap };
      }
      case "heartbeat":
        return { kind: "heartbeat", timeNs, json, value };
      default:
        return { kind: "event", timeNs, json, value };
    }
  }

  /**
   * Adds a record to a batch of this decoder's layout, with its final time. False, with nothing written,
   * if the batch has no room for it: then the batch is to be closed. A record that is too large for any
   * batch is cut (and counted) in an empty one.
   */
  append(batch: Batch, record: DecodedRecord, timeNs: bigint): boolean {
    const { writer, evidence, strings } = this.fillOf(batch);
    if (writer.isFull) return false;
    const row = this.#row;
    row.clear();
    if (record.kind === "event") this.#collect(strings, record.value, record.timeNs);
    const index = batch.count;
    if (!writer.tryWrite(row, recordKinds[record.kind], timeNs)) return false;
    this.counters.mistyped += row.mistyped;
    this.counters.cutLists += row.countCut();
    if (record.kind === "gap") batch.gaps.set(index, record.gap);
    if (record instanceof Heartbeat) evidence.setSource(index, 1, record, 0);
    else evidence.setText(index, record.json);
    batch.evidence = evidence;
    return true;
  }

  /** Empties a batch so that it can be filled anew. Its string table is left alone. */
  reset(batch: Batch): void {
    const { writer, evidence } = this.fillOf(batch);
    writer.reset();
    batch.evidence = evidence;
  }

  #collect(strings: StringTable, value: JsonObject, ownTimeNs: bigint | null): void {
    this.#row.collect(value, strings);
    if (this.#timeColumn === -1 || ownTimeNs === null) return;
    const { values } = this.#row.values[this.#timeColumn]!;
    if (values.length === 0) values.push(ownTimeNs);
  }

  /** Null where the event has no time, undefined where it has one that can't be read. */
  #timeOf(value: JsonObject): bigint | null | undefined {
    let time = lookUp(value, this.#timestampField);
    if (Array.isArray(time) && time.length <= 1) time = time[0];
    if (time === undefined || time === null) return null;
    if (typeof time === "object") return undefined;
    return this.#readTimestamp(time) ?? undefined;
  }

  #reject(code: string, message: string): Rejection {
    this.counters.rejected += 1;
    return { kind: "rejected", code, message };
  }

  /** The fill of a batch, for whoever adds rows to it beside `append`. */
  fillOf(batch: Batch): BatchFill {
    let fill = this.#fills.get(batch);
    if (fill === undefined) {
      assert(batch.layout === this.#layout, "the batch has another layout than the decoder");
      assert(batch.count === 0, "the batch was filled by another decoder");
      const { strings } = batch;
      assert(strings instanceof StringTable, "the batch's texts can't be added to");
      fill = { writer: new BatchWriter(batch), evidence: new RowSources(), strings };
      this.#fills.set(batch, fill);
    }
    return fill;
  }
}

/** What the decoder knows of a batch that it fills. */
export interface BatchFill {
  readonly writer: BatchWriter;
  readonly evidence: RowSources;
  /** The batch's texts. */
  readonly strings: StringTable;
}

function withoutLineEnd(line: string): string {
  if (!line.endsWith("\n")) return line;
  return line.slice(0, line.endsWith("\r\n") ? -2 : -1);
}

/** Whether the text's UTF-8 has more than `limit` bytes. */
function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  if (text.length * 3 <= limit) return false;
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // A pair has four bytes for its two units, any other unit from U+0800 three.
    if (unit >= 0x80) bytes += unit < 0x800 || isPaired(text, i) ? 1 : 2;
  }
  return bytes > limit;
}

function isPaired(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit >= 0xd800 && unit < 0xdc00) return isLow(text.charCodeAt(index + 1));
  return isLow(unit) && index > 0 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
