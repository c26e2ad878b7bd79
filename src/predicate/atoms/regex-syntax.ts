/** Reads a regular expression (Lucene's syntax, as ir/regex.ts translates it) into a tree. */

/** A part of an expression. */
export type RegexSyntax =
  | { readonly kind: "char"; readonly point: number }
  | CharClass
  | { readonly kind: "sequence"; readonly parts: readonly RegexSyntax[] }
  | { readonly kind: "choice"; readonly parts: readonly RegexSyntax[] }
  /** `most` may be infinite. */
  | {
      readonly kind: "repeat";
      readonly part: RegexSyntax;
      readonly least: number;
      readonly most: number;
    };

/** One character that is in a range or named class, or if `isNegated` in none of them. */
export interface CharClass {
  readonly kind: "class";
  readonly isNegated: boolean;
  /** Code points, both ends included. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** Letters of `\d`, `\s`, `\w` and their complements in capitals. */
  readonly named: readonly NamedClass[];
}

export type NamedClass = "d" | "D" | "s" | "S" | "w" | "W";

const everything: CharClass = { kind: "class", isNegated: true, ranges: [], named: [] };

/** Characters that an ASCII letter equals where case does not matter: the long s and the Kelvin sign. */
export const foldedLetters: ReadonlyMap<number, string> = new Map([
  [0x17f, "s"],
  [0x212a, "k"],
]);

/** Null where the expression can't be read; one that `compileRegex` refuses may be read all the same. */
export function parseRegex(pattern: string): RegexSyntax | null {
  const reader = new SyntaxReader(pattern);
  const syntax = reader.choice();
  return reader.isAtEnd ? syntax : null;
}

class SyntaxReader {
  readonly #pattern: string;
  #at: number = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  choice(): RegexSyntax | null {
    const parts: RegexSyntax[] = [];
    for (;;) {
      const part = this.#sequence();
      if (part === null) return null;
      parts.push(part);
      if (this.#pattern[this.#at] !== "|") break;
      this.#at += 1;
    }
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): RegexSyntax | null {
    const parts: RegexSyntax[] = [];
    while (!this.isAtEnd && !"|)".includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      if (atom === null) return null;
      parts.push(this.#repeated(atom));
    }
    return { kind: "sequence", parts };
  }

  #atom(): RegexSyntax | null {
    const char = this.#next();
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#charClass();
      case ".":
        return everything;
      case '"':
        return this.#quoted();
      case "\\":
        return this.isAtEnd ? null : escaped(this.#next());
      default:
        return "*+?{~&@#<".includes(char) ? null : literal(char);
    }
  }

  #next(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    this.#at += char.length;
    return char;
  }

  #group(): RegexSyntax | null {
    if (this.#pattern.startsWith("?:", this.#at)) this.#at += 2;
    const inner = this.choice();
    if (inner === null || this.#pattern[this.#at] !== ")") return null;
    this.#at += 1;
    return inner;
  }

  /** What stands in quotes is repeated as a whole. */
  #quoted(): RegexSyntax | null {
    const end = this.#pattern.indexOf('"', this.#at);
    if (end === -1) return null;
    const text = this.#pattern.slice(this.#at, end);
    this.#at = end + 1;
    return { kind: "sequence", parts: Array.from(text, literal) };
  }

  #charClass(): RegexSyntax | null {
    const isNegated = this.#pattern[this.#at] === "^";
    if (isNegated) this.#at += 1;
    const first = this.#at;
    const ranges: [number, number][] = [];
    const named: NamedClass[] = [];
    for (;;) {
      if (this.isAtEnd) return null;
      if (this.#pattern[this.#at] === "]" && this.#at > first) break;
      const from = this.#member();
      if (from === null) return null;
      if (typeof from === "string") {
        named.push(from);
        continue;
      }
      const isRange = this.#pattern[this.#at] === "-" && this.#pattern[this.#at + 1] !== "]";
      if (isRange) this.#at += 1;
      const to = isRange ? this.#member() : from;
      if (typeof to !== "number" || to < from) return null;
      ranges.push([from, to]);
    }
    this.#at += 1;
    return { kind: "class", isNegated, ranges, named };
  }

  /** A character of a class, or several by their name. */
  #member(): number | NamedClass | null {
    if (this.isAtEnd) return null;
    const char = this.#next();
    if (char !== "\\") return char.codePointAt(0)!;
    if (this.isAtEnd) return null;
    const after = this.#next();
    return isNamed(after) ? after : after.codePointAt(0)!;
  }

  #repeated(atom: RegexSyntax): RegexSyntax {
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

function literal(char: string): RegexSyntax {
  return { kind: "char", point: char.codePointAt(0)! };
}

function escaped(char: string): RegexSyntax {
  if (!isNamed(char)) return literal(char);
  return { kind: "class", isNegated: false, ranges: [], named: [char] };
}

function isNamed(char: string): char is NamedClass {
  return /^[dDsSwW]$/.test(char);
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
