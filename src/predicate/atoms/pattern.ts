/** Literals of tests that are no plain equality: what must occur in a text, and how to make sure. */
import { foldCase } from "../../base/case-folding.ts";
import { compileGlob } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileRegex } from "../../ir/regex.ts";
import { regexShape } from "./regex-shape.ts";

/** One literal. `matches` is given the text as it is and folded. */
export interface Pattern {
  /** Index of its test. */
  readonly test: number;
  /** Folded text that occurs (folded) in every text that matches; empty where nothing must. */
  readonly trigger: string;
  matches(text: string, folded: string): boolean;
}

const notAscii = /[\u0080-\uffff]/;

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
  if (typeof regex !== "function") return { test, trigger: "", matches: () => false };
  const shape = regexShape(literal);
  const pieces = shape.pieces.map(foldCase);
  return {
    test,
    trigger: cut(longest(pieces)),
    matches: (text, folded) => {
      if (text.length < shape.shortest || text.length > shape.longest) return false;
      if (shape.isBeyondAscii && !notAscii.test(text)) return false;
      return holdsInOrder(folded, pieces) && regex(text);
    },
  };
}

function holdsInOrder(text: string, pieces: readonly string[]): boolean {
  let at = 0;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), "");
}

/** The end of a text says more than its start: `/usr/bin/` is common, what follows is not. */
function cut(text: string): string {
  return text.slice(-triggerLength);
}
