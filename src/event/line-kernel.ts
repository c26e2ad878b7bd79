/** Runs a kernel's scanner: lines go into its memory, rows of cells come out on a tape. */
import type { Limits } from "../base/limits.ts";
import type { KernelCalls } from "./kernel.ts";
import type { PathTree } from "./path-tree.ts";
import type { StringTable } from "./string-table.ts";

/** Lines as ranges of bytes: line `i` is `bytes[starts[i], ends[i])`, `0 <= i < count`. */
export interface LineRanges {
  readonly bytes: Uint8Array;
  /** Ascending, or nearly so: the longer their runs, the faster. Between two lines lies a byte at least. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** Words of the shared part of a scanner in kernels/shape.h. */
const shared = {
  input: 0,
  inputBytes: 1,
  lines: 2,
  lineRoom: 3,
  tape: 4,
  hasOwn: 5,
  own: 6,
  newest: 8,
} as const;

/** Values of `enum node_flag` there. */
const placeFlags = { isTimestamp: 1, leavesNull: 2 } as const;

/** Bytes that are brought into the kernel's memory at once: they stay in the processor's cache. */
const portionBytes = 0x10000;
const portionLines = 1024;
/** Bytes between two lines that are worth bringing in with them. */
const gapBytes = 0x400;

/** Deeper lines are left to the plain decoder, whatever the limit, so that the kernel's stack is enough. */
const kernelNesting = 512;

/** Bytes of the input that are kept free after the last line. */
const inputSlack = 64;

export class LineKernel {
  readonly strings: StringTable;
  readonly #calls: KernelCalls;
  readonly #scanner: number;
  /** Index of the shared part among the memory's words. */
  readonly #shared: number;
  readonly #lineBytes: number;

  constructor(strings: StringTable, tree: PathTree, limits: Limits) {
    const calls = strings.kernel;
    const { places, keys } = tree;
    this.strings = strings;
    this.#calls = calls;
    this.#lineBytes = limits.lineBytes;
    const nesting = Math.min(limits.nesting, kernelNesting);
    this.#scanner = calls.scanner(places.length, keys.length, nesting, limits.listValues);
    this.#shared = calls.shared(this.#scanner) >> 2;
    for (const [index, { kind, column, isTimestamp, leavesNull }] of places.entries()) {
      const flags =
        (isTimestamp ? placeFlags.isTimestamp : 0) | (leavesNull ? placeFlags.leavesNull : 0);
      calls.place(this.#scanner, index, kind, column, flags);
    }
    for (const { from, to, text } of keys) {
      calls.key(this.#scanner, from, to, strings.layDown(text));
    }
    calls.room(this.#scanner, portionBytes, portionLines);
  }

  /** Brings in one line. */
  take(bytes: Uint8Array, start: number, end: number): void {
    const { strings } = this;
    this.#reserve(end - start);
    strings.bytes.set(bytes.subarray(start, end), this.#word(shared.input));
    const at = this.#word(shared.lines) >> 2;
    strings.words[at] = 0;
    strings.words[at + 1] = end - start;
  }

  /** Brings in lines from line `from` on, at most `most`; how many. None where the first is over-long. */
  takeLines(lines: LineRanges, from: number, most: number): number {
    const { strings } = this;
    const { bytes, starts, ends } = lines;
    const base = starts[from]!;
    const length = ends[from]! - base;
    if (length > this.#lineBytes) return 0;
    this.#reserve(length);
    const lineWord = this.#word(shared.lines) >> 2;
    const last = Math.min(lines.count, from + Math.min(most, portionLines));
    let at = from;
    for (; at < last; at += 1) {
      const start = starts[at]!;
      const end = ends[at]!;
      if (end - start > this.#lineBytes || (at > from && end - base > portionBytes)) break;
      if (at > from && (start < ends[at - 1]! || start > ends[at - 1]! + gapBytes)) break;
      strings.words[lineWord + (at - from) * 2] = start - base;
      strings.words[lineWord + (at - from) * 2 + 1] = end - base;
    }
    strings.bytes.set(bytes.subarray(base, ends[at - 1]!), this.#word(shared.input));
    return at - from;
  }

  /**
   * Reads lines `[first, last)` of those brought in, until one is left to the plain decoder; how many rows
   * it made. `newestNs` is the time of the line before.
   */
  scan(first: number, last: number, newestNs: bigint): number {
    this.strings.longs[(this.#shared + shared.newest) >> 1] = newestNs;
    return this.#calls.scan(this.#scanner, first, last);
  }

  /** The last line's own time; null where it has none. */
  get ownNs(): bigint | null {
    if (this.#word(shared.hasOwn) === 0) return null;
    return this.strings.longs[(this.#shared + shared.own) >> 1]!;
  }

  /** Where the tape begins among the words of the memory. */
  get tape(): number {
    return this.#word(shared.tape) >> 2;
  }

  #word(index: number): number {
    return this.strings.words[this.#shared + index]!;
  }

  #reserve(bytes: number): void {
    if (bytes + inputSlack > this.#word(shared.inputBytes)) {
      this.#calls.room(this.#scanner, bytes, portionLines);
    }
  }
}
