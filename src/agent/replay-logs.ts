/** Replays logs: their records are in order already and fill batches column by column. */
import { setImmediate as turn } from "node:timers/promises";
import { recordKinds } from "../event/batch.ts";
import { gapJson } from "../event/stream-record.ts";
import type { Block } from "../log/block.ts";
import type { LogItem } from "../log/log-reader.ts";
import type { Damage } from "../log/segment-file.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import type { LogInputs } from "./log-inputs.ts";
import { countBelow, isWithin, Pace, rowsWithin } from "./pace.ts";
import { Pipeline } from "./pipeline.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";
import { SliceGaps } from "./slice-gaps.ts";

/**
 * Resolves to null, with nothing read, where the records must be sorted: among the inputs is something
 * else, the logs overlap, or other fields are to tell the time.
 */
export async function replayLogs(
  options: ReplayOptions,
  inputs: LogInputs,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  const timestamps = inputs.timestampOptions(options);
  if (!inputs.isAll || timestamps === null || !inputs.isInOrder()) return null;
  const { sinks, signal } = options;
  const tally = new InputTally(rejects);
  const pipeline = new Pipeline({
    ...options,
    ...timestamps,
    nextBatchSize: batchSizes(options),
    onAlert: (alert) => {
      for (const sink of sinks) sink.write(alert);
    },
    onReject: (rejection, text) => tally.reject(rejection, text, options.inputs[0] ?? ""),
  });
  const pace = new Pace(options.speed, signal);
  const slice = { fromNs: options.fromNs, toNs: options.toNs };
  const gaps = new SliceGaps(slice, pipeline);
  let newestNs: bigint | null = null;
  const onDamage = (damage: Damage): void => tally.damage(damage);
  let totalBytes = 0;
  let records = 0;
  for (const log of inputs.logs) {
    for (const item of log.items({ ...slice, onDamage })) {
      if (signal?.aborted === true) break;
      newestNs = (await takeItem(item, pipeline, gaps, options, pace)) ?? newestNs;
      if (item.kind === "block") {
        totalBytes += item.head.payloadBytes;
        records += item.block.count;
      }
      options.onProgress?.({ phase: "read", totalBytes, records });
      await Promise.all(sinks.map((sink) => sink.flush()));
      await turn();
    }
  }
  gaps.tellLate(newestNs);
  pipeline.finish();
  return { totals: pipeline, tally, costs: () => pipeline.engine.costs };
}

/** Resolves to the time of the last record that lies in the slice; null where none does. */
async function takeItem(
  item: LogItem,
  pipeline: Pipeline,
  gaps: SliceGaps,
  options: ReplayOptions,
  pace: Pace,
): Promise<bigint | null> {
  if (item.kind === "block") {
    const { block } = item;
    const { start, end } = rowsWithin(block.times, options);
    addGaps(block, 0, start, pipeline, gaps);
    addGaps(block, end, block.count, pipeline, gaps);
    if (start >= end) return null;
    gaps.tellEarly();
    if (!pace.isSet) pipeline.take(block, start, end);
    else await takeSlowly(block, start, end, pipeline, pace, options.signal);
    return block.times[end - 1]!;
  }
  const { gap, timeNs } = item;
  if (!isWithin(timeNs, options)) {
    gaps.add(gap, timeNs);
    return null;
  }
  gaps.tellEarly();
  pipeline.push({ kind: "gap", timeNs, json: gapJson(gap, timeNs), value: {}, gap }, timeNs);
  return timeNs;
}

/** The gaps among rows that lie outside of the slice. */
function addGaps(
  block: Block,
  start: number,
  end: number,
  pipeline: Pipeline,
  gaps: SliceGaps,
): void {
  for (let row = start; row < end; row += 1) {
    if (block.kinds?.[row] !== recordKinds.gap) continue;
    const record = pipeline.parse(block.text(row));
    if (record.kind === "gap") gaps.add(record.gap, block.times[row]!);
  }
}

async function takeSlowly(
  block: Block,
  start: number,
  end: number,
  pipeline: Pipeline,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let row = start; row < end && signal?.aborted !== true; ) {
    await pace.reach(block.times[row]!);
    const due = Math.min(end, Math.max(row + 1, countBelow(block.times, pace.reachedNs + 1n)));
    pipeline.take(block, row, due);
    pipeline.flush();
    row = due;
  }
}
