/**
 * Replays files as they are read. Recordings are nearly always in order, but only their end shows it:
 * until then alerts are held back, and where an event turns out to be older than one before it, nothing
 * has happened and the inputs can be sorted instead.
 */

import { statSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import { HeldAlerts } from "./held-alerts.ts";
import { areInOrder, lookAhead } from "./order-check.ts";
import { Pipeline } from "./pipeline.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";
import { replayGuessed } from "./replay-guessed.ts";
import { replayWindowed } from "./replay-windowed.ts";
import { replayShared } from "./workers/replay-shared.ts";

/**
 * Goes the way that a look at some of the lines suggests, and another where that proves wrong: nothing has happened
 * by then. Resolves to null, with no alert raised, where all lines have to be read for their times, or can't be
 * read twice.
 */
export async function replayFiles(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  if (!options.inputs.every(isRegularFile)) return null;
  const check = { ...options, schema: options.rules.schema };
  const look = lookAhead(check);
  if (look === "unguessable") {
    return (await areInOrder(check, 1)) ? await replayInOrder(options, rejects) : null;
  }
  if (look !== "very-late") {
    const evaluation =
      look === "late"
        ? await replayWindowed(options, rejects)
        : await replayInOrder(options, rejects);
    if (evaluation !== null) return evaluation;
    rejects.restart();
  }
  return replayGuessed(options, rejects);
}

/** As the lines come; by several threads if asked to. */
async function replayInOrder(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  return (options.workers ?? 1) > 1
    ? await replayShared(options, rejects)
    : await replayAlone(options, rejects);
}

async function replayAlone(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  const check = { ...options, schema: options.rules.schema };
  const held = new HeldAlerts(options);
  const tally = new InputTally(rejects);
  const pipeline = new Pipeline({
    ...options,
    nextBatchSize: batchSizes(options),
    onAlert: (alert) => held.take(alert),
  });
  const progress = { bytesBefore: 0, records: 0 };
  for (const input of options.inputs) {
    let totalBytes = 0;
    pipeline.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, options.limits), options.signal)) {
      scanBlock(block, input, pipeline, tally);
      if (!pipeline.isInOrder) return null;
      if (held.isFull && !(await areInOrder(check))) return null;
      if (held.isFull) held.release();
      totalBytes = block.totalBytes;
      progress.records += block.count;
      options.onProgress?.({
        phase: "read",
        totalBytes: progress.bytesBefore + totalBytes,
        records: progress.records,
      });
      await Promise.all(options.sinks.map((sink) => sink.flush()));
      await turn();
    }
    progress.bytesBefore += totalBytes;
  }
  pipeline.finish();
  held.release();
  return { totals: pipeline, tally, costs: () => pipeline.engine.costs };
}

function isRegularFile(input: string): boolean {
  return input !== "-" && (statSync(input, { throwIfNoEntry: false })?.isFile() ?? false);
}

function scanBlock(block: LineBlock, input: string, pipeline: Pipeline, tally: InputTally): void {
  const { bytes, starts, ends } = block;
  pipeline.scan(block, (rejection, line) => {
    tally.reject(rejection, textOf(bytes, starts[line]!, ends[line]!), input);
  });
  // The bytes are overwritten by the next block.
  pipeline.flush();
  for (const { kind, message } of block.problems) {
    if (kind === "broken-input") tally.breakOff(message, input);
    else tally.reject({ kind: "rejected", code: kind, message }, null, input);
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}
