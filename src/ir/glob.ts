/**
 * Wildcard patterns: `*` is any run of characters, `?` exactly one code point; every other character,
 * the backslash included, stands for itself. Both wildcards match line breaks.
 */

/** A compiled pattern. */
export type TextMatcher = (text: string) => boolean;

/** Whether the pattern holds a wildcard at all. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes("*") || pattern.includes("?");
}

/** Compiles one pattern; matching costs at most pattern length x text length. */
export function compileGlob(pattern: string): TextMatcher {
  const parts = pattern.split("*");
  if (parts.length === 1) {
    const whole = compileSegment(parts[0]!);
    return (text) => whole.endAt(text, 0) === text.length;
  }
  const first = compileSegment(parts[0]!);
  const last = compileSegment(parts[parts.length - 1]!);
  const middle = parts
    .slice(1, -1)
    .filter((part) => part !== "")
    .map(compileSegment);
  return (text) => {
    let at = first.endAt(text, 0);
    if (at === -1) return false;
    for (const segment of middle) {
      at = segment.find(text, at);
      if (at === -1) return false;
    }
    const tail = last.startBefore(text);
    return tail !== -1 && tail >= at;
  };
}

/** A run of literal characters and `?`. */
interface Segment {
  /** Where a match that starts at `from` ends, or -1. */
  endAt(text: string, from: number): number;
  /** Where the leftmost match at or after `from` ends, or -1. */
  find(text: string, from: number): number;
  /** Where the match that ends at the text's end starts, or -1. */
  startBefore(text: string): number;
}

function compileSegment(segment: string): Segment {
  return segment.includes("?") ? wildSegment(segment) : literalSegment(segment);
}

function literalSegment(literal: string): Segment {
  return {
    endAt: (text, from) => (text.startsWith(literal, from) ? from + literal.length : -1),
    find: (text, from) => {
      const at = text.indexOf(literal, from);
      return at === -1 ? -1 : at + literal.length;
    },
    startBefore: (text) => (text.endsWith(literal) ? text.length - literal.length : -1),
  };
}

function wildSegment(segment: string): Segment {
  const points = Array.from(segment);
  const endAt = (text: string, from: number): number => {
    let at = from;
    for (const point of points) {
      if (at >= text.length) return -1;
      if (point === "?") at += codePointLength(text, at);
      else if (text.startsWith(point, at)) at += point.length;
      else return -1;
    }
    return at;
  };
  return {
    endAt,
    find: (text, from) => {
      for (let start = from; start <= text.length; ) {
        const end = endAt(text, start);
        if (end !== -1) return end;
        start += start < text.length ? codePointLength(text, start) : 1;
      }
      return -1;
    },
    startBefore: (text) => {
      const start = stepBack(text, points.length);
      return start !== -1 && endAt(text, start) === text.length ? start : -1;
    },
  };
}

function codePointLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The offset `count` code points before the end, or -1. */
function stepBack(text: string, count: number): number {
  let at = text.length;
  for (let i = 0; i < count; i += 1) {
    if (at === 0) return -1;
    at -= at >= 2 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
