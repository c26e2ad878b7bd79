/** Whether files are in the order of their times already, as recordings mostly are. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import type { Schema } from "../schema/schema.ts";
import { LineTimes } from "./line-times.ts";

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
  const times = new LineTimes(options);
  let newestNs: bigint | null = null;
  for (const input of options.inputs) {
    let read = 0;
    const source = openLineBlocks(input, options.limits);
    for await (const { bytes, starts, ends, count } of untilAborted(source, options.signal)) {
      for (let i = 0; i < count; i += 1) {
        const timeNs = times.read(bytes, starts[i]!, ends[i]!);
        if (typeof timeNs === "bigint") {
          if (timeNs < (newestNs ?? 0n)) return false;
          newestNs = timeNs;
        } else if (timeNs === null && newestNs === null) return false;
      }
      read += 1;
      if (read >= blocks) break;
    }
  }
  return true;
}
