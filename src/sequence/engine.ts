/** Creates the sequence engine: one matcher per rule over one bounded store. */
import type { Limits } from "../base/limits.ts";
import type {
  SequenceCounters,
  SequenceEngine,
  SequenceEvent,
  SequenceMatch,
  SequenceRule,
} from "./contract.ts";
import { KeyReader } from "./key.ts";
import { type MatcherScope, type RuleMatcher, SequenceMatcher } from "./matcher.ts";
import type { LivePartial, SequenceObserver } from "./observer.ts";
import { HitReader } from "./partial.ts";
import { SampleMatcher } from "./sample.ts";
import { compareUnits, type RuleUnits, Store } from "./store.ts";

/**
 * An engine for `rules`, which are numbered by their index. `emit` is called for each match as it
 * is decided, within `advance`, `accept` or `finish`: in the order of the calls; for one call of
 * `accept`, by the position of the step's keys in key order; for deadlines by (deadline, rule, key,
 * order of completion).
 */
export function createSequenceEngine(
  rules: readonly SequenceRule[],
  limits: Limits,
  emit: (match: SequenceMatch) => void,
  observer: SequenceObserver | null = null,
  before: Continuation | null = null,
): SequenceEngine {
  return new BoundedEngine(rules, limits, emit, observer, before);
}

/** Partial matches of an engine with other rules, to go on with. */
export interface Continuation {
  /** Made by `createSequenceEngine` with the same limits and observer; it must not be used any more. */
  readonly engine: SequenceEngine;
  /**
   * By rule of the new engine: its number in the old one, ascending, where its plan is the same but for predicates;
   * else -1, and it begins with nothing.
   */
  readonly rules: readonly number[];
}

class BoundedEngine implements SequenceEngine {
  readonly #store: Store;
  readonly #units: readonly RuleUnits[];
  readonly #matchers: readonly RuleMatcher[];
  /** Order of the event that time was last advanced for. */
  #order = -1;

  constructor(
    rules: readonly SequenceRule[],
    limits: Limits,
    emit: (match: SequenceMatch) => void,
    observer: SequenceObserver | null,
    before: Continuation | null,
  ) {
    const old = before?.engine instanceof BoundedEngine ? before.engine : null;
    this.#store = old === null ? new Store(limits, observer) : old.#store;
    const taken = old === null ? [] : old.#handOver(before?.rules ?? []);
    this.#units = rules.map((_, index) => {
      const units = taken[index] ?? this.#store.addRule(index);
      units.index = index;
      return units;
    });
    const keys = new KeyReader(limits.keyCombinations);
    const scope: MatcherScope = { store: this.#store, hits: new HitReader(), keys, emit };
    this.#matchers = rules.map((rule, index) => {
      const units = this.#units[index]!;
      return rule.plan.kind === "sample"
        ? new SampleMatcher(scope, units, rule.plan)
        : new SequenceMatcher(scope, units, rule, rule.plan);
    });
  }

  /** What the rules of these numbers hold; what others hold is given up. */
  #handOver(rules: readonly number[]): readonly (RuleUnits | undefined)[] {
    const kept = new Set(rules);
    for (const [index, units] of this.#units.entries()) {
      if (kept.has(index)) continue;
      for (let unit = units.oldest; unit !== null; unit = units.oldest) this.#store.remove(unit);
    }
    return rules.map((rule) => this.#units[rule]);
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  get quietBelow(): number {
    return this.#store.quietBelow;
  }

  get pending(): number {
    return this.#units.reduce((count, units) => count + units.waiting.size, 0);
  }

  advance(timeNs: bigint): void {
    this.#store.advance(timeNs);
  }

  accept(rule: number, steps: readonly number[], until: boolean, event: SequenceEvent): void {
    if (this.#order !== event.order) {
      this.#order = event.order;
      this.#store.advance(event.timeNs);
    }
    this.#matchers[rule]!.accept(steps, until, event);
  }

  finish(decide: boolean): number {
    if (!decide) return this.pending;
    const waiting = this.#units.flatMap((units) => [...units.waiting]);
    for (const candidate of waiting.sort(compareUnits))
      candidate.expire(candidate.deadlineNs ?? 0n);
    return 0;
  }

  isIdle(rule: number): boolean {
    return this.#units[rule]!.keyCount === 0;
  }

  openingSteps(rule: number): readonly number[] {
    return this.#matchers[rule]!.openingSteps;
  }

  live(rule: number): readonly LivePartial[] {
    return this.#matchers[rule]!.live();
  }

  holdsKey(rule: number, key: string): boolean {
    return this.#store.holds(this.#units[rule]!, key);
  }

  counters(rule: number): SequenceCounters {
    return this.#units[rule]!.counters();
  }
}
