/** The order of texts: by code point, which UTF-16 order is not above U+FFFF. */

/** Negative, zero or positive as `a` sorts before, with or after `b` by code point. */
export function compareByCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  if (index === length) return a.length - b.length;
  // Equal so far, but the last equal unit may be the first half of a pair in either text.
  if (index > 0 && isHighSurrogate(a.charCodeAt(index - 1))) {
    const difference = a.codePointAt(index - 1)! - b.codePointAt(index - 1)!;
    if (difference !== 0) return difference;
  }
  return a.codePointAt(index)! - b.codePointAt(index)!;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
