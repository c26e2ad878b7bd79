/**
 * All tests that any rule asks of one field, compiled together: one pass over a text finds those that
 * hold. Equalities are look-ups; patterns are tried only where their trigger occurs.
 */
import { foldCase } from "../../base/case-folding.ts";
import type { StringId, Texts } from "../../event/string-table.ts";
import { hasWildcard } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { isAccepted } from "./ascii-automaton.ts";
import { matchesGlob } from "./ascii-glob.ts";
import { EqualTexts, isAt } from "./equal-texts.ts";
import { matcherPlan, type TestPattern } from "./matcher-plan.ts";
import { NetworkIndex } from "./network-index.ts";
import { type AsciiPiece, type Pattern, PatternPool } from "./pattern.ts";
import { TriggerIndex } from "./trigger-index.ts";

export interface AtomCounters {
  /** Texts scanned. */
  scans: number;
  /** Their UTF-16 units. */
  chars: number;
  /** Patterns tried on a text. */
  verifications: number;
}

interface NumberedPattern extends TestPattern {
  readonly number: number;
}

const notAscii = /[\u0080-\uffff]/;

/** Compiles the tests that are wanted, else all; a test's place in the list is its atom. */
export function compileAtoms(
  tests: readonly TextTest[],
  isWanted: (atom: number) => boolean = () => true,
  patterns: PatternPool = new PatternPool(),
): AtomScanner {
  return new AtomScanner(tests, isWanted, patterns);
}

export class AtomScanner {
  readonly count: number;
  readonly counters: AtomCounters = { scans: 0, chars: 0, verifications: 0 };
  readonly #patterns: PatternPool;
  readonly #exactTexts: Map<string, number[]> = new Map();
  readonly #foldedTexts: Map<string, number[]> = new Map();
  readonly #equalTexts: EqualTexts = new EqualTexts();
  readonly #networks: NetworkIndex = new NetworkIndex();
  /** Patterns without a trigger: tried on every text. */
  readonly #always: NumberedPattern[] = [];
  /** How many patterns there are. */
  #count: number = 0;
  /** By the numbers of the plan. */
  #planned: readonly TestPattern[] = [];
  readonly #byTrigger: Map<string, NumberedPattern[]> = new Map();
  #triggered: readonly (readonly NumberedPattern[])[] = [];
  #triggers: TriggerIndex | null = null;
  #isIndexed: boolean = false;
  /** By test: the scan that found it last. */
  #stamps: Int32Array = new Int32Array(0);
  /** By pattern: the scan that tried it last. */
  #tried: Int32Array = new Int32Array(0);
  #stamp: number = 0;
  // The text at hand.
  #text: string = "";
  #folded: string = "";
  #into: number[] = [];
  // Of an ASCII text also its bytes; its strings are made when they are needed.
  #strings: Texts | null = null;
  #id: StringId = 0;
  #isRead: boolean = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #at: number = 0;
  #length: number = 0;
  readonly #add = (test: number): void => this.#found(test);
  readonly #tryTriggeredAscii = (trigger: number, end: number): void => {
    for (const pattern of this.#triggered[trigger]!) this.#tryAscii(pattern, end);
  };
  readonly #tryTriggered = (trigger: number): void => {
    for (const pattern of this.#triggered[trigger]!) this.#try(pattern);
  };

  constructor(
    tests: readonly TextTest[],
    isWanted: (atom: number) => boolean,
    patterns: PatternPool,
  ) {
    this.count = tests.length;
    this.#patterns = patterns;
    for (let index = 0; index < tests.length; index += 1) {
      if (isWanted(index)) this.#addTest(index, tests[index]!);
    }
  }

  /** The same tests as a kernel's matcher takes them; their numbers are for `decide`. */
  plan(): Uint32Array {
    const { words, patterns } = matcherPlan({
      atoms: this.count,
      exactTexts: this.#exactTexts,
      foldedTexts: this.#foldedTexts,
      always: this.#always,
      byTrigger: this.#byTrigger,
      networks: this.#networks.networks,
    });
    this.#planned = patterns;
    return words;
  }

  /**
   * Completes what a matcher has found of the ASCII text of `id`, in any order: tries the patterns that it has left.
   * A number that no pattern has stands for all networks.
   */
  decide(strings: Texts, id: StringId, left: readonly number[], into: number[]): void {
    const text = strings.text(id);
    const folded = foldCase(text);
    const add = (test: number): void => {
      if (!into.includes(test)) into.push(test);
    };
    for (const number of left) {
      const planned = this.#planned[number];
      if (planned === undefined) this.#networks.find(text, add);
      else if (!into.includes(planned.test) && planned.pattern.matches(text, folded)) {
        add(planned.test);
      }
    }
  }

