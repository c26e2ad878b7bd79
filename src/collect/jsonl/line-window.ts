/**
 * Brings lines that are a little out of order into the order (time, arrival): the newest lines are held back
 * until newer ones have come. Times are guessed (guess-time.ts); where there is nothing to guess from, the line
 * is read.
 */
import type { Rejection } from "../../event/decode.ts";
import { createTimeCells, type TimeCells } from "./guess-time.ts";
import type { LineBlock } from "./line-blocks.ts";
import { LineClock, type ReadTime } from "./line-clock.ts";
import { mergeRuns } from "./merge-runs.ts";
import type { TimedLines } from "./timed-lines.ts";

export interface WindowOptions {
  /** Lines that are held back at most, and their bytes. */
  readonly lines: number;
  readonly bytes: number;
  /** How many blocks the bytes of one stay as they are after it, as `openLineBlocks` takes it. */
  readonly kept: number;
  readonly readTime: ReadTime;
  /** Takes a line that is no event; `line` counts lines of all inputs from 0 on. */
  readonly onReject: (rejection: Rejection, line: number, text: LineText) => void;
}

/** Where a line lies. */
export interface LineText {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly input: string;
}

/** Lines of one input that follow one another in the order (time, arrival). */
export interface OrderedLines extends TimedLines {
  readonly input: string;
  /** The lines' numbers in the order of arrival, over all inputs from 0 on. */
  readonly arrivals: Float64Array;
}

const startLines = 0x2000;

/** What is known of lines; line `i` has element `i` of each. */
class Lines {
  readonly capacity: number;
  readonly times: TimeCells;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly untimed: Uint8Array;
  readonly arrivals: Float64Array;
  /** Number of the piece of memory in which each lies. */
  readonly pieces: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.times = createTimeCells(capacity);
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.untimed = new Uint8Array(capacity);
    this.arrivals = new Float64Array(capacity);
    this.pieces = new Int32Array(capacity);
  }

  /** Copies lines of others; `from` tells which becomes line `line`. */
  take(others: Lines, count: number, from: (line: number) => number): void {
    for (let line = 0; line < count; line += 1) {
      const other = from(line);
      this.times.longs[line] = others.times.longs[other]!;
      this.starts[line] = others.starts[other]!;
      this.ends[line] = others.ends[other]!;
      this.untimed[line] = others.untimed[other]!;
      this.arrivals[line] = others.arrivals[other]!;
      this.pieces[line] = others.pieces[other]!;
    }
  }

  /** Moves lines `[first, last)` to the beginning. */
  drop(first: number, last: number): void {
    const { times, starts, ends, untimed, arrivals, pieces } = this;
    for (const values of [times.longs, starts, ends, untimed, arrivals, pieces]) {
      values.copyWithin(0, first, last);
    }
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly input: string;
  /** Number of the block after which it is overwritten. */
  readonly until: number;
}

