/** Wildcard patterns (ir/glob.ts) matched against the bytes of ASCII texts. */
import { foldedBytes } from "./equal-texts.ts";

/** A pattern without its stars: what a text starts with, holds in this order, and ends with. */
export interface AsciiGlob {
  /** Pieces between stars, folded where case does not matter; `?` takes any byte. */
  readonly pieces: readonly Uint8Array[];
  readonly isFolded: boolean;
  /** Whether the first piece starts the text, and the last one ends it. */
  readonly isAnchored: { readonly start: boolean; readonly end: boolean };
  /** Bytes of all pieces: no shorter text matches. */
  readonly shortest: number;
}

const questionMark = 0x3f;

/** The bytes of an ASCII text; null where it is none. Texts are short, so a call of an encoder would cost more. */
export function asciiBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return null;
    bytes[i] = unit;
  }
  return bytes;
}

/** Null where the pattern is not ASCII. */
export function asciiGlob(pattern: string, isFolded: boolean): AsciiGlob | null {
  const pieces: Uint8Array[] = [];
  let shortest = 0;
  for (const piece of pattern.split("*")) {
    if (piece === "") continue;
    const bytes = asciiBytes(piece);
    if (bytes === null) return null;
    pieces.push(bytes);
    shortest += bytes.length;
  }
  const isAnchored = { start: !pattern.startsWith("*"), end: !pattern.endsWith("*") };
  return { pieces, isFolded, isAnchored, shortest };
}

/** Whether the whole of `bytes[start, start + length)` matches. */
export function matchesGlob(
  glob: AsciiGlob,
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  const { pieces, isFolded, isAnchored, shortest } = glob;
  if (length < shortest) return false;
  if (pieces.length === 0) return length === 0 || !isAnchored.start;
  let at = start;
  let end = start + length;
  let first = 0;
  let last = pieces.length;
  if (isAnchored.start) {
    const piece = pieces[0]!;
    if (!isPieceAt(piece, isFolded, bytes, at)) return false;
    at += piece.length;
    first = 1;
    // A pattern without a star is one piece.
    if (last === 1 && isAnchored.end) return length === piece.length;
  }
  if (isAnchored.end && first < last) {
    const piece = pieces[last - 1]!;
    if (end - piece.length < at || !isPieceAt(piece, isFolded, bytes, end - piece.length)) {
      return false;
    }
    end -= piece.length;
    last -= 1;
  }
  // The leftmost place of each piece leaves most room for the next.
  for (let i = first; i < last; i += 1) {
    at = findPiece(pieces[i]!, isFolded, bytes, at, end);
    if (at === -1) return false;
  }
  return true;
}

/** Where the piece ends that is found first in `bytes[from, end)`; -1 where there is none. */
function findPiece(
  piece: Uint8Array,
  isFolded: boolean,
  bytes: Uint8Array,
  from: number,
  end: number,
): number {
  const lead = piece[0]!;
  for (let at = from; at + piece.length <= end; at += 1) {
    const byte = isFolded ? foldedBytes[bytes[at]!]! : bytes[at]!;
    if (byte !== lead && lead !== questionMark) continue;
    if (isPieceAt(piece, isFolded, bytes, at)) return at + piece.length;
  }
  return -1;
}

function isPieceAt(piece: Uint8Array, isFolded: boolean, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < piece.length; i += 1) {
    const byte = isFolded ? foldedBytes[bytes[at + i]!]! : bytes[at + i]!;
    if (piece[i] !== byte && piece[i] !== questionMark) return false;
  }
  return true;
}
