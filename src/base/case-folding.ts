/** Case-insensitive comparison: texts are equal if their Unicode simple case foldings are. */
import { foldingRuns } from "./case-folding-table.ts";

/**
 * The text with every code point folded by Unicode simple case folding (one code point to one, so the
 * length stays, locale plays no part, and `ß` is not `ss`). The same on every runtime.
 */
export function foldCase(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) > 0x7f) return foldFrom(text, i);
  }
  return text.toLowerCase();
}

/** What the code point folds to: itself where it has no case or is folded. */
export function foldCodePoint(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
  return code > 0xffff ? (supplementary.get(code) ?? code) : code + basicDeltas[code]!;
}

/** What to add to fold each unit of the BMP. */
const basicDeltas: Int32Array = new Int32Array(0x10000);
const supplementary: Map<number, number> = new Map();

for (let i = 0; i < foldingRuns.length; i += 4) {
  const last = foldingRuns[i + 1]!;
  const step = foldingRuns[i + 2]!;
  const delta = foldingRuns[i + 3]!;
  for (let code = foldingRuns[i]!; code <= last; code += step) {
    if (code > 0xffff) supplementary.set(code, code + delta);
    else basicDeltas[code] = delta;
  }
}

/** `start` is the offset of the first unit that is not ASCII. */
function foldFrom(text: string, start: number): string {
  let folded = text.slice(0, start).toLowerCase();
  for (let i = start; i < text.length; ) {
    const code = text.codePointAt(i)!;
    folded += String.fromCodePoint(foldCodePoint(code));
    i += code > 0xffff ? 2 : 1;
  }
  return folded;
}
