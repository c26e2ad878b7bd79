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
import { compareKeys, type EventKeys, type Key } from "./key.ts";
import type { MatcherScope, RuleMatcher } from "./matcher.ts";
import { type Hit, matchedStep, objectBytes } from "./partial.ts";
import { KeyUnits, type RuleUnits, type Store, Unit } from "./store.ts";

export class SampleMatcher implements RuleMatcher {
  readonly openingSteps: readonly number[];
  readonly #scope: MatcherScope;
  readonly #units: RuleUnits;
  readonly #plan: SamplePlan;
  /** By filter. */
  readonly #keys: readonly EventKeys[];

  constructor(scope: MatcherScope, units: RuleUnits, plan: SamplePlan) {
    this.#scope = scope;
    this.#units = units;
    this.#plan = plan;
    this.openingSteps = [...plan.filters.keys()];
    this.#keys = plan.filters.map(({ keys }) => scope.keys.of(keys));
  }

  accept(filters: readonly number[], _until: boolean, event: SequenceEvent): void {
    if (filters.length !== 1) {
      for (const { key, filters: held } of this.#byKey(filters, event)) this.#add(key, held, event);
      return;
    }
    const keys = this.#read(filters[0]!, event);
    for (let i = 0; i < keys.length; i += 1) this.#add(keys[i]!, filters, event);
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
      const keys = this.#read(filter, event);
      for (const key of keys) {
        const known = byId.get(key.id);
        if (known === undefined) byId.set(key.id, { key, filters: [filter] });
        else known.filters.push(filter);
      }
    }
    return [...byId.values()].sort((a, b) => compareKeys(a.key, b.key));
  }

  #read(filter: number, event: SequenceEvent): readonly Key[] {
    const { keys, cut } = this.#keys[filter]!.read(event);
    this.#units.keysCut += cut;
    return keys;
  }

  /** The event takes part under `key` with the filters that hold there. */
  #add(key: Key, filters: readonly number[], event: SequenceEvent): void {
    const found = this.#scope.store.find(this.#units, key);
    const owner = found instanceof SampleKey ? found : new SampleKey(this.#units, key);
    owner.pool ??= new Pool(this.#scope.store, owner, this.#plan);
    const match = owner.pool.add(filters, this.#scope.hits.read(event));
    if (match !== null) this.#fire(key, match, event);
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
  /** Events in `#recent`, and their estimated bytes. */
  #count: number = 0;
  #heldBytes: number = 0;
  #firedNs: bigint | null = null;

  constructor(store: Store, owner: SampleKey, plan: SamplePlan) {
    super(owner);
    this.#store = store;
    this.#owner = owner;
    this.#windowNs = plan.windowNs;
    this.#recent = new Array<Hit[]>(plan.filters.length).fill(noHits);
  }

  /** Remembers an event under the filters that hold; the match that it completes, or null. */
  add(filters: readonly number[], hit: Hit): readonly Hit[] | null {
    if (this.#count > 0) this.#forgetBefore(hit.timeNs - this.#windowNs);
    for (let i = 0; i < filters.length; i += 1) this.#keep(filters[i]!, hit);
    const isSilent = this.#firedNs !== null && hit.timeNs - this.#firedNs <= this.#windowNs;
    const match = isSilent ? null : assign(this.#recent, filters, hit);
    if (match !== null) this.#firedNs = hit.timeNs;
    this.#store.settle(this, this.#count, this.#bytes(), hit.timeNs + this.#windowNs);
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
    for (const [filter, list] of this.#recent.entries()) {
      if (list.length > 0 && list[0] === oldest) this.#drop(filter, 1);
    }
    if (this.#count === 0) this.#store.remove(this);
    else this.#store.resize(this, this.#count, this.#bytes(), this.deadlineNs);
  }

  vacate(): void {
    this.#owner.pool = null;
  }

  #keep(filter: number, hit: Hit): void {
    const list = this.#recent[filter]!;
    if (list.length === 0) this.#recent[filter] = [hit];
    else list.push(hit);
    this.#count += 1;
    this.#heldBytes += hit.bytes;
    if (list.length > this.#recent.length) this.#drop(filter, 1);
  }

  #forgetBefore(timeNs: bigint): void {
    const recent = this.#recent;
    for (let filter = 0; filter < recent.length; filter += 1) {
      const list = recent[filter]!;
      let count = 0;
      while (count < list.length && list[count]!.timeNs < timeNs) count += 1;
      if (count === 0) continue;
      this.#drop(filter, count);
      this.owner.rule.expired += count;
    }
  }

  /** Lets go of a filter's `count` oldest events. */
  #drop(filter: number, count: number): void {
    const list = this.#recent[filter]!;
    for (let i = 0; i < count; i += 1) this.#heldBytes -= list[i]!.bytes;
    this.#count -= count;
    if (count === list.length) this.#recent[filter] = noHits;
    else list.splice(0, count);
  }

  #bytes(): number {
    return objectBytes * 2 + this.owner.key.id.length * 2 + this.#heldBytes;
  }
}

/** Of all filters that have none; nothing is added to it. */
const noHits: Hit[] = [];

/**
 * One event per filter, all distinct, `fixed` among them under one of `filters`; null if there is
 * no such choice. Augmenting paths, most recent events first.
 */
function assign(
  recent: readonly (readonly Hit[])[],
  filters: readonly number[],
  fixed: Hit,
): readonly Hit[] | null {
  for (let i = 0; i < recent.length; i += 1) if (recent[i]!.length === 0) return null;
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
