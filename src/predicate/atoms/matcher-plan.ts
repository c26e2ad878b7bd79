/** Lays the tests of a field down for a kernel's matcher, in the words that kernels/match.h describes. */
import { cidrContains, parseIp } from "../../base/ip.ts";
import type { AsciiAutomaton } from "./ascii-automaton.ts";
import type { AsciiGlob } from "./ascii-glob.ts";
import type { TestedNetwork } from "./network-index.ts";
import type { AsciiPiece, Pattern } from "./pattern.ts";

/** What a scanner compiled. */
export interface CompiledTests {
  /** How many tests there are. */
  readonly atoms: number;
  /** By text: tests that ask whether a text is that one, as it is or folded. */
  readonly exactTexts: ReadonlyMap<string, readonly number[]>;
  readonly foldedTexts: ReadonlyMap<string, readonly number[]>;
  /** Patterns that are tried on every text, and those that are tried where their trigger occurs. */
  readonly always: readonly Pattern[];
  readonly byTrigger: ReadonlyMap<string, readonly Pattern[]>;
  readonly networks: readonly TestedNetwork[];
}

/** Values of the enums there. */
const kinds = { piece: 0, glob: 1, host: 2, automaton: 3 } as const;
const places = { anywhere: 0, start: 1, end: 2 } as const;
const flags = { folded: 1, start: 2, end: 4 } as const;

const headerWords = 10;
/** Words after the plan that the kernel may read. */
const slackWords = 8;
const boundless = 0xffffffff;
const notAscii = /[\u0080-\uffff]/;

export interface MatcherPlan {
  readonly words: Uint32Array;
  /** By the number that the plan has for a pattern; the number after the last one's stands for all networks. */
  readonly patterns: readonly Pattern[];
}

/** Only ASCII texts are tried, so texts and triggers beyond ASCII are left out. */
export function matcherPlan(tests: CompiledTests): MatcherPlan {
  const pool = new WordPool();
  const equals = [
    ...equalWords(pool, tests.exactTexts, false),
    ...equalWords(pool, tests.foldedTexts, true),
  ];
  const { always, byTrigger } = tests;
  const patterns = [...always];
  const triggers: number[][] = [];
  for (const [trigger, triggered] of byTrigger) {
    if (notAscii.test(trigger)) continue;
    triggers.push([pool.text(trigger), trigger.length, patterns.length, triggered.length]);
    patterns.push(...triggered);
  }
  const patternWords = patterns.map((pattern) => wordsOf(pool, pattern));
  const networks = tests.networks.map(networkWords);
  const header = [
    tests.atoms,
    ...[pool.list(equals.flat()), equals.length],
    ...[pool.list(triggers.flat()), triggers.length],
    ...[pool.list(patternWords.flat()), patterns.length, always.length],
    ...[pool.list(networks.flat()), networks.length],
  ];
  return { words: pool.behind(header), patterns };
}

function equalWords(
  pool: WordPool,
  texts: ReadonlyMap<string, readonly number[]>,
  isFolded: boolean,
): number[][] {
  return [...texts]
    .filter(([text]) => !notAscii.test(text))
    .map(([text, tests]) => [
      ...[pool.text(text), text.length, isFolded ? 1 : 0],
      ...[pool.list(tests), tests.length],
    ]);
}

function wordsOf(pool: WordPool, pattern: Pattern): readonly number[] {
  const { test, piece, glob, guard, automaton, place, shortest, longest } = pattern;
  const tried = piece !== null ? globOf(piece) : (glob ?? guard ?? anyText);
  const { pieces } = tried;
  return [
    ...[kindOf(pattern), test, flagsOf(tried)],
    ...(pattern.isBeyondAscii ? neverLong : [shortest, Math.min(longest, boundless)]),
    ...[places[place?.from ?? "anywhere"], place?.distance ?? 0],
    ...(piece !== null
      ? [pool.bytes(piece.bytes), piece.bytes.length]
      : [pool.list(pieces.flatMap((bytes) => pieceWords(pool, bytes))), pieces.length]),
    automaton === null ? 0 : automatonAt(pool, automaton),
  ];
}

function kindOf({ piece, glob, automaton }: Pattern): number {
  if (piece !== null) return kinds.piece;
  if (glob !== null) return kinds.glob;
  return automaton !== null ? kinds.automaton : kinds.host;
}

/** Where its words are: start, classes, then as bytes the class of each byte, what is accepted, and the table. */
function automatonAt(pool: WordPool, automaton: AsciiAutomaton): number {
  const { start, classes, classOf, accepts, table } = automaton;
  const accepting = new Uint8Array(256);
  accepting.set(accepts);
  const place = pool.list([start, classes]);
  for (const bytes of [classOf, accepting, table]) pool.bytes(bytes);
  return place;
}

/** Bounds of the length of no text. */
const neverLong = [1, 0];

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

function pieceWords(pool: WordPool, bytes: Uint8Array): readonly number[] {
  return [pool.bytes(bytes), bytes.length, bytes.includes(0x3f) ? 1 : 0];
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

/** Words that others refer to by their place in the plan. */
class WordPool {
  readonly #words: number[] = [];

  list(numbers: readonly number[]): number {
    const place = headerWords + this.#words.length;
    for (const number of numbers) this.#words.push(number);
    return place;
  }

  text(text: string): number {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Little-endian, filled up with zeros. */
  bytes(bytes: Uint8Array): number {
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    const words = Array.from({ length: padded.length >> 2 }, (_unused, i) =>
      view.getUint32(i * 4, true),
    );
    return this.list(words);
  }

  /** The plan: a header, then all words. */
  behind(header: readonly number[]): Uint32Array {
    const plan = new Uint32Array(headerWords + this.#words.length + slackWords);
    plan.set(header);
    plan.set(this.#words, headerWords);
    return plan;
  }
}
