/** Whether files are in the order of their times already, as recordings mostly are. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import { Batch } from "../event/batch.ts";
import { createLayout } from "../event/layout.ts";
import { EventScanner } from "../event/scanner.ts";
import { StringTable } from "../event/string-table.ts";
import type { Schema } from "../schema/schema.ts";

export interface OrderCheckOptions {
  readonly inputs: readonly string[];
  readonly schema: Schema;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether no event is older than one before it, in this input or an earlier one, and none comes before
 * the first time. With `blocks` only that many blocks of lines are read of each input.
 */
export async function areInOrder(
  options: OrderCheckOptions,
  blocks: number = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const times = new TimeLine(options);
  for (const input of options.inputs) {
    let read = 0;
    const source = openLineBlocks(input, options.limits);
    for await (const { bytes, starts, ends, count } of untilAborted(source, options.signal)) {
      for (let i = 0; i < count; i += 1) {
        if (!times.takes(bytes, starts[i]!, ends[i]!)) return false;
      }
      read += 1;
      if (read >= blocks) break;
    }
  }
  return true;
}

/** Reads nothing of an event but its time. */
class TimeLine {
  readonly #scanner: EventScanner;
  readonly #batch: Batch;
  #newestNs: bigint | null = null;

  constructor({ schema, limits, timestampField, timestampUnit }: OrderCheckOptions) {
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

  /** Whether the line is no event, or not older than the ones before. */
  takes(bytes: Uint8Array, start: number, end: number): boolean {
    this.#scanner.reset(this.#batch);
    if (this.#scanner.append(this.#batch, bytes, start, end, 0n) !== "appended") return true;
    const { timeNs } = this.#scanner;
    if (timeNs === null) return this.#newestNs !== null;
    if (timeNs < (this.#newestNs ?? 0n)) return false;
    this.#newestNs = timeNs;
    return true;
  }
}
