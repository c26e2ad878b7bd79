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

const notAscii = /[\u0080-\uffff]/;

/** Compiles tests; a test's place in the list is its atom. */
export function compileAtoms(tests: readonly TextTest[]): AtomScanner {
  return new AtomScanner(tests);
}

export class AtomScanner {
  readonly count: number;
  readonly counters: AtomCounters = { scans: 0, chars: 0, verifications: 0 };
  readonly #exact: Map<string, number[]> = new Map();
  readonly #folded: Map<string, number[]> = new Map();
  readonly #networks: NetworkIndex = new NetworkIndex();
  /** Patterns without a trigger: tried on every text. */
  readonly #always: Pattern[] = [];
  readonly #triggered: readonly (readonly Pattern[])[];
  readonly #automaton: TriggerAutomaton | null;
  /** By test: the scan that found it last. */
  readonly #stamps: Int32Array;
  #stamp: number = 0;

  constructor(tests: readonly TextTest[]) {
    this.count = tests.length;
    this.#stamps = new Int32Array(tests.length);
    const byTrigger = new Map<string, Pattern[]>();
    for (const [index, test] of tests.entries()) {
      for (const literal of test.literals) this.#add(index, test, literal, byTrigger);
    }
    this.#triggered = [...byTrigger.values()];
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
    const start = into.length;
    const folded = foldCase(text);
    const add = (test: number): void => {
      if (this.#stamps[test] === this.#stamp) return;
      this.#stamps[test] = this.#stamp;
      into.push(test);
    };
    for (const test of this.#exact.get(text) ?? []) add(test);
    for (const test of this.#folded.get(folded) ?? []) add(test);
    if (!this.#networks.isEmpty) this.#networks.find(text, add);
    for (const pattern of this.#always) this.#try(pattern, text, folded, add);
    this.#automaton?.scan(notAscii.test(text) ? folded : text, (triggers) => {
      for (const trigger of triggers) {
        for (const pattern of this.#triggered[trigger]!) this.#try(pattern, text, folded, add);
      }
    });
    if (into.length - start > 1) sortTail(into, start);
  }

  #try(pattern: Pattern, text: string, folded: string, add: (test: number) => void): void {
    if (this.#stamps[pattern.test] === this.#stamp) return;
    this.counters.verifications += 1;
    if (pattern.matches(text, folded)) add(pattern.test);
  }

  #add(index: number, test: TextTest, literal: string, byTrigger: Map<string, Pattern[]>): void {
    if (test.kind === "cidr") {
      this.#networks.add(literal, index);
      return;
    }
    if (test.kind === "equals" || (test.kind === "glob" && !hasWildcard(literal))) {
      if (test.insensitive) append(this.#folded, foldCase(literal), index);
      else append(this.#exact, literal, index);
      return;
    }
    const pattern = createPattern(index, test, literal);
    if (pattern.trigger === "") this.#always.push(pattern);
    else append(byTrigger, pattern.trigger, pattern);
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

function sortTail(numbers: number[], start: number): void {
  const tail = numbers.splice(start).sort((a, b) => a - b);
  for (const number of tail) numbers.push(number);
}
