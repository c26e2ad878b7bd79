/** The texts that equality tests ask for, found by the hash of their folded bytes. */

/** FNV-1a's basis and prime for 32 bits (Fowler, Noll, Vo). */
const [hashStart, hashPrime] = [0x811c9dc5 | 0, 0x01000193];

/** A text and the tests that ask for it. */
interface EqualText {
  /** Folded where case does not matter. */
  readonly bytes: Uint8Array;
  readonly isFolded: boolean;
  readonly tests: readonly number[];
}

/** ASCII bytes with capital letters made small. */
export const foldedBytes: Uint8Array = Uint8Array.from({ length: 256 }, (_unused, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** ASCII texts only: no other text equals one of them where the text asked about is ASCII. */
export class EqualTexts {
  readonly #byHash: Map<number, EqualText[]> = new Map();

  /** `text` is folded where case does not matter. */
  add(text: string, isFolded: boolean, tests: readonly number[]): void {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length !== text.length) return;
    const hash = foldedHash(bytes, 0, bytes.length);
    const known = this.#byHash.get(hash) ?? [];
    known.push({ bytes, isFolded, tests });
    this.#byHash.set(hash, known);
  }

  /** Calls `visit` with each test that asks for the ASCII text `bytes[start, start + length)`. */
  find(bytes: Uint8Array, start: number, length: number, visit: (test: number) => void): void {
    if (this.#byHash.size === 0) return;
    const candidates = this.#byHash.get(foldedHash(bytes, start, length));
    if (candidates === undefined) return;
    for (const { bytes: wanted, isFolded, tests } of candidates) {
      if (wanted.length !== length || !isAt(wanted, isFolded, bytes, start)) continue;
      for (const test of tests) visit(test);
    }
  }
}

/** Whether `wanted`, folded or not, stands at `start`. */
export function isAt(
  wanted: Uint8Array,
  isFolded: boolean,
  bytes: Uint8Array,
  start: number,
): boolean {
  for (let i = 0; i < wanted.length; i += 1) {
    const byte = bytes[start + i]!;
    if (wanted[i] !== (isFolded ? foldedBytes[byte]! : byte)) return false;
  }
  return true;
}

function foldedHash(bytes: Uint8Array, start: number, length: number): number {
  let hash = hashStart;
  for (let i = start; i < start + length; i += 1) {
    hash = Math.imul(hash ^ foldedBytes[bytes[i]!]!, hashPrime);
  }
  return hash;
}
