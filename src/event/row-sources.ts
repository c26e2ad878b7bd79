/** Where the whole of each row's event is: as text, as bytes that are decoded when asked for, or elsewhere. */
import { assert } from "../base/assert.ts";
import type { EvidenceReader } from "./batch.ts";

/** Something that has the texts of many rows, under numbers of its own. */
export interface TextSource {
  text(index: number): string;
}

export class RowSources implements EvidenceReader {
  readonly #texts: (string | null)[] = [];
  readonly #sources: (TextSource | null)[] = [];
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
    this.#sources[row] = null;
    this.#bytes[row] = bytes;
    this.#starts[row] = start;
    this.#ends[row] = end;
  }

  /** `count` rows from `row` on are those of the source from `index` on. */
  setSource(row: number, count: number, source: TextSource, index: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#texts[row + i] = null;
      this.#sources[row + i] = source;
      this.#starts[row + i] = index + i;
    }
  }

  /**
   * The events of the rows `[0, count)` as pieces of bytes: row `i` becomes `[starts[i], ends[i])` of the
   * pieces laid end to end, in which other bytes may lie between rows.
   */
  pieces(count: number, starts: Int32Array, ends: Int32Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let row = 0; row < count; ) {
      const text = this.#textOf(row);
      let piece: Uint8Array;
      if (text !== null) {
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
    const text = this.#textOf(row);
    if (text !== null) return text;
    return this.#decoder.decode(this.#bytes[row]!.subarray(this.#starts[row]!, this.#ends[row]!));
  }

  /** Null where the row's event is in bytes. */
  #textOf(row: number): string | null {
    const text = this.#texts[row];
    assert(text !== undefined, `no row ${row} in the batch`);
    return text ?? this.#sources[row]?.text(this.#starts[row]!) ?? null;
  }

  /** The last row from `row` on of those whose bytes follow one another in the same memory. */
  #lastOfRun(row: number, count: number): number {
    let last = row;
    while (
      last + 1 < count &&
      this.#texts[last + 1] === null &&
      this.#sources[last + 1] === null &&
      this.#bytes[last + 1] === this.#bytes[row] &&
      this.#starts[last + 1]! >= this.#ends[last]!
    ) {
      last += 1;
    }
    return last;
  }
}
