/**
 * All tests that any rule asks of one field, compiled together: one pass over a text finds those that
 * hold. Equalities are look-ups; patterns are tried only where their trigger occurs.
 */
import { foldCase } from "../../base/case-folding.ts";
import { hasWildcard } from "../../ir/glob.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { NetworkIndex } from "./network-index.ts";
import { createPattern, type Pattern } from "./pattern.ts";
import { TriggerAutomaton } from "./trigger-automaton.ts";

export interface AtomCounters {
  /** Texts scanned. */
  scans: number;
  /** Their UTF-16 units. */
  chars: number;
  /** Patterns tried on a text. */
  verifications: number;
}

interface NumberedPattern extends Pattern {
  readonly number: number;
}

const notAscii = /[\u0080-\uffff]/;

/** Compiles tests; a test's place in the list is its atom. */
export function compileAtoms(tests: readonly TextTest[]): AtomScanner {
  return new AtomScanner(tests);
}

export class AtomScanner {
  readonly count: number;
  readonly counters: AtomCounters = { scans: 0, chars: 0, verifications: 0 };
  readonly #exactTexts: Map<string, number[]> = new Map();
  readonly #foldedTexts: Map<string, number[]> = new Map();
  readonly #networks: NetworkIndex = new NetworkIndex();
  /** Patterns without a trigger: tried on every text. */
  readonly #always: NumberedPattern[] = [];
  readonly #triggered: readonly (readonly NumberedPattern[])[];
  readonly #automaton: TriggerAutomaton | null;
  /** By test: the scan that found it last. */
  readonly #stamps: Int32Array;
  /** By pattern: the scan that tried it last. */
  readonly #tried: Int32Array;
  #patterns: number = 0;
  #stamp: number = 0;
  // The text at hand.
  #text: string = "";
  #folded: string = "";
  #into: number[] = [];
  readonly #tryTriggered = (triggers: readonly number[]): void => {
    for (const trigger of triggers) {
      for (const pattern of this.#triggered[trigger]!) this.#try(pattern);
    }
  };

  constructor(tests: readonly TextTest[]) {
    this.count = tests.length;
    this.#stamps = new Int32Array(tests.length);
    const byTrigger = new Map<string, NumberedPattern[]>();
    for (const [index, test] of tests.entries()) {
      for (const literal of test.literals) this.#add(index, test, literal, byTrigger);
    }
    this.#triggered = [...byTrigger.values()];
    this.#tried = new Int32Array(this.#patterns);
    this.#automaton = byTrigger.size === 0 ? null : new TriggerAutomaton([...byTrigger.keys()]);
  }

  /** Estimated size of the tables. */
  get bytes(): number {
    return this.#automaton?.bytes ?? 0;
  }

  /** Appends the atoms that hold for `text`: ascending, each once. */
  scan(text: string, into: number[]): void {
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
    if (!this.#networks.isEmpty) this.#networks.find(text, (test) => this.#found(test));
    for (const pattern of this.#always) this.#try(pattern);
    this.#automaton?.scan(notAscii.test(text) ? this.#folded : text, this.#tryTriggered);
    if (into.length - start > 1) sortTail(into, start);
  }

  #found(test: number): void {
    if (this.#stamps[test] === this.#stamp) return;
    this.#stamps[test] = this.#stamp;
    this.#into.push(test);
  }

  /** Tries a pattern, once for each text. */
  #try(pattern: NumberedPattern): void {
    const { number, test, matches } = pattern;
    if (this.#tried[number] === this.#stamp || this.#stamps[test] === this.#stamp) return;
    this.#tried[number] = this.#stamp;
    this.counters.verifications += 1;
    if (matches(this.#text, this.#folded)) this.#found(test);
  }

  #add(
    index: number,
    test: TextTest,
    literal: string,
    byTrigger: Map<string, NumberedPattern[]>,
  ): void {
    if (test.kind === "cidr") {
      this.#networks.add(literal, index);
      return;
    }
    if (test.kind === "equals" || (test.kind === "glob" && !hasWildcard(literal))) {
      if (test.insensitive) append(this.#foldedTexts, foldCase(literal), index);
      else append(this.#exactTexts, literal, index);
      return;
    }
    const pattern = { ...createPattern(index, test, literal), number: this.#patterns };
    this.#patterns += 1;
    if (pattern.trigger === "") this.#always.push(pattern);
    else append(byTrigger, pattern.trigger, pattern);
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
