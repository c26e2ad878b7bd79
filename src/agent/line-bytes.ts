/** Texts of events as bytes, which stay where they are until the batch that they are in has been evaluated. */

/** Room for the lines of a batch of large events. */
const usualBytes = 0x400000;
/** A UTF-16 unit has at most so many bytes of UTF-8. */
const unitBytes = 3;
/** A line is followed by its end and by bytes that may be read: so a scanner need not copy it. */
const tailBytes = 8;
const lineFeed = 0x0a;

/** A line is `bytes[start, end)`. */
export interface PlacedLine {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export class LineBytes {
  #bytes: Buffer = Buffer.allocUnsafe(usualBytes);
  #used = 0;

  /** Whether there is room for `text` beside what was put there since the last `clear`. */
  fits(text: string): boolean {
    return this.#used + text.length * unitBytes + tailBytes <= this.#bytes.length;
  }

  put(text: string): PlacedLine {
    const start = this.#used;
    const end = start + this.#bytes.write(text, start, "utf8");
    this.#bytes[end] = lineFeed;
    this.#used = end + 1;
    return { bytes: this.#bytes, start, end };
  }

  /** Nobody reads the lines any more. */
  clear(): void {
    this.#used = 0;
  }

  /** Makes sure that `text` fits; call it after `clear` only. */
  makeRoom(text: string): void {
    const needed = text.length * unitBytes + tailBytes;
    if (needed > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(needed);
  }
}
