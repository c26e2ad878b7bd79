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

  json(row: number): string {
    const text = this.#texts[row];
    assert(text !== undefined, `no row ${row} in the batch`);
    if (text !== null) return text;
    const source = this.#sources[row];
    if (source != null) return source.text(this.#starts[row]!);
    return this.#decoder.decode(this.#bytes[row]!.subarray(this.#starts[row]!, this.#ends[row]!));
  }
}
