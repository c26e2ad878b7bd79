/**
 * Reads a regular expression (Lucene's syntax, as ir/regex.ts translates it) as far as ASCII texts can match it:
 * characters are sets of ASCII bytes.
 */

/** A part of an expression. */
export type AsciiSyntax =
  /** One byte, whose bit is set: bit 0 for NUL, bit 127 for DEL. */
  | { readonly kind: "set"; readonly bytes: bigint }
  | { readonly kind: "sequence"; readonly parts: readonly AsciiSyntax[] }
  | { readonly kind: "choice"; readonly parts: readonly AsciiSyntax[] }
  /** `most` may be infinite. */
  | {
      readonly kind: "repeat";
      readonly part: AsciiSyntax;
      readonly least: number;
      readonly most: number;
    };

const everything = (1n << 128n) - 1n;

/** Null where the expression can't be read; one that `compileRegex` refuses may be read all the same. */
export function parseAsciiRegex(pattern: string, isFolded: boolean): AsciiSyntax | null {
  const reader = new SyntaxReader(pattern, isFolded);
  const syntax = reader.choice();
  return reader.isAtEnd ? syntax : null;
}

class SyntaxReader {
  readonly #pattern: string;
  readonly #isFolded: boolean;
  #at: number = 0;

  constructor(pattern: string, isFolded: boolean) {
    this.#pattern = pattern;
    this.#isFolded = isFolded;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  choice(): AsciiSyntax | null {
    const parts: AsciiSyntax[] = [];
    for (;;) {
      const part = this.#sequence();
      if (part === null) return null;
      parts.push(part);
      if (this.#pattern[this.#at] !== "|") break;
      this.#at += 1;
    }
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): AsciiSyntax | null {
    const parts: AsciiSyntax[] = [];
    while (!this.isAtEnd && !"|)".includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      if (atom === null) return null;
      parts.push(this.#repeated(atom));
    }
    return { kind: "sequence", parts };
  }

  #atom(): AsciiSyntax | null {
    const char = this.#next();
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#charClass();
      case ".":
        return { kind: "set", bytes: everything };
      case '"':
        return this.#quoted();
      case "\\":
        if (this.isAtEnd) return null;
        return this.#escaped(this.#next());
      default:
        return "*+?{~&@#<".includes(char) ? null : this.#literal(char);
    }
  }

  #next(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    this.#at += char.length;
    return char;
  }

  #literal(char: string): AsciiSyntax {
    const point = char.codePointAt(0)!;
    return { kind: "set", bytes: this.#range(point, point) };
  }

  #escaped(char: string): AsciiSyntax {
    const named = namedClass(char);
    return named === null ? this.#literal(char) : { kind: "set", bytes: named };
  }

  #group(): AsciiSyntax | null {
    if (this.#pattern.startsWith("?:", this.#at)) this.#at += 2;
    const inner = this.choice();
    if (inner === null || this.#pattern[this.#at] !== ")") return null;
    this.#at += 1;
    return inner;
  }

  #quoted(): AsciiSyntax | null {
    const end = this.#pattern.indexOf('"', this.#at);
    if (end === -1) return null;
    const text = this.#pattern.slice(this.#at, end);
    this.#at = end + 1;
    return { kind: "sequence", parts: Array.from(text, (char) => this.#literal(char)) };
  }

  #charClass(): AsciiSyntax | null {
    const isNegated = this.#pattern[this.#at] === "^";
    if (isNegated) this.#at += 1;
    const first = this.#at;
    let bytes = 0n;
    for (;;) {
      if (this.isAtEnd) return null;
      if (this.#pattern[this.#at] === "]" && this.#at > first) break;
      const from = this.#member();
      if (from === null) return null;
      if (typeof from === "bigint") {
        bytes |= from;
        continue;
      }
      const isRange = this.#pattern[this.#at] === "-" && this.#pattern[this.#at + 1] !== "]";
      if (isRange) this.#at += 1;
      const to = isRange ? this.#member() : from;
      if (typeof to !== "number" || to < from) return null;
      bytes |= this.#range(from, to);
    }
    this.#at += 1;
    return { kind: "set", bytes: isNegated ? everything & ~bytes : bytes };
  }

  /** A character of a class, or a set of several. */
  #member(): number | bigint | null {
    if (this.isAtEnd) return null;
    const char = this.#next();
    if (char !== "\\") return char.codePointAt(0)!;
    if (this.isAtEnd) return null;
    const escaped = this.#next();
    return namedClass(escaped) ?? escaped.codePointAt(0)!;
  }

  /** ASCII bytes that are characters from `from` to `to`, or equal one where case does not matter. */
  #range(from: number, to: number): bigint {
    let bytes = 0n;
    for (let point = from; point <= Math.min(to, 127); point += 1) {
      bytes |= 1n << BigInt(point);
      if (this.#isFolded && isLetter(point)) bytes |= 1n << BigInt(point ^ 0x20);
    }
    if (!this.#isFolded) return bytes;
    for (const [point, letter] of foldsToAscii) {
      if (from <= point && point <= to) bytes |= (1n | (1n << 32n)) << BigInt(letter);
    }
    return bytes;
  }

  #repeated(atom: AsciiSyntax): AsciiSyntax {
    let part = atom;
    for (;;) {
      const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(this.#pattern.slice(this.#at));
      if (match === null) return part;
      this.#at += match[0].length;
      const [least, most] = boundsOf(match);
      part = { kind: "repeat", part, least, most };
    }
  }
}

/** Characters beyond ASCII that equal an ASCII letter where case does not matter, and the capital letter. */
const foldsToAscii: readonly (readonly [point: number, letter: number])[] = [
  [0x17f, 0x53],
  [0x212a, 0x4b],
];

function isLetter(point: number): boolean {
  return (point | 0x20) >= 0x61 && (point | 0x20) <= 0x7a;
}

/** The set of `\d`, `\s`, `\w` or, in capitals, of what they leave out; null for other characters. */
function namedClass(char: string): bigint | null {
  switch (char) {
    case "d":
    case "s":
    case "w":
      return setOf(char === "d" ? /\d/ : char === "s" ? /[\t\n\f\r ]/ : /\w/);
    case "D":
    case "S":
    case "W":
      return everything & ~namedClass(char.toLowerCase())!;
    default:
      return null;
  }
}

function setOf(pattern: RegExp): bigint {
  let bytes = 0n;
  for (let byte = 0; byte < 128; byte += 1) {
    if (pattern.test(String.fromCharCode(byte))) bytes |= 1n << BigInt(byte);
  }
  return bytes;
}

function boundsOf(match: RegExpExecArray): readonly [number, number] {
  switch (match[0]) {
    case "*":
      return [0, Number.POSITIVE_INFINITY];
    case "+":
      return [1, Number.POSITIVE_INFINITY];
    case "?":
      return [0, 1];
    default: {
      const least = Number(match[1]);
      if (match[2] === undefined) return [least, least];
      return [least, match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3])];
    }
  }
}
