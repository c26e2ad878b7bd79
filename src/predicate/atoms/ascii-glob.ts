/** Wildcard patterns (ir/glob.ts) matched against the bytes of ASCII texts. */
import { foldedBytes } from "./equal-texts.ts";

const star = 0x2a;
const questionMark = 0x3f;

export interface AsciiGlob {
  /** The pattern; folded where case does not matter. */
  readonly pattern: Uint8Array;
  readonly isFolded: boolean;
}

/** Null where the pattern is not ASCII. */
export function asciiGlob(pattern: string, isFolded: boolean): AsciiGlob | null {
  const bytes = new TextEncoder().encode(pattern);
  return bytes.length === pattern.length ? { pattern: bytes, isFolded } : null;
}

/** Whether the whole of `bytes[start, start + length)` matches: at most pattern x text steps. */
export function matchesGlob(
  { pattern, isFolded }: AsciiGlob,
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  const end = start + length;
  let at = start;
  let wanted = 0;
  // Where to go on when a text after the last star turns out too short: the star takes one byte more.
  let retryAt = 0;
  let retryWanted = -1;
  while (at < end) {
    const expected = wanted < pattern.length ? pattern[wanted]! : 0;
    const byte = isFolded ? foldedBytes[bytes[at]!]! : bytes[at]!;
    if (wanted < pattern.length && expected === star) {
      wanted += 1;
      retryWanted = wanted;
      retryAt = at;
    } else if (wanted < pattern.length && (expected === questionMark || expected === byte)) {
      at += 1;
      wanted += 1;
    } else if (retryWanted !== -1) {
      retryAt += 1;
      at = retryAt;
      wanted = retryWanted;
    } else return false;
  }
  while (wanted < pattern.length && pattern[wanted] === star) wanted += 1;
  return wanted === pattern.length;
}
