/** Wildcard patterns (ir/glob.ts) as ASCII texts are matched against them. */

/** A pattern without its stars: what a text starts with, holds in this order, and ends with. */
export interface AsciiGlob {
  /** Pieces between stars, folded where case does not matter; `?` takes any byte. */
  readonly pieces: readonly Uint8Array[];
  readonly isFolded: boolean;
  /** Whether the first piece starts the text, and the last one ends it. */
  readonly isAnchored: { readonly start: boolean; readonly end: boolean };
}

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
  for (const piece of pattern.split("*")) {
    if (piece === "") continue;
    const bytes = asciiBytes(piece);
    if (bytes === null) return null;
    pieces.push(bytes);
  }
  const isAnchored = { start: !pattern.startsWith("*"), end: !pattern.endsWith("*") };
  return { pieces, isFolded, isAnchored };
}
