/** Whether files are in the order of their times already, as recordings mostly are, or can be brought there. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { createTimeCells, TimeGuesser } from "../collect/jsonl/guess-time.ts";
import { openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineWindow, type OrderedLines } from "../collect/jsonl/line-window.ts";
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
 * the first time of its input. With `blocks` only that many blocks of lines are read of each input.
 */
export async function areInOrder(
  options: OrderCheckOptions,
  blocks: number = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const times = new LineTimes(options);
  let newestNs: bigint | null = null;
  for (const input of options.inputs) {
    let read = 0;
    let isTimed = false;
    const source = openLineBlocks(input, options.limits);
    for await (const { bytes, starts, ends, count } of untilAborted(source, options.signal)) {
      for (let i = 0; i < count; i += 1) {
        const timeNs = times.read(bytes, starts[i]!, ends[i]!);
        if (typeof timeNs === "bigint") {
          if (timeNs < (newestNs ?? 0n)) return false;
          newestNs = timeNs;
          isTimed = true;
        } else if (timeNs === null && !isTimed) return false;
      }
      read += 1;
      if (read >= blocks) break;
    }
  }
  return true;
}

/** Whether a window can guess the times of most of the first lines of each input. */
export async function areGuessable(options: OrderCheckOptions): Promise<boolean> {
  const { timestampField, timestampUnit, limits, signal } = options;
  if ((timestampField ?? "@timestamp") !== "@timestamp") return false;
  if ((timestampUnit ?? "ms") !== "ms") return false;
  const cells = createTimeCells(1);
  const guesser = new TimeGuesser();
  for (const input of options.inputs) {
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      const { bytes, starts, ends, count } = block;
      guesser.begin(bytes);
      let guessed = 0;
      for (let i = 0; i < count; i += 1) {
        if (guesser.guess(starts[i]!, ends[i]!, cells, 0)) guessed += 1;
      }
      if (guessed * 2 < count) return false;
      break;
    }
  }
  return true;
}

/**
 * Whether a window brings the lines in order, and each has the time that it guesses for it. With `blocks` only
 * that many blocks of lines are read of each input; what is guessed of them is believed.
 */
export async function fitWindow(
  options: OrderCheckOptions,
  blocks: number = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const { limits, signal } = options;
  const times = new LineTimes(options);
  const believes = Number.isFinite(blocks);
  const window = new LineWindow({
    lines: limits.windowLines,
    bytes: limits.windowBytes,
    kept: 0,
    readTime: (bytes, start, end) => times.read(bytes, start, end),
    onReject: () => {},
  });
  const areRight = (runs: readonly OrderedLines[]): boolean =>
    believes || runs.every((lines) => areConfirmed(lines, times));
  for (const input of options.inputs) {
    let read = 0;
    window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      if (!window.add(block, input) || !areRight(window.take(false))) return false;
      read += 1;
      if (read >= blocks) break;
    }
  }
  return areRight(window.take(true));
}

function areConfirmed(lines: OrderedLines, reader: LineTimes): boolean {
  const { bytes, starts, ends, count, times, untimed } = lines;
  for (let i = 0; i < count; i += 1) {
    const timeNs = reader.read(bytes, starts[i]!, ends[i]!);
    const guess = (BigInt(times[i * 2 + 1]!) << 32n) | BigInt(times[i * 2]! >>> 0);
    if (timeNs === null ? untimed[i] === 0 : typeof timeNs === "bigint" && timeNs !== guess) {
      return false;
    }
  }
  return true;
}
