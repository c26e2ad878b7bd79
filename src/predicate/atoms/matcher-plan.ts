/** Lays the tests of a field down for a kernel's matcher, in the words that kernels/match.h describes. */
import { cidrContains, parseIp } from "../../base/ip.ts";
import type { AsciiAutomaton } from "./ascii-automaton.ts";
import type { AsciiGlob } from "./ascii-glob.ts";
import type { TestedNetwork } from "./network-index.ts";
import type { AsciiPiece, Pattern } from "./pattern.ts";
import { PlanWriter } from "./plan-writer.ts";

/** A pattern of a test. */
export interface TestPattern {
  readonly test: number;
  readonly pattern: Pattern;
}

/** What a scanner compiled. */
export interface CompiledTests {
  /** How many tests there are. */
  readonly atoms: number;
  /** By text: tests that ask whether a text is that one, as it is or folded. */
  readonly exactTexts: ReadonlyMap<string, readonly number[]>;
  readonly foldedTexts: ReadonlyMap<string, readonly number[]>;
  /** Patterns that are tried on every text, and those that are tried where their trigger occurs. */
  readonly always: readonly TestPattern[];
  readonly byTrigger: ReadonlyMap<string, readonly TestPattern[]>;
  readonly networks: readonly TestedNetwork[];
}

/** Values of the enums there. */
const kinds = { piece: 0, glob: 1, host: 2, automaton: 3 } as const;
const triggerPlaces = { anywhere: 0, start: 1, end: 2 } as const;
const flags = { folded: 1, start: 2, end: 4 } as const;

/** Words of the structs there. */
const sizes = { plan: 10, equal: 5, trigger: 4, pattern: 10, network: 3, piece: 3 } as const;

const boundless = 0xffffffff;
const questionMark = 0x3f;

export interface MatcherPlan {
  readonly words: Uint32Array;
  /** By the number that the plan has for a pattern; the number after the last one's stands for all networks. */
  readonly patterns: readonly TestPattern[];
}

/** Only ASCII texts are tried, so texts and triggers beyond ASCII are left out. */
export function matcherPlan(tests: CompiledTests): MatcherPlan {
  const plan = new PlanWriter();
  const { exactTexts, foldedTexts, always, networks } = tests;
  plan.reserve(sizes.plan);
  plan.put(0, [tests.atoms]);
  const equals = plan.reserve((exactTexts.size + foldedTexts.size) * sizes.equal);
  let end = writeEquals(plan, equals, exactTexts, 0);
  end = writeEquals(plan, end, foldedTexts, 1);
  plan.put(1, [equals, (end - equals) / sizes.equal]);
  const patterns = writeTriggers(plan, tests);
  plan.put(5, [writePatterns(plan, patterns), patterns.length, always.length]);
  const network = plan.reserve(networks.length * sizes.network);
  for (const [i, tested] of networks.entries()) {
    plan.put(network + i * sizes.network, networkWords(tested));
  }
  plan.put(8, [network, networks.length]);
  return { words: plan.finish(), patterns };
}

/** Returns the end of what was written. */
function writeEquals(
  plan: PlanWriter,
  start: number,
  texts: ReadonlyMap<string, readonly number[]>,
  isFolded: number,
): number {
  let at = start;
  for (const [text, tests] of texts) {
    const place = plan.text(text);
    if (place === -1) continue;
    plan.put(at, [place, text.length, isFolded, plan.list(tests), tests.length]);
    at += sizes.equal;
  }
  return at;
}

/** Returns all patterns, those of a trigger in a row. */
function writeTriggers(plan: PlanWriter, { always, byTrigger }: CompiledTests): TestPattern[] {
  const patterns = [...always];
  const start = plan.reserve(byTrigger.size * sizes.trigger);
  let at = start;
  for (const [trigger, triggered] of byTrigger) {
    const place = plan.text(trigger);
    if (place === -1) continue;
    plan.put(at, [place, trigger.length, patterns.length, triggered.length]);
    at += sizes.trigger;
    for (const pattern of triggered) patterns.push(pattern);
  }
  plan.put(3, [start, (at - start) / sizes.trigger]);
  return patterns;
}

