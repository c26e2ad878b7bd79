/**
 * What can be said of every match of a regular expression without running it: texts that it holds in order, how
 * long it is, and whether it is more than ASCII. Most texts are ruled out by that, at a small part of the price.
 */
import { type CharClass, foldedLetters, parseRegex, type RegexSyntax } from "./regex-syntax.ts";

export interface RegexShape {
  /** Texts that every match holds, in this order and apart from each other; none empty. */
  readonly pieces: readonly string[];
  /** Bounds of a match's length in UTF-16 units. */
  readonly shortest: number;
  readonly longest: number;
  /** Whether every match holds a character beyond ASCII, whatever its case. */
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
  const syntax = parseRegex(pattern);
  return syntax === null ? anything : shapeOf(syntax);
}

function shapeOf(syntax: RegexSyntax): RegexShape {
  switch (syntax.kind) {
    case "char":
      return shapeOfChar(syntax.point);
    case "class":
      return shapeOfClass(syntax);
    case "sequence":
      return shapeOfSequence(syntax.parts);
    case "choice":
      return shapeOfChoice(syntax.parts.map(shapeOf));
    case "repeat":
      return shapeOfRepeat(shapeOf(syntax.part), syntax.least, syntax.most);
  }
}

const lastAscii = 0x7f;
/** The last character that is one UTF-16 unit. */
const lastOfOneUnit = 0xffff;

function shapeOfChar(point: number): RegexShape {
  const text = String.fromCodePoint(point);
  const isBeyondAscii = point > lastAscii && !foldedLetters.has(point);
  return { pieces: [text], shortest: text.length, longest: text.length, isBeyondAscii };
}

function shapeOfClass({ isNegated, ranges, named }: CharClass): RegexShape {
  // Named classes in small letters are ASCII, those in capitals all but some of it.
  const isShort =
    !isNegated &&
    ranges.every(([, to]) => to <= lastOfOneUnit) &&
    named.every((name) => name === name.toLowerCase());
  const isBeyondAscii =
    !isNegated && named.length === 0 && ranges.length > 0 && ranges.every(isRangeBeyondAscii);
  return { pieces: [], shortest: 1, longest: isShort ? 1 : 2, isBeyondAscii };
}

function isRangeBeyondAscii([from, to]: readonly [number, number]): boolean {
  for (const point of foldedLetters.keys()) if (from <= point && point <= to) return false;
  return from > lastAscii;
}

/** Characters that follow each other are one piece; of one that is repeated, the first belongs to it. */
function shapeOfSequence(parts: readonly RegexSyntax[]): RegexShape {
  const pieces: string[] = [];
  let run = "";
  let [shortest, longest, isBeyondAscii] = [0, 0, false];
  for (const part of parts) {
    const shape = shapeOf(part);
    shortest += shape.shortest;
    longest += shape.longest;
    isBeyondAscii ||= shape.isBeyondAscii;
    const joins = part.kind === "char" || (part.kind === "repeat" && part.part.kind === "char");
    if (joins) run += shape.pieces[0] ?? "";
    if (part.kind === "char") continue;
    if (run !== "") pieces.push(run);
    run = "";
    if (!joins) pieces.push(...shape.pieces);
  }
  if (run !== "") pieces.push(run);
  return { pieces, shortest, longest, isBeyondAscii };
}

function shapeOfChoice(branches: readonly RegexShape[]): RegexShape {
  return {
    pieces: [],
    shortest: Math.min(...branches.map((branch) => branch.shortest)),
    longest: Math.max(...branches.map((branch) => branch.longest)),
    isBeyondAscii: branches.every((branch) => branch.isBeyondAscii),
  };
}

function shapeOfRepeat(part: RegexShape, least: number, most: number): RegexShape {
  return {
    pieces: least > 0 ? part.pieces : [],
    shortest: least * part.shortest,
    longest: most === 0 || part.longest === 0 ? 0 : most * part.longest,
    isBeyondAscii: least > 0 && part.isBeyondAscii,
  };
}
