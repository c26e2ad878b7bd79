/** Lines of a file as ranges of bytes, a block of them at a time: for readers that need no text. */
import type { Limits } from "../../base/limits.ts";
import { type LineProblem, tooLong } from "./line-splitter.ts";
import { InputError, openBytes } from "./read-bytes.ts";

/** Lines that were read together; valid until the next block is asked for, their bytes as `openLineBlocks` says. */
export interface LineBlock {
  /** After the end of each line comes a control character, and four bytes at least can be read. */
  readonly bytes: Uint8Array;
  /** Line `i` is `bytes[starts[i], ends[i])`, without its line end; `0 <= i < count`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Where `bytes` begins in the whole of the input's (unpacked) bytes. */
  readonly offset: number;
  /** What was among the lines but is none. */
  readonly problems: readonly LineProblem[];
  /** Bytes (unpacked) that have been read so far. */
  readonly totalBytes: number;
}

/** Bytes of a block, unless a line needs more. */
export const blockBytes = 0x200000;
/** Bytes kept free after the last line. */
const spareBytes = 16;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The lines of `input`, as `openLines` has them: without line ends and a byte order mark, blank ones
 * left out, over-long ones and the breaking off of the input as problems. Throws an InputError where
 * nothing can be read. The bytes of a block stay as they are until `kept` more were given and another is
 * asked for.
 */
export async function* openLineBlocks(
  input: string,
  limits: Limits,
  kept: number = 0,
): AsyncGenerator<LineBlock> {
  const splitter = new BlockSplitter(limits.lineBytes, kept);
  try {
    for await (const bytes of openBytes(input)) {
      for (let at = 0; at < bytes.length; ) {
        at += splitter.fill(bytes, at);
        if (splitter.isFull) yield splitter.cut();
      }
    }
  } catch (error) {
    if (!(error instanceof InputError) || splitter.totalBytes === 0) throw error;
    splitter.problems.push({ kind: "broken-input", message: error.message });
  }
  splitter.end();
  yield splitter.cut();
}

class BlockSplitter {
  totalBytes: number = 0;
  /** Of the block that is being filled. */
  readonly problems: LineProblem[] = [];
  readonly #lineBytes: number;
  /** What blocks lie in, by turns. */
  readonly #ring: (Buffer | undefined)[];
  #turn: number = 0;
  #buffer: Buffer = Buffer.alloc(blockBytes + spareBytes);
  #filled: number = 0;
  /** Bytes of the input before the buffer's first. */
  #offset: number = 0;
  /** Bytes of the last block, which are overwritten when more comes. */
  #used: number = 0;
  #atStart: boolean = true;
  /** Bytes of a line over the limit that were thrown away; -1 outside of one. */
  #skipped: number = -1;
  #starts: Int32Array = new Int32Array(4096);
  #ends: Int32Array = new Int32Array(4096);

  constructor(lineBytes: number, kept: number) {
    this.#lineBytes = lineBytes;
    this.#ring = new Array<Buffer | undefined>(kept + 1).fill(undefined);
  }

  get isFull(): boolean {
    return this.#filled === this.#buffer.length - spareBytes;
  }

  /** Takes bytes from `start` on, as many as there is room for; returns how many. */
  fill(bytes: Buffer, start: number): number {
    if (this.#used > 0) {
      const rest = this.#buffer.subarray(this.#used, this.#filled);
      this.#nextBuffer();
      rest.copy(this.#buffer);
      this.#filled = rest.length;
      this.#offset += this.#used;
      this.#used = 0;
      this.problems.length = 0;
    }
    const room = this.#buffer.length - spareBytes - this.#filled;
    const count = Math.min(room, bytes.length - start);
    bytes.copy(this.#buffer, this.#filled, start, start + count);
    this.#filled += count;
    this.totalBytes += count;
    return count;
  }

  /** Ends the last line. */
  end(): void {
    if (this.#filled === this.#used && this.#skipped < 0) return;
    this.#buffer[this.#filled] = lineFeed;
    this.#filled += 1;
  }

  /** The whole lines that there are. */
  cut(): LineBlock {
    const buffer = this.#buffer;
    let count = 0;
    let start = this.#used;
    for (let end = this.#nextEnd(start); end !== -1; end = this.#nextEnd(start)) {
      if (this.#addLine(count, start, end)) count += 1;
      start = end + 1;
    }
    const block = {
      bytes: buffer,
      starts: this.#starts,
      ends: this.#ends,
      count,
      offset: this.#offset,
      problems: [...this.problems],
      totalBytes: this.totalBytes,
    };
    this.problems.length = 0;
    this.#used = start;
    if (start === 0) this.#makeRoom();
    return block;
  }

  /** The buffer that was filled longest ago, or a new one; with one only, the same. */
  #nextBuffer(): void {
    this.#ring[this.#turn] = this.#buffer;
    this.#turn = (this.#turn + 1) % this.#ring.length;
    const next = this.#ring[this.#turn];
    const { length } = this.#buffer;
    this.#buffer = next !== undefined && next.length >= length ? next : Buffer.alloc(length);
  }

  #nextEnd(start: number): number {
    const end = this.#buffer.indexOf(lineFeed, start);
    return end < this.#filled ? end : -1;
  }

  /** Notes the line `[start, end)`; false if it is none. */
  #addLine(index: number, start: number, end: number): boolean {
    const buffer = this.#buffer;
    if (this.#skipped >= 0) {
      this.problems.push(tooLong(this.#skipped + end - start, this.#lineBytes));
      this.#skipped = -1;
      return false;
    }
    let from = start;
    if (this.#atStart && buffer[start] === 0xef && hasByteOrderMark(buffer, start)) from += 3;
    this.#atStart = false;
    const to = end > from && buffer[end - 1] === carriageReturn ? end - 1 : end;
    if (to - start > this.#lineBytes) {
      this.problems.push(tooLong(to - start, this.#lineBytes));
      return false;
    }
    if (isBlank(buffer, from, to)) return false;
    if (index === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    this.#starts[index] = from;
    this.#ends[index] = to;
    return true;
  }

  /** One line fills the buffer: it gets a larger one, or is thrown away. */
  #makeRoom(): void {
    // One byte more than the limit may be a carriage return.
    if (this.#skipped < 0 && this.#filled <= this.#lineBytes + 1) {
      const larger = Buffer.alloc((this.#buffer.length - spareBytes) * 2 + spareBytes);
      this.#buffer.copy(larger, 0, 0, this.#filled);
      this.#buffer = larger;
      return;
    }
    this.#skipped = Math.max(0, this.#skipped) + this.#filled;
    this.#atStart = false;
    this.#offset += this.#filled;
    this.#filled = 0;
  }
}

function hasByteOrderMark(bytes: Buffer, start: number): boolean {
  return bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** Whether a line holds nothing but blanks, of which Unicode knows many. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  const first = start < end ? bytes[start]! : 0;
  if (first > 0x20 && first < 0x80) return false;
  return bytes.toString("utf8", start, end).trim() === "";
}

function grown(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
