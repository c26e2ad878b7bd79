/** Whether files are in the order of their times already, as recordings mostly are, or can be brought there. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineWindow, type OrderedLines } from "../collect/jsonl/line-window.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import type { Schema } from "../schema/schema.ts";
import { LineTimes, lineTimeReader } from "./line-times.ts";

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

/** What the first lines of inputs show; the lines of most inputs have times that can be guessed. */
export type FirstLook = "in-window" | "late" | "unguessable";

/** Looks at the first lines of each input, and no further. */
export async function lookAhead(options: OrderCheckOptions): Promise<FirstLook> {
  const { timestampField, timestampUnit, limits, signal } = options;
  const isUsual = (timestampField ?? "@timestamp") === "@timestamp";
  if (!isUsual || (timestampUnit ?? "ms") !== "ms") return "unguessable";
  const window = openWindow(options);
  for (const input of options.inputs) {
    window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      const fits = window.add(block, input);
      if (window.guessed * 2 < window.arrivals) return "unguessable";
      if (!fits) return "late";
      window.take(false);
      break;
    }
  }
  return "in-window";
}

/** Whether a window brings the lines in order, and each has the time that it guesses for it. */
export async function fitWindow(options: OrderCheckOptions): Promise<boolean> {
  const { limits, signal } = options;
  const times = new LineTimes(options);
  const window = openWindow(options);
  for (const input of options.inputs) {
    window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      if (!window.add(block, input)) return false;
      if (!window.take(false).every((lines) => areConfirmed(lines, times))) return false;
    }
  }
  return window.take(true).every((lines) => areConfirmed(lines, times));
}

function openWindow(options: OrderCheckOptions): LineWindow {
  const { limits } = options;
  return new LineWindow({
    lines: limits.windowLines,
    bytes: limits.windowBytes,
    kept: 0,
    readTime: lineTimeReader(options),
    onReject: () => {},
  });
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
