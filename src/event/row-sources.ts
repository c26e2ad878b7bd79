/** Where the whole of each row's event is: as text, or as bytes that are decoded when asked for. */
import { assert } from "../base/assert.ts";
import type { EvidenceReader } from "./batch.ts";

export class RowSources implements EvidenceReader {
  readonly #texts: (string | null)[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #decoder: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", {
    ignoreBOM: true,
  });

  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();

  setText(row: number, text: string): void {
    this.#texts[row] = text;
  }

  /** The bytes must stay as they are while the batch lives. */
  setBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#texts[row] = null;
    this.#bytes[row] = bytes;
    this.#starts[row] = start;
    this.#ends[row] = end;
  }

  /**
   * The events of the rows `[0, count)` as pieces of bytes: row `i` becomes `[starts[i], ends[i])` of the
   * pieces laid end to end, in which other bytes may lie between rows.
   */
  pieces(count: number, starts: Int32Array, ends: Int32Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let row = 0; row < count; ) {
      const text = this.#texts[row];
      let piece: Uint8Array;
      if (typeof text === "string") {
        piece = this.#encoder.encode(text);
        starts[row] = length;
        ends[row] = length + piece.length;
        row += 1;
      } else {
        const last = this.#lastOfRun(row, count);
        const from = this.#starts[row]!;
        piece = this.#bytes[row]!.subarray(from, this.#ends[last]);
        for (; row <= last; row += 1) {
          starts[row] = length + this.#starts[row]! - from;
          ends[row] = length + this.#ends[row]! - from;
        }
      }
      pieces.push(piece);
      length += piece.length;
    }
    return pieces;
  }

  json(row: number): string {
    const text = this.#texts[row];
    assert(text !== undefined, `no row ${row} in the batch`);
    if (text !== null) return text;
    return this.#decoder.decode(this.#bytes[row]!.subarray(this.#starts[row]!, this.#ends[row]!));
  }

  /** The last row from `row` on of those whose bytes follow one another in the same memory. */
  #lastOfRun(row: number, count: number): number {
    let last = row;
    while (
      last + 1 < count &&
      this.#texts[last + 1] === null &&
      this.#bytes[last + 1] === this.#bytes[row] &&
      this.#starts[last + 1]! >= this.#ends[last]!
    ) {
      last += 1;
    }
    return last;
  }
}
