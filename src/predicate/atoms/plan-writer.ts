/** Writes the words of a matcher's plan (kernels/match.h): structs, and what they refer to by its place. */

/** Words after a plan that the kernel may read. */
const slackWords = 8;

/** Numbers are little-endian, as the kernel's memory is. */
export class PlanWriter {
  #words: Uint32Array = new Uint32Array(4096);
  #bytes: Uint8Array = new Uint8Array(this.#words.buffer);
  #filled: number = 0;

  /** Room for so many words, all 0; returns its place. */
  reserve(words: number): number {
    const place = this.#filled;
    this.#filled += words;
    if (this.#filled + slackWords > this.#words.length) this.#grow();
    return place;
  }

  /** Writes into room that was reserved. */
  put(place: number, words: readonly number[]): void {
    for (let i = 0; i < words.length; i += 1) this.#words[place + i] = words[i]!;
  }

  list(numbers: readonly number[]): number {
    const place = this.reserve(numbers.length);
    this.put(place, numbers);
    return place;
  }

  /** Filled up with zeros. */
  bytes(bytes: Uint8Array): number {
    const place = this.reserve((bytes.length + 3) >>> 2);
    // The calls that copy cost more than most pieces are long.
    if (bytes.length > 64) this.#bytes.set(bytes, place * 4);
    else for (let i = 0; i < bytes.length; i += 1) this.#bytes[place * 4 + i] = bytes[i]!;
    return place;
  }

  /** The same of an ASCII text; -1 for any other, of which nothing is kept. */
  text(text: string): number {
    const place = this.reserve((text.length + 3) >>> 2);
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#words.fill(0, place, this.#filled);
        this.#filled = place;
        return -1;
      }
      this.#bytes[place * 4 + i] = unit;
    }
    return place;
  }

  /** All words, and those that the kernel may read after them. */
  finish(): Uint32Array {
    return this.#words.subarray(0, this.#filled + slackWords);
  }

  #grow(): void {
    const grown = new Uint32Array((this.#filled + slackWords) * 2);
    grown.set(this.#words);
    this.#words = grown;
    this.#bytes = new Uint8Array(grown.buffer);
  }
}
