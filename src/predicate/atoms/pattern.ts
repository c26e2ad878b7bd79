/** Literals of tests that are no plain equality: what must occur in a text, and how to make sure. */
import { foldCase } from "../../base/case-folding.ts";
import { compileGlob, hasWildcard, type TextMatcher } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileRegex } from "../../ir/regex.ts";
import { type AsciiAutomaton, asciiAutomaton } from "./ascii-automaton.ts";
import { type AsciiGlob, asciiBytes, asciiGlob } from "./ascii-glob.ts";
import { regexShape } from "./regex-shape.ts";

/** One literal. `matches` is given the text as it is and folded. */
export interface Pattern {
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

/** Triggers are cut to this length: more states find little more. */
const triggerLength = 8;

/** Patterns by literal: tests of many rules, of several fields and groups of events ask for the same ones. */
export class PatternPool {
  readonly #byKind: Map<string, Map<string, Pattern>> = new Map();

  /** The pattern of a literal of the test. */
  of({ kind, insensitive }: TextTest, literal: string): Pattern {
    const key = insensitive ? `${kind}~` : kind;
    let patterns = this.#byKind.get(key);
    if (patterns === undefined) {
      patterns = new Map();
      this.#byKind.set(key, patterns);
    }
    let pattern = patterns.get(literal);
    if (pattern === undefined) {
      pattern = createPattern(kind, insensitive, literal);
      patterns.set(literal, pattern);
    }
    return pattern;
  }
}

function createPattern(kind: TextTest["kind"], insensitive: boolean, literal: string): Pattern {
  switch (kind) {
    case "regex":
      return regexPattern(literal, insensitive);
    case "prefix":
      return plain(literal, insensitive, "start");
    case "suffix":
      return plain(literal, insensitive, "end");
    case "contains":
      return plain(literal, insensitive, "anywhere");
    default:
      return globPattern(literal, insensitive);
  }
}

function plain(literal: string, insensitive: boolean, anchor: AsciiPiece["anchor"]): Pattern {
  const folded = foldCase(literal);
  const wanted = insensitive ? folded : literal;
  // An empty literal has no trigger and is tried on every text.
  const bytes = wanted === "" ? null : asciiBytes(wanted);
  const holds = holders[anchor];
  return {
    ...usual,
    trigger: cut(folded),
    piece: bytes === null ? null : { bytes, isFolded: insensitive, anchor },
    matches: insensitive ? (_text, text) => holds(text, folded) : (text) => holds(text, literal),
  };
}

const holders: Readonly<Record<AsciiPiece["anchor"], (text: string, piece: string) => boolean>> = {
  start: (text, piece) => text.startsWith(piece),
  end: (text, piece) => text.endsWith(piece),
  anywhere: (text, piece) => piece !== "" && text.includes(piece),
};

function globPattern(literal: string, insensitive: boolean): Pattern {
  const [first, last] = [literal.startsWith("*"), literal.endsWith("*")];
  const inner = literal.slice(first ? 1 : 0, last && literal.length > 1 ? -1 : undefined);
  if ((first || last) && inner !== "" && !hasWildcard(inner)) {
    return plain(inner, insensitive, first ? (last ? "anywhere" : "end") : "start");
  }
  const folded = foldCase(literal);
  const pieces = folded.split(/[*?]+/);
  const piece = rarest(pieces);
  const wanted = insensitive ? folded : literal;
  // Few patterns are ever tried on a text that is not ASCII.
  let glob: TextMatcher | null = null;
  return {
    ...usual,
    trigger: cut(piece),
    place: placeOf(pieces, piece),
    glob: asciiGlob(wanted, insensitive),
    matches: (text, foldedText) => {
      glob ??= compileGlob(wanted);
      return glob(insensitive ? foldedText : text);
    },
  };
}

/** Only the first and the last piece have a place of their own. */
function placeOf(pieces: readonly string[], piece: string): TriggerPlace | null {
  if (piece === "") return null;
  if (pieces.indexOf(piece) === 0) return { from: "start", distance: piece.length };
  const isLast = pieces.indexOf(piece) === pieces.length - 1;
  return isLast ? { from: "end", distance: 0 } : null;
}

function regexPattern(literal: string, insensitive: boolean): Pattern {
  const regex = compileRegex(literal, insensitive);
  if (typeof regex !== "function") return { ...usual, trigger: "", matches: () => false };
  const { pieces: unfolded, shortest, longest: most, isBeyondAscii } = regexShape(literal);
  const pieces = unfolded.map(foldCase);
  return {
    ...usual,
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
    const rest = mayHoldFolder(piece) ? piece.replace(commonFolders, "").length : piece.length;
    if (rest < bestRest || (rest === bestRest && piece.length <= best.length)) continue;
    best = piece;
    bestRest = rest;
  }
  return best;
}

/** Whether `commonFolders` is worth a look. */
function mayHoldFolder(piece: string): boolean {
  return piece.includes("/") || piece.includes("\\") || piece.includes("program files");
}

/** The end of a piece says more than its start: `/usr/bin/` is common, what follows is not. */
function cut(text: string): string {
  return text.slice(-triggerLength);
}
