/** Literals of tests that are no plain equality: what must occur in a text, and how to make sure. */
import { foldCase } from "../../base/case-folding.ts";
import { compileGlob } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileRegex } from "../../ir/regex.ts";

/** One literal. `matches` is given the text as it is and folded. */
export interface Pattern {
  /** Index of its test. */
  readonly test: number;
  /** Folded text that occurs (folded) in every text that matches; empty where nothing must. */
  readonly trigger: string;
  matches(text: string, folded: string): boolean;
}

/** Triggers are cut to this length: more states find little more. */
const triggerLength = 8;

export function createPattern(index: number, test: TextTest, literal: string): Pattern {
  const { insensitive } = test;
  switch (test.kind) {
    case "regex":
      return regexPattern(index, literal, insensitive);
    case "prefix":
      return plain(index, literal, insensitive, (text, piece) => text.startsWith(piece));
    case "suffix":
      return plain(index, literal, insensitive, (text, piece) => text.endsWith(piece));
    case "contains":
      return plain(
        index,
        literal,
        insensitive,
        (text, piece) => piece !== "" && text.includes(piece),
      );
    default:
      return globPattern(index, literal, insensitive);
  }
}

function plain(
  test: number,
  literal: string,
  insensitive: boolean,
  holds: (text: string, piece: string) => boolean,
): Pattern {
  const folded = foldCase(literal);
  const matches = insensitive
    ? (_text: string, text: string): boolean => holds(text, folded)
    : (text: string): boolean => holds(text, literal);
  return { test, trigger: cut(folded), matches };
}

function globPattern(test: number, literal: string, insensitive: boolean): Pattern {
  const folded = foldCase(literal);
  const pieces = folded.split(/[*?]+/);
  const trigger = cut(longest(pieces));
  const [first, last] = [literal.startsWith("*"), literal.endsWith("*")];
  const inner = literal.slice(first ? 1 : 0, last && literal.length > 1 ? -1 : undefined);
  if (inner !== "" && !/[*?]/.test(inner)) {
    if (first && last)
      return plain(test, inner, insensitive, (text, piece) => text.includes(piece));
    if (first) return plain(test, inner, insensitive, (text, piece) => text.endsWith(piece));
    if (last) return plain(test, inner, insensitive, (text, piece) => text.startsWith(piece));
  }
  const glob = compileGlob(insensitive ? folded : literal);
  return {
    test,
    trigger,
    matches: insensitive ? (_text, text) => glob(text) : (text) => glob(text),
  };
}

function regexPattern(test: number, literal: string, insensitive: boolean): Pattern {
  const regex = compileRegex(literal, insensitive);
  return {
    test,
    trigger: cut(foldCase(requiredText(literal))),
    matches: typeof regex === "function" ? (text) => regex(text) : () => false,
  };
}

/**
 * A text that every match of the expression holds: the longest run of ordinary characters outside
 * groups, where no alternation stands outside groups. Empty where none is certain.
 */
export function requiredText(pattern: string): string {
  const runs: string[] = [""];
  let depth = 0;
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i]!;
    if (char === "|" && depth === 0) return "";
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    const [text, length] = depth === 0 ? ordinary(pattern, i) : ["", skipped(pattern, i)];
    i += length - 1;
    const after = pattern[i + 1] ?? "";
    if (text === "") runs.push("");
    else if ("*?{".includes(after) && after !== "") runs.push("");
    else {
      runs.push(`${runs.pop()}${text}`);
      if (after === "+") runs.push("");
    }
  }
  return longest(runs);
}

/** The ordinary character at `at` (empty where it is none), and how much of the pattern it takes. */
function ordinary(pattern: string, at: number): readonly [string, number] {
  const char = pattern[at]!;
  if (/[A-Za-z0-9_/ =:,;%!'-]/.test(char)) return [char, 1];
  if (char === "\\" && /[^A-Za-z0-9]/.test(pattern[at + 1] ?? "a")) return [pattern[at + 1]!, 2];
  return ["", skipped(pattern, at)];
}

/** Length of what starts at `at` and is no ordinary character: an escape, a class, a count, a quote. */
function skipped(pattern: string, at: number): number {
  const rest = pattern.slice(at);
  const match = /^(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[^}]*\}|"[^"]*")/s.exec(rest);
  return match?.[0].length ?? 1;
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), "");
}

/** The end of a text says more than its start: `/usr/bin/` is common, what follows is not. */
function cut(text: string): string {
  return text.slice(-triggerLength);
}
