/**
 * One rule's sample over the stream: one distinct event per filter with the same keys, in any
 * order. It fires at the first event with which every filter has an event of its own, all within
 * `windowNs` (inclusive) of one another. The firing event is always part of the match.
 *
 * Once per key and window: after firing at time t, the key does not fire again at t + windowNs or
 * before. Events of that silence are remembered, and a later match can use them; no event is part
 * of two matches, since a later match lies after t as a whole.
 *
 * An event that satisfies several filters serves any one of them. The most recent events are
 * preferred. Per key and filter as many events are kept as there are filters: among so many, one is
 * always free, and each is at least as recent as any that was dropped.
 */
import type { SamplePlan } from "../ir/plan.ts";
import type { SequenceEvent } from "./contract.ts";
import { compareKeys, type Key } from "./key.ts";
import type { MatcherScope, RuleMatcher } from "./matcher.ts";
import { type Hit, matchedStep, objectBytes } from "./partial.ts";
import { KeyUnits, type RuleUnits, type Store, Unit } from "./store.ts";

export class SampleMatcher implements RuleMatcher {
  readonly openingSteps: readonly number[];
  readonly #scope: MatcherScope;
  readonly #units: RuleUnits;
  readonly #plan: SamplePlan;

  constructor(scope: MatcherScope, units: RuleUnits, plan: SamplePlan) {
    this.#scope = scope;
    this.#units = units;
    this.#plan = plan;
    this.openingSteps = [...plan.filters.keys()];
  }

  accept(filters: readonly number[], _until: boolean, event: SequenceEvent): void {
    for (const { key, filters: held } of this.#byKey(filters, event)) {
      const found = this.#units.keys.get(key.id);
      const owner = found instanceof SampleKey ? found : new SampleKey(this.#units, key);
      owner.pool ??= new Pool(this.#scope.store, owner, this.#plan);
      const pool = owner.pool;
      const match = pool.add(held, this.#scope.hits.read(event));
      if (match !== null) this.#fire(key, match, event);
    }
  }

  /** A sample's events have no order, so nothing of it is on its way to a next step. */
  live(): readonly [] {
    return [];
  }

  /** The keys of the event in key order, each with the filters that hold under it. */
  #byKey(
    filters: readonly number[],
    event: SequenceEvent,
  ): readonly { readonly key: Key; readonly filters: number[] }[] {
    const byId = new Map<string, { readonly key: Key; readonly filters: number[] }>();
    for (const filter of filters) {
      const plans = this.#plan.filters[filter]!.keys;
      const { keys, cut } = this.#scope.keys.read(plans, event);
      this.#units.keysCut += cut;
      for (const key of keys) {
        const known = byId.get(key.id);
        if (known === undefined) byId.set(key.id, { key, filters: [filter] });
        else known.filters.push(filter);
      }
    }
    return [...byId.values()].sort((a, b) => compareKeys(a.key, b.key));
  }

  #fire(key: Key, match: readonly Hit[], event: SequenceEvent): void {
    this.#units.matches += 1;
    this.#scope.store.observer?.sampled(match);
    const oldest = match.reduce((least, hit) => (hit.order < least.order ? hit : least));
    const firstNs = oldest.timeNs;
    this.#scope.emit({
      rule: this.#units.index,
      steps: match.map((hit, filter) => matchedStep(filter, hit)),
      keys: key.values,
      firstNs,
      lastNs: event.timeNs,
      decidedNs: event.timeNs,
      lastOrder: event.order,
      evicted: this.#units.evictedSince(firstNs),
      absence: false,
    });
  }
}

class SampleKey extends KeyUnits {
  pool: Pool | null = null;
}

/** The recent events of one key, by filter. */
class Pool extends Unit {
  readonly #store: Store;
  readonly #owner: SampleKey;
  readonly #windowNs: bigint;
  /** By filter, oldest first; at most one per filter of the plan. */
  readonly #recent: Hit[][];
  #firedNs: bigint | null = null;

  constructor(store: Store, owner: SampleKey, plan: SamplePlan) {
    super(owner);
    this.#store = store;
    this.#owner = owner;
    this.#windowNs = plan.windowNs;
    this.#recent = plan.filters.map(() => []);
  }

  /** Remembers an event under the filters that hold; the match that it completes, or null. */
  add(filters: readonly number[], hit: Hit): readonly Hit[] | null {
    this.#forgetBefore(hit.timeNs - this.#windowNs);
    for (const filter of filters) {
      const list = this.#recent[filter]!;
      list.push(hit);
      if (list.length > this.#recent.length) list.shift();
    }
    const isSilent = this.#firedNs !== null && hit.timeNs - this.#firedNs <= this.#windowNs;
    const match = isSilent ? null : assign(this.#recent, filters, hit);
    if (match !== null) this.#firedNs = hit.timeNs;
    this.#store.settle(this, this.#count(), this.#bytes(), hit.timeNs + this.#windowNs);
    return match;
  }

  expire(): void {
    this.owner.rule.expired += this.size;
    this.#store.remove(this);
  }

  /** Forgets the oldest event. */
  shrink(): void {
    let oldest: Hit | null = null;
    for (const [hit] of this.#recent) {
      if (hit !== undefined && (oldest === null || hit.order < oldest.order)) oldest = hit;
    }
    for (const list of this.#recent) if (list[0] === oldest) list.shift();
    if (this.#count() === 0) this.#store.remove(this);
    else this.#store.resize(this, this.#count(), this.#bytes(), this.deadlineNs);
  }

  vacate(): void {
    this.#owner.pool = null;
  }

  #forgetBefore(timeNs: bigint): void {
    for (const list of this.#recent) {
      while (list[0] !== undefined && list[0].timeNs < timeNs) {
        list.shift();
        this.owner.rule.expired += 1;
      }
    }
  }

  #count(): number {
    return this.#recent.reduce((count, list) => count + list.length, 0);
  }

  #bytes(): number {
    let bytes = objectBytes * 2 + this.owner.key.id.length * 2;
    for (const list of this.#recent) for (const hit of list) bytes += hit.bytes;
    return bytes;
  }
}

/**
 * One event per filter, all distinct, `fixed` among them under one of `filters`; null if there is
 * no such choice. Augmenting paths, most recent events first.
 */
function assign(
  recent: readonly (readonly Hit[])[],
  filters: readonly number[],
  fixed: Hit,
): readonly Hit[] | null {
  if (recent.some((list) => list.length === 0)) return null;
  for (const filter of filters) {
    const filterOf = new Map<Hit, number>([[fixed, filter]]);
    const isComplete = recent.every(
      (_, other) => other === filter || augment(recent, other, filterOf, new Set([fixed])),
    );
    if (!isComplete) continue;
    const chosen: Hit[] = [];
    for (const [hit, other] of filterOf) chosen[other] = hit;
    return chosen;
  }
  return null;
}

/** Finds an event for `filter`, moving other filters to other events where that helps. */
function augment(
  recent: readonly (readonly Hit[])[],
  filter: number,
  filterOf: Map<Hit, number>,
  tried: Set<Hit>,
): boolean {
  const list = recent[filter]!;
  for (let i = list.length - 1; i >= 0; i -= 1) {
    const hit = list[i]!;
    if (tried.has(hit)) continue;
    tried.add(hit);
    const holder = filterOf.get(hit);
    if (holder !== undefined && !augment(recent, holder, filterOf, tried)) continue;
    filterOf.set(hit, filter);
    return true;
  }
  return false;
}
