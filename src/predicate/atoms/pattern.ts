/** Literals of tests that are no plain equality: what must occur in a text, and how to make sure. */
import { foldCase } from "../../base/case-folding.ts";
import { compileGlob } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileRegex } from "../../ir/regex.ts";
import { type AsciiAutomaton, asciiAutomaton } from "./ascii-automaton.ts";
import { type AsciiGlob, asciiGlob } from "./ascii-glob.ts";
import { regexShape } from "./regex-shape.ts";

/** One literal. `matches` is given the text as it is and folded. */
export interface Pattern {
  /** Index of its test. */
  readonly test: number;
  /** Folded text that occurs (folded) in every text that matches; empty where nothing must. */
  readonly trigger: string;
  /** What it comes to where a text is ASCII and a plain piece of it is asked for; else null. */
  readonly piece: AsciiPiece | null;
  /** A wildcard pattern as it is matched against ASCII texts; else null. */
  readonly glob: AsciiGlob | null;
  /** Of an expression: what every ASCII text that matches also matches; null for nothing that is cheaper. */
  readonly guard: AsciiGlob | null;
  /** Of an expression: how ASCII texts are matched; null where it is too large for that. */
  readonly automaton: AsciiAutomaton | null;
  /** Where the trigger must be: at a fixed distance from the text's start or end; else null. */
  readonly place: TriggerPlace | null;
  /** Bounds of the length of texts that match, in UTF-16 units. */
  readonly shortest: number;
  readonly longest: number;
  /** Whether texts that match hold a character beyond ASCII. */
  readonly isBeyondAscii: boolean;
  matches(text: string, folded: string): boolean;
}

/** A piece that a text starts with, ends with or holds. */
export interface AsciiPiece {
  /** Folded where case does not matter. */
  readonly bytes: Uint8Array;
  readonly isFolded: boolean;
  readonly anchor: "start" | "end" | "anywhere";
}

/** Units from the text's start to the trigger's end, or from there to the text's end. */
export interface TriggerPlace {
  readonly from: "start" | "end";
  readonly distance: number;
}

/** What most patterns have in common. */
const usual = {
  piece: null,
  glob: null,
  guard: null,
  automaton: null,
  place: null,
  shortest: 0,
  longest: Number.POSITIVE_INFINITY,
  isBeyondAscii: false,
} as const;

const notAscii = /[\u0080-\uffff]/;

/** Triggers are cut to this length: more states find little more. */
const triggerLength = 8;

export function createPattern(index: number, test: TextTest, literal: string): Pattern {
  const { insensitive } = test;
  switch (test.kind) {
    case "regex":
      return regexPattern(index, literal, insensitive);
    case "prefix":
      return plain(index, literal, insensitive, "start");
    case "suffix":
      return plain(index, literal, insensitive, "end");
    case "contains":
      return plain(index, literal, insensitive, "anywhere");
    default:
      return globPattern(index, literal, insensitive);
  }
}

function plain(
  test: number,
  literal: string,
  insensitive: boolean,
  anchor: AsciiPiece["anchor"],
): Pattern {
  const folded = foldCase(literal);
  const wanted = insensitive ? folded : literal;
  const holds = holders[anchor];
  return {
    ...usual,
    test,
    trigger: cut(folded),
    // An empty literal has no trigger and is tried on every text.
    piece: notAscii.test(wanted) || wanted === "" ? null : pieceOf(wanted, insensitive, anchor),
    matches: insensitive ? (_text, text) => holds(text, folded) : (text) => holds(text, literal),
  };
}

const holders: Readonly<Record<AsciiPiece["anchor"], (text: string, piece: string) => boolean>> = {
  start: (text, piece) => text.startsWith(piece),
  end: (text, piece) => text.endsWith(piece),
  anywhere: (text, piece) => piece !== "" && text.includes(piece),
};

function pieceOf(text: string, isFolded: boolean, anchor: AsciiPiece["anchor"]): AsciiPiece {
  return { bytes: new TextEncoder().encode(text), isFolded, anchor };
}

function globPattern(test: number, literal: string, insensitive: boolean): Pattern {
  const folded = foldCase(literal);
  const pieces = folded.split(/[*?]+/);
  const piece = rarest(pieces);
  const [first, last] = [literal.startsWith("*"), literal.endsWith("*")];
  const inner = literal.slice(first ? 1 : 0, last && literal.length > 1 ? -1 : undefined);
  if (inner !== "" && !/[*?]/.test(inner)) {
    if (first && last) return plain(test, inner, insensitive, "anywhere");
    if (first) return plain(test, inner, insensitive, "end");
    if (last) return plain(test, inner, insensitive, "start");
  }
  const glob = compileGlob(insensitive ? folded : literal);
  return {
    ...usual,
    test,
    trigger: cut(piece),
    place: placeOf(pieces, piece),
    glob: asciiGlob(insensitive ? folded : literal, insensitive),
    matches: insensitive ? (_text, text) => glob(text) : (text) => glob(text),
  };
}

/** Only the first and the last piece have a place of their own. */
function placeOf(pieces: readonly string[], piece: string): TriggerPlace | null {
  if (piece === "") return null;
  if (pieces.indexOf(piece) === 0) return { from: "start", distance: piece.length };
  const isLast = pieces.indexOf(piece) === pieces.length - 1;
  return isLast ? { from: "end", distance: 0 } : null;
}

function regexPattern(test: number, literal: string, insensitive: boolean): Pattern {
  const regex = compileRegex(literal, insensitive);
  if (typeof regex !== "function") return { ...usual, test, trigger: "", matches: () => false };
  const { pieces: unfolded, shortest, longest: most, isBeyondAscii } = regexShape(literal);
  const pieces = unfolded.map(foldCase);
  return {
    ...usual,
    test,
    trigger: cut(rarest(pieces)),
    guard: pieces.length === 0 ? null : asciiGlob(`*${pieces.join("*")}*`, true),
    automaton: isBeyondAscii ? null : asciiAutomaton(literal, insensitive),
    shortest,
    longest: most,
    isBeyondAscii,
    matches: (text, folded) => holdsInOrder(folded, pieces) && regex(text),
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

/**
 * Folders in which much of what a host does takes place: patterns that ask for one of them and for something
 * else are seldom right where only the folder is there.
 */
const commonFolders =
  /\/(?:home|usr|bin|sbin|etc|var|tmp|root|lib|lib64|local|opt|share|proc|run|dev|users)(?=\/|$)|c:\\|windows\\|system32\\|program files|users\\|appdata\\/g;

/** The piece that is longest without the folders that are common; of equal ones the longest as it is. */
function rarest(pieces: readonly string[]): string {
  let best = "";
  let bestRest = 0;
  for (const piece of pieces) {
    const rest = piece.replace(commonFolders, "").length;
    if (rest < bestRest || (rest === bestRest && piece.length <= best.length)) continue;
    best = piece;
    bestRest = rest;
  }
  return best;
}

/** The end of a piece says more than its start: `/usr/bin/` is common, what follows is not. */
function cut(text: string): string {
  return text.slice(-triggerLength);
}
