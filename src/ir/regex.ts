/**
 * Regular expressions as EQL has them: Lucene's syntax, matched against the whole value, in time
 * linear in the input (RE2JS). Translated character by character, since the two syntaxes differ:
 * in Lucene `^` and `$` are ordinary characters, `"..."` is a literal run, and a backslash makes any
 * character but d, D, s, S, w, W literal.
 */
import { RE2JS } from "re2js";
import type { TextMatcher } from "./glob.ts";

/** Why a pattern can't be used. `feature` names what linear time or this dialect does not offer. */
export interface RegexProblem {
  readonly code: "bad-regex" | "unsupported-regex";
  readonly message: string;
  /** Offset in the pattern. */
  readonly offset: number;
}

/** Repetition counts beyond this are refused by RE2. */
const maxRepeat = 1000;

/** Compiles a pattern, or says what is wrong with it. */
export function compileRegex(pattern: string, insensitive: boolean): TextMatcher | RegexProblem {
  const translated = translate(pattern);
  if (typeof translated !== "string") return translated;
  try {
    const flags = RE2JS.DOTALL | (insensitive ? RE2JS.CASE_INSENSITIVE : 0);
    const regex = RE2JS.compile(translated, flags);
    return (text) => regex.matches(text);
  } catch (error) {
    return { code: "bad-regex", message: reasonOf(error), offset: 0 };
  }
}

/** The pattern in RE2's syntax. */
export function translate(pattern: string): string | RegexProblem {
  return new Translation(pattern).run();
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `the regular expression can't be compiled: ${text}`;
}

const operators: ReadonlyMap<string, string> = new Map([
  ["~", "complement `~`"],
  ["&", "intersection `&`"],
  ["@", "any-string operator `@`"],
  ["#", "empty-language operator `#`"],
]);

class Translation {
  readonly #pattern: string;
  #at = 0;
  #out = "";
  /** Where the last atom starts in `#out`, for repetition; -1 where there is none. */
  #atom = -1;
  readonly #groups: number[] = [];

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  run(): string | RegexProblem {
    while (this.#at < this.#pattern.length) {
      const problem = this.#step();
      if (problem !== null) return problem;
    }
    if (this.#groups.length > 0) return bad("a group is not closed", this.#pattern.length);
    return this.#out;
  }

  #step(): RegexProblem | null {
    const start = this.#at;
    const char = String.fromCodePoint(this.#pattern.codePointAt(start)!);
    const operator = operators.get(char);
    if (operator !== undefined) return unsupported(`the ${operator} of Lucene`, start);
    switch (char) {
      case "(":
        return this.#open();
      case ")":
        return this.#close();
      case "|":
        this.#at += 1;
        this.#out += "|";
        this.#atom = -1;
        return null;
      case "*":
      case "+":
      case "?":
        this.#at += 1;
        return this.#repeat(char, start);
      case "{":
        return this.#counted();
      case "[":
        return this.#charClass();
      case '"':
        return this.#quoted();
      case "\\":
        return this.#escape();
      case "<":
        if (/^<\d+-\d+>/.test(this.#pattern.slice(start))) {
          return unsupported("the numeric interval `<n-m>` of Lucene", start);
        }
        break;
      default:
        break;
    }
    this.#at += char.length;
    this.#emit(char === "." ? "." : quote(char));
    return null;
  }

  #emit(atom: string): void {
    this.#atom = this.#out.length;
    this.#out += atom;
  }

  #open(): RegexProblem | null {
    const start = this.#at;
    const rest = this.#pattern.slice(start, start + 4);
    if (/^\(\?(<?[=!])/.test(rest)) return unsupported("look-around", start);
    if (rest.startsWith("(?:")) this.#at += 3;
    else if (rest.startsWith("(?")) return unsupported("an inline group option `(?`", start);
    else this.#at += 1;
    this.#groups.push(this.#out.length);
    this.#out += "(?:";
    this.#atom = -1;
    return null;
  }

  #close(): RegexProblem | null {
    const start = this.#groups.pop();
    if (start === undefined) return bad("`)` without `(`", this.#at);
    this.#at += 1;
    this.#out += ")";
    this.#atom = start;
    return null;
  }

  #repeat(suffix: string, offset: number): RegexProblem | null {
    if (this.#atom === -1) return bad(`\`${suffix}\` has nothing to repeat`, offset);
    const atom = this.#out.slice(this.#atom);
    this.#out = `${this.#out.slice(0, this.#atom)}(?:${atom})${suffix}`;
    return null;
  }

  #counted(): RegexProblem | null {
    const start = this.#at;
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#pattern.slice(start));
    if (match === null) return bad("`{` is not followed by a repetition such as `{2,5}`", start);
    const low = Number(match[1]);
    const high = match[3] === undefined || match[3] === "" ? low : Number(match[3]);
    if (low > maxRepeat || high > maxRepeat) {
      return bad(`a repetition of more than ${maxRepeat}`, start);
    }
    if (high < low) return bad("a repetition whose bounds are the wrong way round", start);
    this.#at += match[0].length;
    return this.#repeat(match[0], start);
  }

  #quoted(): RegexProblem | null {
    const start = this.#at;
    const end = this.#pattern.indexOf('"', start + 1);
    if (end === -1) return bad('`"` is not closed', start);
    this.#at = end + 1;
    this.#emit(`(?:${quote(this.#pattern.slice(start + 1, end))})`);
    return null;
  }

  #escape(): RegexProblem | null {
    const start = this.#at;
    const next = this.#pattern.codePointAt(start + 1);
    if (next === undefined) return bad("a backslash at the end", start);
    const char = String.fromCodePoint(next);
    if (/[1-9]/.test(char)) return unsupported("a back-reference", start);
    this.#at += 1 + char.length;
    this.#emit(/[dDsSwW]/.test(char) ? `\\${char}` : quote(char));
    return null;
  }

  #charClass(): RegexProblem | null {
    const start = this.#at;
    let at = start + 1;
    let out = "[";
    if (this.#pattern[at] === "^") {
      out += "^";
      at += 1;
    }
    const first = at;
    for (;;) {
      const point = this.#pattern.codePointAt(at);
      if (point === undefined) return bad("`[` is not closed", start);
      let char = String.fromCodePoint(point);
      if (char === "]" && at > first) break;
      at += char.length;
      if (char === "-") {
        out += at - 1 === first || this.#pattern[at] === "]" ? "\\-" : "-";
        continue;
      }
      if (char === "\\") {
        const escaped = this.#pattern.codePointAt(at);
        if (escaped === undefined) return bad("`[` is not closed", start);
        char = String.fromCodePoint(escaped);
        at += char.length;
        if (/[dDsSwW]/.test(char)) {
          out += `\\${char}`;
          continue;
        }
      }
      out += quote(char);
    }
    this.#at = at + 1;
    this.#emit(`${out}]`);
    return null;
  }
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|-]/g, (char) => `\\${char}`);
}

function bad(message: string, offset: number): RegexProblem {
  return { code: "bad-regex", message, offset };
}

function unsupported(feature: string, offset: number): RegexProblem {
  return { code: "unsupported-regex", message: `${feature} is not supported`, offset };
}