export class LineWindow {
  readonly #options: WindowOptions;
  readonly #clock: LineClock;
  #lines: Lines = new Lines(startLines);
  #spare: Lines = new Lines(startLines);
  /** Held are lines `[first, count)`; those before were handed over last. */
  #first: number = 0;
  #count: number = 0;
  #bytes: number = 0;
  #isSorted: boolean = true;
  readonly #pieces: Map<number, Piece> = new Map();
  #pieceNumber: number = 0;
  #block: number = 0;
  #arrivals: number = 0;
  /** The time that the last line handed over has. */
  #handedHigh: number = 0;
  #handedLow: number = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#clock = new LineClock(options.readTime);
  }

  /** Lines that came so far; those of a block come after all before. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Lines so far whose time was guessed. */
  get guessed(): number {
    return this.#clock.guessed;
  }

  /** Lines that are held. */
  get size(): number {
    return this.#count - this.#first;
  }

  /** The least number of a line that is held; `arrivals` where none is. */
  get firstHeld(): number {
    let first = this.#arrivals;
    for (let line = this.#first; line < this.#count; line += 1) {
      first = Math.min(first, this.#lines.arrivals[line]!);
    }
    return first;
  }

  /** The lines that come now are of another input. */
  beginInput(): void {
    this.#clock.beginInput();
  }

  /**
   * Takes the lines of a block. False where one is older than a line that was handed over, or has no time
   * and comes before the first time of its input: the lines can't be brought in order.
   */
  add(block: LineBlock, input: string): boolean {
    this.#block += 1;
    this.#makeRoom(block.count);
    const { bytes, starts, ends } = block;
    this.#pieceNumber += 1;
    const until = this.#block + this.#options.kept;
    this.#pieces.set(this.#pieceNumber, { bytes, input, until });
    this.#clock.begin(block);
    for (let i = 0; i < block.count; i += 1) {
      const [start, end] = [starts[i]!, ends[i]!];
      const time = this.#clock.read(i, this.#lines.times, this.#count);
      if (time === "unknown") return false;
      if (typeof time === "object") {
        this.#options.onReject(time, this.#arrivals, { bytes, start, end, input });
        this.#arrivals += 1;
        continue;
      }
      this.#lines.untimed[this.#count] = time === "untimed" ? 1 : 0;
      if (!this.#place(start, end)) return false;
    }
    this.#clock.end();
    return true;
  }

  /** The lines that need not be held any more, or all; valid until the next block is asked for. */
  take(all: boolean): OrderedLines[] {
    if (!this.#isSorted) this.#sort();
    const { lines, bytes } = this.#options;
    const { starts, ends, times } = this.#lines;
    const first = this.#first;
    let next = first;
    while (next < this.#count && (all || this.#count - next > lines || this.#bytes > bytes)) {
      this.#bytes -= ends[next]! - starts[next]!;
      next += 1;
    }
    if (next > first) {
      this.#handedLow = times.words[next * 2 - 2]! >>> 0;
      this.#handedHigh = times.words[next * 2 - 1]!;
    }
    const runs = this.#runs(first, next);
    this.#first = next;
    this.#settle();
    return runs;
  }

  /** Notes the line whose time was written; false where it is too old. */
  #place(start: number, end: number): boolean {
    const { times, starts, ends, arrivals, pieces } = this.#lines;
    const line = this.#count;
    const low = times.words[line * 2]! >>> 0;
    const high = times.words[line * 2 + 1]!;
    if (high < this.#handedHigh || (high === this.#handedHigh && low < this.#handedLow)) {
      return false;
    }
    if (line > this.#first) {
      const beforeHigh = times.words[line * 2 - 1]!;
      const isOlder =
        high === beforeHigh ? low < times.words[line * 2 - 2]! >>> 0 : high < beforeHigh;
      if (isOlder) this.#isSorted = false;
    }
    starts[line] = start;
    ends[line] = end;
    arrivals[line] = this.#arrivals;
    pieces[line] = this.#pieceNumber;
    this.#arrivals += 1;
    this.#bytes += end - start;
    this.#count += 1;
    return true;
  }

  #makeRoom(count: number): void {
    const held = this.#count - this.#first;
    this.#lines.drop(this.#first, this.#count);
    this.#first = 0;
    this.#count = held;
    if (held + count <= this.#lines.capacity) return;
    const larger = new Lines((held + count) * 2);
    larger.take(this.#lines, held, (line) => line);
    this.#lines = larger;
    this.#spare = new Lines(larger.capacity);
  }

  #sort(): void {
    const { words } = this.#lines.times;
    const order = mergeRuns(this.#count, (a, b) => {
      const high = words[a * 2 + 1]! - words[b * 2 + 1]!;
      return high !== 0 ? high > 0 : words[a * 2]! >>> 0 > words[b * 2]! >>> 0;
    });
    this.#spare.take(this.#lines, this.#count, (line) => order[line]!);
    [this.#lines, this.#spare] = [this.#spare, this.#lines];
    this.#isSorted = true;
  }

  /** Lines `[first, last)` by the memory in which they lie. */
  #runs(first: number, last: number): OrderedLines[] {
    const { times, starts, ends, untimed, arrivals, pieces } = this.#lines;
    const runs: OrderedLines[] = [];
    for (let from = first; from < last; ) {
      let to = from + 1;
      while (to < last && pieces[to] === pieces[from]) to += 1;
      const { bytes, input } = this.#pieces.get(pieces[from]!)!;
      runs.push({
        bytes,
        input,
        starts: starts.subarray(from, to),
        ends: ends.subarray(from, to),
        count: to - from,
        times: times.words.subarray(from * 2, to * 2),
        untimed: untimed.subarray(from, to),
        arrivals: arrivals.subarray(from, to),
      });
      from = to;
    }
    return runs;
  }

  /** Copies lines that are held longer than their block is, and forgets memory where none is. */
  #settle(): void {
    const { starts, ends, pieces } = this.#lines;
    const held = new Map<number, number>();
    for (let line = this.#first; line < this.#count; line += 1) {
      const bytes = held.get(pieces[line]!) ?? 0;
      held.set(pieces[line]!, bytes + ends[line]! - starts[line]! + 1);
    }
    for (const [number, { bytes, input, until }] of [...this.#pieces]) {
      if (until > this.#block && held.has(number)) continue;
      this.#pieces.delete(number);
      const size = held.get(number);
      if (size === undefined) continue;
      const own = { bytes: new Uint8Array(size), input, until: Number.POSITIVE_INFINITY };
      this.#pieceNumber += 1;
      this.#pieces.set(this.#pieceNumber, own);
      let at = 0;
      for (let line = this.#first; line < this.#count; line += 1) {
        if (pieces[line] !== number) continue;
        const length = ends[line]! - starts[line]!;
        own.bytes.set(bytes.subarray(starts[line]!, ends[line]!), at);
        starts[line] = at;
        ends[line] = at + length;
        pieces[line] = this.#pieceNumber;
        at += length + 1;
      }
    }
  }
}
