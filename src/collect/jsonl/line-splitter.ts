/** Bytes in, lines out. */
import type { Limits } from "../../base/limits.ts";

/** Something that was read but is no line, told where it stood among the lines. */
export interface LineProblem {
  readonly kind: "line-too-long" | "broken-input";
  readonly message: string;
}

/** A line without its end, or what stood in its place. */
export type LineItem = string | LineProblem;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = "\ufeff";

/**
 * Splits a stream of bytes at line feeds. A carriage return before the line feed and a byte order
 * mark at the start belong to no line; blank lines are left out; broken UTF-8 becomes U+FFFD. A line
 * of more than `limits.lineBytes` is never held: its bytes are counted and thrown away.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  /** Pieces of a line whose end has not come yet. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #skipping = false;
  #atStart = true;

  constructor(limits: Limits) {
    this.#limitBytes = limits.lineBytes;
  }

  /** The lines that `bytes` completes. The bytes are not kept after the next call. */
  push(bytes: Buffer): LineItem[] {
    const items: LineItem[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      this.#finishLine(bytes, start, end, items);
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
    return items;
  }

  /** The last line, where it has no line feed. */
  end(): LineItem[] {
    const items: LineItem[] = [];
    if (this.#pieceBytes > 0) this.#finishLine(Buffer.alloc(0), 0, 0, items);
    return items;
  }

  #keep(piece: Buffer): void {
    this.#pieceBytes += piece.length;
    // One byte more than the limit may be a carriage return.
    if (this.#pieceBytes > this.#limitBytes + 1) {
      this.#skipping = true;
      this.#pieces = [];
    } else {
      this.#pieces.push(Buffer.from(piece));
    }
  }

  #finishLine(bytes: Buffer, start: number, end: number, items: LineItem[]): void {
    let line = bytes;
    let from = start;
    let to = end;
    if (this.#pieceBytes > 0) {
      this.#keep(bytes.subarray(start, end));
      line = Buffer.concat(this.#pieces);
      from = 0;
      to = line.length;
    }
    const skipped = this.#skipping;
    const sizeBytes = skipped ? this.#pieceBytes : to - from;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#skipping = false;
    if (!skipped && to > from && line[to - 1] === carriageReturn) to -= 1;
    if (skipped || to - from > this.#limitBytes) {
      items.push(tooLong(sizeBytes, this.#limitBytes));
      this.#atStart = false;
      return;
    }
    let text = line.toString("utf8", from, to);
    if (this.#atStart && text.startsWith(byteOrderMark)) text = text.slice(1);
    this.#atStart = false;
    if (text.trim() !== "") items.push(text);
  }
}

/** What is said of a line of `sizeBytes` that is over the limit. */
export function tooLong(sizeBytes: number, limitBytes: number): LineProblem {
  return {
    kind: "line-too-long",
    message: `a line of ${sizeBytes} bytes is over the limit of ${limitBytes}`,
  };
}
