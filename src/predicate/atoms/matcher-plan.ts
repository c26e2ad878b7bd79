/** Lays the tests of a field down for a kernel's matcher, in the words that kernels/match.h describes. */
import { cidrContains, parseIp } from "../../base/ip.ts";
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
  /** In the order of their numbers. */
  readonly patterns: readonly Pattern[];
  readonly networks: readonly TestedNetwork[];
}

/** Values of the enums there. */
const kinds = { piece: 0, glob: 1, host: 2 } as const;
const places = { anywhere: 0, start: 1, end: 2 } as const;
const flags = { folded: 1, start: 2, end: 4 } as const;

const headerWords = 11;
/** Words after the plan that the kernel may read. */
const slackWords = 8;
const boundless = 0xffffffff;
const notAscii = /[\u0080-\uffff]/;

/** Texts and patterns that no ASCII text matches are left out: no other is tried there. */
export function matcherPlan(tests: CompiledTests): Uint32Array {
  const pool = new WordPool();
  const equals = [
    ...equalWords(pool, tests.exactTexts, false),
    ...equalWords(pool, tests.foldedTexts, true),
  ];
  const patterns = tests.patterns.map((pattern) => patternWords(pool, pattern));
  const byTrigger = new Map<string, number[]>();
  for (const [number, { trigger, isBeyondAscii }] of tests.patterns.entries()) {
    if (isBeyondAscii || notAscii.test(trigger)) continue;
    const known = byTrigger.get(trigger);
    if (known === undefined) byTrigger.set(trigger, [number]);
    else known.push(number);
  }
  const always = byTrigger.get("") ?? [];
  byTrigger.delete("");
  const triggers = [...byTrigger].map(([trigger, numbers]) => [
    ...[pool.text(trigger), trigger.length],
    ...[pool.list(numbers), numbers.length],
  ]);
  const networks = tests.networks.map(networkWords);
  const header = [
    tests.atoms,
    ...[pool.list(equals.flat()), equals.length],
    ...[pool.list(triggers.flat()), triggers.length],
    ...[pool.list(patterns.flat()), patterns.length],
    ...[pool.list(always), always.length],
    ...[pool.list(networks.flat()), networks.length],
  ];
  return pool.behind(header);
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

function patternWords(pool: WordPool, pattern: Pattern): readonly number[] {
  const { test, piece, glob, guard, place, shortest, longest } = pattern;
  const [kind, pieces] =
    piece !== null
      ? [kinds.piece, globOf(piece)]
      : glob !== null
        ? [kinds.glob, glob]
        : [kinds.host, guard ?? anyText];
  return [
    ...[kind, test, flagsOf(pieces)],
    ...[shortest, Number.isFinite(longest) ? longest : boundless],
    ...[places[place?.from ?? "anywhere"], place?.distance ?? 0],
    ...[pool.list(pieces.pieces.flatMap((bytes) => pieceWords(pool, bytes))), pieces.pieces.length],
  ];
}

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
