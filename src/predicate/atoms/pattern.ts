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
      return new PlainPattern(literal, insensitive, "start");
    case "suffix":
      return new PlainPattern(literal, insensitive, "end");
    case "contains":
      return new PlainPattern(literal, insensitive, "anywhere");
    default:
      return globPattern(literal, insensitive);
  }
}

/** Asks for one piece of a text. */
class PlainPattern implements Pattern {
  readonly trigger: string;
  readonly piece: AsciiPiece | null;
  readonly glob: null = null;
  readonly guard: null = null;
  readonly automaton: null = null;
  readonly place: null = null;
  readonly shortest: number = 0;
  readonly longest: number = Number.POSITIVE_INFINITY;
  readonly isBeyondAscii: boolean = false;
  readonly #wanted: string;
  readonly #insensitive: boolean;
  readonly #anchor: AsciiPiece["anchor"];

  constructor(literal: string, insensitive: boolean, anchor: AsciiPiece["anchor"]) {
    const folded = foldCase(literal);
    this.trigger = cut(folded);
    this.#wanted = insensitive ? folded : literal;
    this.#insensitive = insensitive;
    this.#anchor = anchor;
    // An empty literal has no trigger and is tried on every text.
    const bytes = this.#wanted === "" ? null : asciiBytes(this.#wanted);
    this.piece = bytes === null ? null : { bytes, isFolded: insensitive, anchor };
  }

  matches(text: string, folded: string): boolean {
    return holders[this.#anchor](this.#insensitive ? folded : text, this.#wanted);
  }
}

const holders: Readonly<Record<AsciiPiece["anchor"], (text: string, piece: string) => boolean>> = {
  start: (text, piece) => text.startsWith(piece),
  end: (text, piece) => text.endsWith(piece),
  anywhere: (text, piece) => piece !== "" && text.includes(piece),
};

function globPattern(literal: string, insensitive: boolean): Pattern {
  const [first, last] = [literal.startsWith("*"), literal.endsWith("*")];
  if (first || last) {
    const inner = literal.slice(first ? 1 : 0, last && literal.length > 1 ? -1 : undefined);
    if (inner !== "" && !hasWildcard(inner)) {
      return new PlainPattern(inner, insensitive, first ? (last ? "anywhere" : "end") : "start");
    }
  }
  return new GlobPattern(literal, insensitive);
}

class GlobPattern implements Pattern {
  readonly trigger: string;
  readonly piece: null = null;
  readonly glob: AsciiGlob | null;
  readonly guard: null = null;
  readonly automaton: null = null;
  readonly place: TriggerPlace | null;
  readonly shortest: number = 0;
  readonly longest: number = Number.POSITIVE_INFINITY;
  readonly isBeyondAscii: boolean = false;
  readonly #wanted: string;
  readonly #insensitive: boolean;
  /** Made when it is first wanted: few patterns are ever tried on a text that is not ASCII. */
  #matcher: TextMatcher | null = null;

  constructor(literal: string, insensitive: boolean) {
    const folded = foldCase(literal);
    const pieces = piecesOf(folded);
    const piece = rarest(pieces);
    this.#wanted = insensitive ? folded : literal;
    this.#insensitive = insensitive;
    this.trigger = cut(piece);
    this.place = placeOf(pieces, piece);
    this.glob = asciiGlob(this.#wanted, insensitive);
  }

  matches(text: string, folded: string): boolean {
    this.#matcher ??= compileGlob(this.#wanted);
    return this.#matcher(this.#insensitive ? folded : text);
  }
}

/** What stands between runs of wildcards, before the first and after the last. */
function piecesOf(pattern: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    if (!isWildcard(pattern.charCodeAt(at))) continue;
    pieces.push(pattern.slice(start, at));
    while (isWildcard(pattern.charCodeAt(at + 1))) at += 1;
    start = at + 1;
  }
  pieces.push(pattern.slice(start));
  return pieces;
}

function isWildcard(unit: number): boolean {
  return unit === 0x2a || unit === 0x3f;
}

/** Only the first and the last piece have a place of their own. */
function placeOf(pieces: readonly string[], piece: string): TriggerPlace | null {
  if (piece === "") return null;
  if (pieces.indexOf(piece) === 0) return { from: "start", distance: piece.length };
  const isLast = pieces.indexOf(piece) === pieces.length - 1;
  return isLast ? { from: "end", distance: 0 } : null;
}

/** Of an expression that can't be compiled. */
const noMatch: Pattern = {
  piece: null,
  glob: null,
  guard: null,
  automaton: null,
  place: null,
  trigger: "",
  shortest: 0,
  longest: Number.POSITIVE_INFINITY,
  isBeyondAscii: false,
  matches: () => false,
};

function regexPattern(literal: string, insensitive: boolean): Pattern {
  const regex = compileRegex(literal, insensitive);
  if (typeof regex !== "function") return noMatch;
  const { pieces: unfolded, shortest, longest: most, isBeyondAscii } = regexShape(literal);
  const pieces = unfolded.map(foldCase);
  return {
    piece: null,
    glob: null,
    place: null,
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
