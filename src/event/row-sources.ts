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

  json(row: number): string {
    const text = this.#texts[row];
    assert(text !== undefined, `no row ${row} in the batch`);
    if (text !== null) return text;
    return this.#decoder.decode(this.#bytes[row]!.subarray(this.#starts[row]!, this.#ends[row]!));
  }
}
