/**
 * What can be said of every match of a regular expression (Lucene's syntax, ir/regex.ts) without running
 * it: texts that it holds in order, how long it is, and whether it is more than ASCII. Most texts are
 * ruled out by that, at a small part of the price.
 */

export interface RegexShape {
  /** Texts that every match holds, in this order and apart from each other; none empty. */
  readonly pieces: readonly string[];
  /** Bounds of a match's length in UTF-16 units. */
  readonly shortest: number;
  readonly longest: number;
  /** Whether every match holds a character beyond ASCII. */
  readonly isBeyondAscii: boolean;
}

const anything: RegexShape = {
  pieces: [],
  shortest: 0,
  longest: Number.POSITIVE_INFINITY,
  isBeyondAscii: false,
};

/** The shape of a pattern; of one that can't be read, that of anything. */
export function regexShape(pattern: string): RegexShape {
  const reader = new ShapeReader(pattern);
  const shape = reader.alternation();
  return shape !== null && reader.isAtEnd ? shape : anything;
}

/** Characters beyond ASCII that equal an ASCII letter where case does not matter. */
const foldsToAscii = /[\u017f\u212a]/;

class ShapeReader {
  readonly #pattern: string;
  #at: number = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  /** Null where the pattern can't be read. */
  alternation(): RegexShape | null {
    const branches: RegexShape[] = [];
    for (;;) {
      const branch = this.#sequence();
      if (branch === null) return null;
      branches.push(branch);
      if (this.#pattern[this.#at] !== "|") break;
      this.#at += 1;
    }
    if (branches.length === 1) return branches[0]!;
    return {
      pieces: [],
      shortest: Math.min(...branches.map((branch) => branch.shortest)),
      longest: Math.max(...branches.map((branch) => branch.longest)),
      isBeyondAscii: branches.every((branch) => branch.isBeyondAscii),
    };
  }

  #sequence(): RegexShape | null {
    const pieces: string[] = [];
    let run = "";
    let [shortest, longest, isBeyondAscii] = [0, 0, false];
    const endRun = (): void => {
      if (run !== "") pieces.push(run);
      run = "";
    };
    while (!this.isAtEnd && !"|)".includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      if (atom === null) return null;
      const [low, high] = this.#repetition();
      shortest += low * atom.shape.shortest;
      longest += high === 0 ? 0 : high * atom.shape.longest;
      if (low > 0) isBeyondAscii ||= atom.shape.isBeyondAscii;
      const isOnce = low === 1 && high === 1;
      if (low > 0 && atom.isLiteral) run += atom.shape.pieces[0]!;
      if (isOnce && atom.isLiteral) continue;
      endRun();
      if (low > 0 && !atom.isLiteral) pieces.push(...atom.shape.pieces);
    }
    endRun();
    return { pieces, shortest, longest, isBeyondAscii };
  }

  #atom(): { readonly shape: RegexShape; readonly isLiteral: boolean } | null {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    this.#at += char.length;
    switch (char) {
      case "(":
        return this.#group();
      case ".":
        return { shape: { ...anything, shortest: 1, longest: 2 }, isLiteral: false };
      case "[":
        return this.#charClass();
      case '"':
        return this.#quoted();
      case "\\":
        return this.#escape();
      default:
        return "*+?{~&@#<".includes(char) ? null : literal(char);
    }
  }

  #group(): { readonly shape: RegexShape; readonly isLiteral: boolean } | null {
    if (this.#pattern.startsWith("?:", this.#at)) this.#at += 2;
    const shape = this.alternation();
    if (shape === null || this.#pattern[this.#at] !== ")") return null;
    this.#at += 1;
    return { shape, isLiteral: false };
  }

  #charClass(): { readonly shape: RegexShape; readonly isLiteral: boolean } | null {
    const match = /^\^?\]?(?:\\.|[^\]\\])*\]/s.exec(this.#pattern.slice(this.#at));
    if (match === null) return null;
    this.#at += match[0].length;
    const inner = match[0].slice(0, -1);
    const isBeyondAscii = /^[^\0-\x7f](?:[^\0-\x7f]|-(?=[^\0-\x7f]))*$/u.test(inner);
    const isPlain = /^(?!\^)[\0-\x7f]*$/.test(inner) && !/\\[DSW]/.test(inner);
    const shape = {
      pieces: [],
      shortest: 1,
      longest: isPlain ? 1 : 2,
      isBeyondAscii: isBeyondAscii && !foldsToAscii.test(inner) && !mayFold(inner),
    };
    return { shape, isLiteral: false };
  }

  #quoted(): { readonly shape: RegexShape; readonly isLiteral: boolean } | null {
    const end = this.#pattern.indexOf('"', this.#at);
    if (end === -1) return null;
    const text = this.#pattern.slice(this.#at, end);
    this.#at = end + 1;
    // A run in quotes is repeated as a whole.
    return {
      shape: { ...literal(text).shape, pieces: text === "" ? [] : [text] },
      isLiteral: false,
    };
  }

  #escape(): { readonly shape: RegexShape; readonly isLiteral: boolean } | null {
    const point = this.#pattern.codePointAt(this.#at);
    if (point === undefined) return null;
    const char = String.fromCodePoint(point);
    this.#at += char.length;
    if (!/[dDsSwW]/.test(char)) return literal(char);
    const longest = /[DSW]/.test(char) ? 2 : 1;
    return { shape: { ...anything, shortest: 1, longest }, isLiteral: false };
  }

  /** The bounds of the repetition that follows; once where there is none. */
  #repetition(): readonly [low: number, high: number] {
    let [low, high] = [1, 1];
    for (;;) {
      const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(this.#pattern.slice(this.#at));
      if (match === null) return [low, high];
      this.#at += match[0].length;
      const [least, most] = boundsOf(match);
      low *= least;
      high = most === 0 || high === 0 ? 0 : high * most;
    }
  }
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
      const low = Number(match[1]);
      if (match[2] === undefined) return [low, low];
      return [low, match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3])];
    }
  }
}

function literal(text: string): { readonly shape: RegexShape; readonly isLiteral: boolean } {
  const { length } = text;
  const shape = { pieces: [text], shortest: length, longest: length, isBeyondAscii: false };
  return { shape, isLiteral: true };
}

/** Whether a class holds a range in which such a character lies. */
function mayFold(inner: string): boolean {
  for (const [, first, last] of inner.matchAll(/(.)-(.)/gu)) {
    for (const point of [0x17f, 0x212a]) {
      if (first!.codePointAt(0)! <= point && point <= last!.codePointAt(0)!) return true;
    }
  }
  return false;
}