  /** What scanning here needs beside the patterns; a matcher has its own. */
  #index(): void {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    this.#stamps = new Int32Array(this.count);
    this.#tried = new Int32Array(this.#count);
    for (const [text, asking] of this.#exactTexts) this.#equalTexts.add(text, false, asking);
    for (const [text, asking] of this.#foldedTexts) this.#equalTexts.add(text, true, asking);
    this.#triggered = [...this.#byTrigger.values()];
    if (this.#triggered.length > 0) this.#triggers = new TriggerIndex([...this.#byTrigger.keys()]);
  }

  /**
   * Appends the atoms that hold for the text of `id`: ascending, each once. Of most ASCII texts no string
   * is made.
   */
  scanText(strings: Texts, id: StringId, into: number[]): void {
    const at = strings.byteStart(id);
    if (at < 0) {
      this.scan(strings.text(id), into);
      return;
    }
    this.#index();
    const length = strings.byteLength(id);
    this.counters.scans += 1;
    this.counters.chars += length;
    this.#stamp += 1;
    this.#strings = strings;
    this.#id = id;
    this.#isRead = false;
    this.#bytes = strings.bytesOf(id);
    this.#at = at;
    this.#length = length;
    this.#into = into;
    const start = into.length;
    this.#equalTexts.find(this.#bytes, at, length, this.#add);
    if (!this.#networks.isEmpty) this.#networks.find(strings.text(id), this.#add);
    for (const pattern of this.#always) this.#tryAscii(pattern, 0);
    this.#triggers?.scanAscii(this.#bytes, at, length, this.#tryTriggeredAscii);
    if (into.length - start > 1) sortTail(into, start);
  }

  /** Tries a pattern on the ASCII text at hand; its trigger ends after `end` bytes of it. */
  #tryAscii({ test, number, pattern }: NumberedPattern, end: number): void {
    const { piece, place } = pattern;
    if (this.#stamps[test] === this.#stamp) return;
    if (piece !== null) {
      this.#tryPiece(test, piece, end);
      return;
    }
    if (place !== null && place.distance !== (place.from === "start" ? end : this.#length - end)) {
      return;
    }
    if (pattern.isBeyondAscii || this.#tried[number] === this.#stamp) return;
    this.#tried[number] = this.#stamp;
    if (this.#length < pattern.shortest || this.#length > pattern.longest) return;
    this.counters.verifications += 1;
    if (pattern.glob !== null) {
      if (matchesGlob(pattern.glob, this.#bytes, this.#at, this.#length)) this.#found(test);
      return;
    }
    const { guard, automaton } = pattern;
    if (guard !== null && !matchesGlob(guard, this.#bytes, this.#at, this.#length)) return;
    if (automaton !== null) {
      if (isAccepted(automaton, this.#bytes, this.#at, this.#length)) this.#found(test);
      return;
    }
    this.#read();
    if (pattern.matches(this.#text, this.#folded)) this.#found(test);
  }

  #tryPiece(test: number, { bytes, isFolded, anchor }: AsciiPiece, end: number): void {
    const from = end - bytes.length;
    if (from < 0 || (anchor === "start" && from > 0)) return;
    if (anchor === "end" && end !== this.#length) return;
    if (isAt(bytes, isFolded, this.#bytes, this.#at + from)) this.#found(test);
  }

  /** Makes strings of the text at hand. */
  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    this.#text = this.#strings!.text(this.#id);
    this.#folded = foldCase(this.#text);
  }

  /** Appends the atoms that hold for `text`: ascending, each once. */
  scan(text: string, into: number[]): void {
    this.#index();
    this.counters.scans += 1;
    this.counters.chars += text.length;
    this.#stamp += 1;
    this.#text = text;
    this.#folded = foldCase(text);
    this.#into = into;
    const start = into.length;
    const exact = this.#exactTexts.get(text);
    if (exact !== undefined) for (const test of exact) this.#found(test);
    const folded = this.#foldedTexts.get(this.#folded);
    if (folded !== undefined) for (const test of folded) this.#found(test);
    if (!this.#networks.isEmpty) this.#networks.find(text, this.#add);
    for (const pattern of this.#always) this.#try(pattern);
    this.#triggers?.scan(notAscii.test(text) ? this.#folded : text, this.#tryTriggered);
    if (into.length - start > 1) sortTail(into, start);
  }

  #found(test: number): void {
    if (this.#stamps[test] === this.#stamp) return;
    this.#stamps[test] = this.#stamp;
    this.#into.push(test);
  }

  /** Tries a pattern, once for each text. */
  #try({ test, number, pattern }: NumberedPattern): void {
    const { shortest, longest } = pattern;
    if (this.#tried[number] === this.#stamp || this.#stamps[test] === this.#stamp) return;
    this.#tried[number] = this.#stamp;
    const { length } = this.#text;
    if (length < shortest || length > longest) return;
    if (pattern.isBeyondAscii && !notAscii.test(this.#text)) return;
    this.counters.verifications += 1;
    if (pattern.matches(this.#text, this.#folded)) this.#found(test);
  }

  #addTest(index: number, test: TextTest): void {
    const { kind, insensitive, literals } = test;
    for (const literal of literals) {
      if (kind === "cidr") this.#networks.add(literal, index);
      else if (kind === "equals" || (kind === "glob" && !hasWildcard(literal))) {
        if (insensitive) append(this.#foldedTexts, foldCase(literal), index);
        else append(this.#exactTexts, literal, index);
      } else this.#addPattern(index, this.#patterns.of(test, literal));
    }
  }

  #addPattern(test: number, pattern: Pattern): void {
    const numbered = { test, pattern, number: this.#count };
    this.#count += 1;
    if (pattern.trigger === "") this.#always.push(numbered);
    else append(this.#byTrigger, pattern.trigger, numbered);
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

/** Sorts the few numbers from `start` on. */
function sortTail(numbers: number[], start: number): void {
  for (let i = start + 1; i < numbers.length; i += 1) {
    const number = numbers[i]!;
    let at = i;
    for (; at > start && numbers[at - 1]! > number; at -= 1) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
}
