/** Whether files are in the order of their times already, as recordings mostly are, or can be brought there. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { createTimeCells, type TimeCells, TimeGuesser } from "../collect/jsonl/guess-time.ts";
import { openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineClock } from "../collect/jsonl/line-clock.ts";
import { LineWindow, type OrderedLines } from "../collect/jsonl/line-window.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import type { Schema } from "../schema/schema.ts";
import { LineTimes } from "./line-times.ts";

const lineFeed = 0x0a;

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

/**
 * What a look at some of the lines shows: all are in order, or some are a little late, so that a window may do, or
 * very late, or most have no time that can be guessed.
 */
export type FirstLook = "in-order" | "late" | "very-late" | "unguessable";

/** Bytes at the beginning of an input that are looked at; of each piece further on, and their number. */
const headBytes = 0x80000;
const pieceBytes = 0x8000;
const pieces = 64;

/**
 * Looks at the first lines of each input, a file, and where it is not packed at some further on. Throws an
 * InputError where it can't be read.
 */
export function lookAhead(options: OrderCheckOptions): FirstLook {
  const { timestampField, timestampUnit, limits } = options;
  const isUsual = (timestampField ?? "@timestamp") === "@timestamp";
  if (!isUsual || (timestampUnit ?? "ms") !== "ms") return "unguessable";
  const look = new OrderLook(limits.windowBytes);
  for (const input of options.inputs) {
    try {
      look.at(input);
    } catch (error) {
      throw new InputError(input, error);
    }
  }
  if (look.guessed * 2 < look.lines) return "unguessable";
  if (look.isVeryLate) return "very-late";
  return look.isLate ? "late" : "in-order";
}

class OrderLook {
  lines: number = 0;
  guessed: number = 0;
  isLate: boolean = false;
  isVeryLate: boolean = false;
  readonly #windowBytes: number;
  readonly #guesser: TimeGuesser = new TimeGuesser();
  readonly #cells: TimeCells = createTimeCells(1);
  /** Bytes of the inputs before. */
  #before: number = 0;
  #newestNs: bigint | null = null;
  /** The newest time up to a place, of places further and further on; how many are a window behind. */
  readonly #newest: { readonly offset: number; readonly timeNs: bigint }[] = [];
  #behind: number = 0;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  at(input: string): void {
    const file = openSync(input, "r");
    try {
      const { size } = fstatSync(file);
      const head = this.#read(file, 0, headBytes);
      // What is packed is in order, or shows it later.
      if (head[0] === 0x1f && head[1] === 0x8b) return;
      this.#look(head, 0, true);
      const step = Math.max(pieceBytes * 2, Math.ceil((size - headBytes) / pieces));
      for (let offset = headBytes; offset < size; offset += step) {
        this.#look(this.#read(file, offset, pieceBytes), offset, false);
      }
      this.#before += size;
    } finally {
      closeSync(file);
    }
  }

  #read(file: number, offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
  }

  /** Looks at the whole lines of a piece. */
  #look(bytes: Buffer, offset: number, isHead: boolean): void {
    this.#guesser.begin(bytes);
    let start = isHead ? 0 : bytes.indexOf(lineFeed) + 1;
    if (start === 0 && !isHead) return;
    for (let end = bytes.indexOf(lineFeed, start); end !== -1; ) {
      this.lines += 1;
      if (this.#guesser.guess(start, end, this.#cells, 0)) {
        this.guessed += 1;
        this.#note(this.#cells.longs[0]!, this.#before + offset + start);
      }
      start = end + 1;
      end = bytes.indexOf(lineFeed, start);
    }
    if (this.#newestNs === null) return;
    this.#newest.push({ offset: this.#before + offset + start, timeNs: this.#newestNs });
  }

  #note(timeNs: bigint, offset: number): void {
    const horizon = offset - this.#windowBytes;
    while (this.#behind < this.#newest.length && this.#newest[this.#behind]!.offset <= horizon) {
      this.#behind += 1;
    }
    if (this.#behind > 0 && timeNs < this.#newest[this.#behind - 1]!.timeNs) this.isVeryLate = true;
    if (timeNs < (this.#newestNs ?? timeNs)) this.isLate = true;
    else this.#newestNs = timeNs;
  }
}

/** Whether the times that a clock tells of all lines are theirs. */
export async function areGuessesRight(options: OrderCheckOptions): Promise<boolean> {
  const { limits, signal } = options;
  const times = new LineTimes(options);
  const clock = new LineClock((bytes, start, end) => times.read(bytes, start, end));
  const cells = createTimeCells(1);
  for (const input of options.inputs) {
    clock.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      clock.begin(block);
      for (let i = 0; i < block.count; i += 1) {
        const time = clock.read(i, cells, 0);
        if (time === "unknown") return false;
        if (time !== "timed") continue;
        const own = times.read(block.bytes, block.starts[i]!, block.ends[i]!);
        if (own === null || (typeof own === "bigint" && own !== cells.longs[0]!)) return false;
      }
      clock.end();
    }
  }
  return true;
}

/** Whether a window brings the lines in order, and each has the time that it guesses for it. */
export async function fitWindow(options: OrderCheckOptions): Promise<boolean> {
  const { limits, signal } = options;
  const times = new LineTimes(options);
  const window = new LineWindow({
    lines: limits.windowLines,
    bytes: limits.windowBytes,
    kept: 0,
    readTime: (bytes, start, end) => times.read(bytes, start, end),
    onReject: () => {},
  });
  for (const input of options.inputs) {
    window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      if (!window.add(block, input)) return false;
      if (!window.take(false).every((lines) => areConfirmed(lines, times))) return false;
    }
  }
  return window.take(true).every((lines) => areConfirmed(lines, times));
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