/** Where a pattern's pieces are, how many, and its automaton. */
type PatternPlaces = readonly [piecesAt: number, pieces: number, automatonAt: number];

/** Returns where they are. */
function writePatterns(plan: PlanWriter, patterns: readonly TestPattern[]): number {
  const start = plan.reserve(patterns.length * sizes.pattern);
  const known = new Map<Pattern, PatternPlaces>();
  for (const [number, { test, pattern }] of patterns.entries()) {
    let places = known.get(pattern);
    if (places === undefined) {
      places = writePieces(plan, pattern);
      known.set(pattern, places);
    }
    const { piece, place, shortest, longest } = pattern;
    const [least, most] = pattern.isBeyondAscii ? neverLong : [shortest, longest];
    const at = start + number * sizes.pattern;
    const flagBits = flagsOf(piece !== null ? globOf(piece) : triedOf(pattern));
    plan.put(at, [kindOf(pattern), test, flagBits, least, Math.min(most, boundless)]);
    plan.put(at + 5, [triggerPlaces[place?.from ?? "anywhere"], place?.distance ?? 0]);
    plan.put(at + 7, places);
  }
  return start;
}

function writePieces(plan: PlanWriter, pattern: Pattern): PatternPlaces {
  const { piece, automaton } = pattern;
  if (piece !== null) return [plan.bytes(piece.bytes), piece.bytes.length, 0];
  const { pieces } = triedOf(pattern);
  const start = plan.reserve(pieces.length * sizes.piece);
  for (const [i, bytes] of pieces.entries()) {
    const isWild = bytes.includes(questionMark) ? 1 : 0;
    plan.put(start + i * sizes.piece, [plan.bytes(bytes), bytes.length, isWild]);
  }
  return [start, pieces.length, automaton === null ? 0 : writeAutomaton(plan, automaton)];
}

function triedOf({ glob, guard }: Pattern): AsciiGlob {
  return glob ?? guard ?? anyText;
}

function kindOf({ piece, glob, automaton }: Pattern): number {
  if (piece !== null) return kinds.piece;
  if (glob !== null) return kinds.glob;
  return automaton !== null ? kinds.automaton : kinds.host;
}

/** Where its words are: start, classes, then as bytes the class of each byte, what is accepted, and the table. */
function writeAutomaton(plan: PlanWriter, automaton: AsciiAutomaton): number {
  const { start, classes, classOf, accepts, table } = automaton;
  const accepting = new Uint8Array(256);
  accepting.set(accepts);
  const place = plan.list([start, classes]);
  for (const bytes of [classOf, accepting, table]) plan.bytes(bytes);
  return place;
}

/** Bounds of the length of no text. */
const neverLong: readonly [number, number] = [1, 0];

const anyText: AsciiGlob = {
  pieces: [],
  isFolded: false,
  isAnchored: { start: false, end: false },
  shortest: 0,
};

function globOf({ bytes, isFolded, anchor }: AsciiPiece): AsciiGlob {
  const isAnchored = { start: anchor === "start", end: anchor === "end" };
  return { pieces: [bytes], isFolded, isAnchored, shortest: bytes.length };
}

function flagsOf({ isFolded, isAnchored }: AsciiGlob): number {
  return (
    (isFolded ? flags.folded : 0) |
    (isAnchored.start ? flags.start : 0) |
    (isAnchored.end ? flags.end : 0)
  );
}

/** What the network says of IPv4 addresses, which are ::ffff:0:0/96: base and mask. */
function networkWords({ network, test }: TestedNetwork): readonly number[] {
  const { bytes, bits } = network;
  if (bits <= 96) {
    const holdsAll = cidrContains(network, parseIp("0.0.0.0")!);
    return [holdsAll ? 0 : 1, 0, test];
  }
  const isV4 = cidrContains({ bytes, bits: 96 }, parseIp("0.0.0.0")!);
  if (!isV4) return [1, 0, test];
  const mask = (boundless << (128 - bits)) >>> 0;
  const base = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12);
  return [(base & mask) >>> 0, mask, test];
}
