/** Reads nothing of an event but its time. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { Batch, type Gap } from "../event/batch.ts";
import type { Rejection } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { EventScanner } from "../event/scanner.ts";
import { StringTable } from "../event/string-table.ts";
import type { Schema } from "../schema/schema.ts";

export interface LineTimesOptions {
  readonly schema: Schema;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
}

export class LineTimes {
  readonly #scanner: EventScanner;
  readonly #batch: Batch;

  constructor({ schema, limits, timestampField, timestampUnit }: LineTimesOptions) {
    const layout = createLayout(schema, [], limits);
    this.#scanner = new EventScanner({
      schema,
      layout,
      limits,
      ...(timestampField === undefined ? {} : { timestampField }),
      ...(timestampUnit === undefined ? {} : { timestampUnit }),
    });
    const strings = new StringTable(limits.stringTableBytes);
    this.#batch = new Batch(layout, strings, { json: () => "{}" });
    this.#scanner.reset(this.#batch);
  }

  /** The time of the line `bytes[start, end)`, null where it has none, or why it is no event. */
  read(bytes: Uint8Array, start: number, end: number): bigint | null | Rejection {
    if (this.#batch.count >= this.#batch.layout.capacity) this.#scanner.reset(this.#batch);
    const result = this.#scanner.append(this.#batch, bytes, start, end, 0n);
    return result === "rejected" ? this.#scanner.rejection! : this.#scanner.timeNs;
  }

  /** The gap that the line read last tells of, if it was no rejected one; undefined where it tells of none. */
  get gap(): Gap | undefined {
    return this.#batch.gaps.get(this.#batch.count - 1);
  }
}

/** What `LineTimes.read` says; its scanner is made when a line is asked for. */
export function lineTimeReader(options: LineTimesOptions): LineTimes["read"] {
  let times: LineTimes | null = null;
  return (bytes, start, end) => {
    times ??= new LineTimes(options);
    return times.read(bytes, start, end);
  };
}
