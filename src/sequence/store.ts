/**
 * The bounded store of partial matches. What a rule remembers for one key is a `Unit`: it has a
 * size (in partial matches), estimated bytes, a place in the order of use, and a deadline in event
 * time. A unit that is over a limit's edge is made smaller, the least recently advanced first and
 * never the newest; each time this happens, it is counted and its time is kept for the rule.
 *
 * Nothing here depends on anything but the sequence of events.
 */
import type { Limits } from "../base/limits.ts";
import type { SequenceCounters } from "./contract.ts";
import { type Dated, DeadlineQueue } from "./deadline.ts";
import { compareKeys, type Key } from "./key.ts";
import { KeyTable } from "./key-table.ts";
import type { SequenceObserver } from "./observer.ts";

/** Something that a rule remembers for one key. */
export abstract class Unit implements Dated {
  readonly owner: KeyUnits;
  /** Partial matches that it counts for. */
  size: number = 0;
  bytes: number = 0;
  /** The last moment at which it can still matter; null for ever. */
  deadlineNs: bigint | null = null;
  /** The deadline under which it is queued; at most `deadlineNs`, which may have moved on since. */
  queuedNs: bigint = 0n;
  /** Order of first being stored; 0 before. */
  serial: number = 0;
  /** Number of its last use. */
  used: number = 0;
  /** Owned by the queue of deadlines. */
  queueIndex: number = -1;
  queueBucket: number = 0;
  /** Owned by the orders of use: neighbours in that of its rule and in that of its key. */
  ruleOlder: Unit | null = null;
  ruleNewer: Unit | null = null;
  keyOlder: Unit | null = null;
  keyNewer: Unit | null = null;

  constructor(owner: KeyUnits) {
    this.owner = owner;
  }

  /** Called when event time has passed the deadline: must leave the store or move the deadline. */
  abstract expire(nowNs: bigint): void;
  /** Gives up its oldest part; must leave the store when nothing is left. */
  abstract shrink(): void;
  /** Called when it leaves the store: clears the place that held it. */
  abstract vacate(): void;
}

/** Units in the order of their last use. */
interface UseOrder {
  readonly oldest: Unit | null;
}

class RuleOrder implements UseOrder {
  oldest: Unit | null = null;
  #newest: Unit | null = null;

  add(unit: Unit): void {
    const last = this.#newest;
    unit.ruleOlder = last;
    if (last === null) this.oldest = unit;
    else last.ruleNewer = unit;
    this.#newest = unit;
  }

  remove(unit: Unit): void {
    const { ruleOlder, ruleNewer } = unit;
    if (ruleOlder === null) this.oldest = ruleNewer;
    else ruleOlder.ruleNewer = ruleNewer;
    if (ruleNewer === null) this.#newest = ruleOlder;
    else ruleNewer.ruleOlder = ruleOlder;
    unit.ruleOlder = null;
    unit.ruleNewer = null;
  }
}

/** All that one rule remembers for one key. */
export abstract class KeyUnits implements UseOrder {
  readonly rule: RuleUnits;
  readonly key: Key;
  /** Number of the first unit that was stored since there was none. */
  serial: number = 0;
  units: number = 0;
  size: number = 0;
  /** The unit used least recently. */
  oldest: Unit | null = null;
  #newest: Unit | null = null;

  constructor(rule: RuleUnits, key: Key) {
    this.rule = rule;
    this.key = key;
  }

  add(unit: Unit): void {
    const last = this.#newest;
    unit.keyOlder = last;
    if (last === null) this.oldest = unit;
    else last.keyNewer = unit;
    this.#newest = unit;
  }

  remove(unit: Unit): void {
    const { keyOlder, keyNewer } = unit;
    if (keyOlder === null) this.oldest = keyNewer;
    else keyOlder.keyNewer = keyNewer;
    if (keyNewer === null) this.#newest = keyOlder;
    else keyNewer.keyOlder = keyOlder;
    unit.keyOlder = null;
    unit.keyNewer = null;
  }
}

/** All that one rule remembers, and its counters. */
export class RuleUnits {
  /** Of the rule in its engine; another one when an engine with other rules goes on with these units. */
  index: number;
  /** Of its store; stays. */
  readonly serial: number;
  /** Raises the match of a candidate whose trailing missing event stayed missing; the rule's matcher sets it. */
  decide: ((candidate: Unit, decidedNs: bigint) => void) | null = null;
  /** Keys with at least one unit. */
  keyCount: number = 0;
  readonly order: RuleOrder = new RuleOrder();
  /** Completed candidates that wait for a trailing missing event. */
  readonly waiting: Set<Unit> = new Set();
  /** By stage of a sequence: keys that hold something there. */
  readonly held: number[] = [];
  live: number = 0;
  livePeak: number = 0;
  bytes: number = 0;
  bytesPeak: number = 0;
  evicted: number = 0;
  expired: number = 0;
  matches: number = 0;
  keysCut: number = 0;
  /** Event time of the latest eviction. Never later than a decision that is still to come. */
  lastEvictedNs: bigint | null = null;

  constructor(index: number, serial: number) {
    this.index = index;
    this.serial = serial;
  }

  /** The unit used least recently; null where there is none. */
  get oldest(): Unit | null {
    return this.order.oldest;
  }

  /** All that has at least one unit, in the order in which it came in. */
  keys(): readonly KeyUnits[] {
    const keys = new Set<KeyUnits>();
    for (let unit = this.oldest; unit !== null; unit = unit.ruleNewer) keys.add(unit.owner);
    return [...keys].sort((a, b) => a.serial - b.serial);
  }

  /** Whether something was evicted at `sinceNs` or later. */
  evictedSince(sinceNs: bigint): boolean {
    return this.lastEvictedNs !== null && this.lastEvictedNs >= sinceNs;
  }

  counters(): SequenceCounters {
    const { live, livePeak, bytes, bytesPeak, evicted, expired, matches, keysCut } = this;
    return { live, livePeak, bytes, bytesPeak, evicted, expired, matches, keysCut };
  }
}

/** The units of all rules. */
export class Store {
  /** Estimated bytes of all units. */
  bytes: number = 0;
  readonly limits: Limits;
  readonly observer: SequenceObserver | null;
  /** Rules that hold something, or did. */
  readonly #rules: Set<RuleUnits> = new Set();
  readonly #keys: KeyTable<KeyUnits> = new KeyTable();
  readonly #deadlines: DeadlineQueue<Unit> = new DeadlineQueue(compareQueued);
  #nowNs = 0n;
  #serial = 0;
  #uses = 0;
  #ruleCount = 0;

  constructor(limits: Limits, observer: SequenceObserver | null = null) {
    this.limits = limits;
    this.observer = observer;
  }

  /** A place for what one more rule remembers. */
  addRule(index: number): RuleUnits {
    this.#ruleCount += 1;
    return new RuleUnits(index, this.#ruleCount);
  }

  /** What the rule remembers under the key, if that is anything. */
  find(rule: RuleUnits, key: Key): KeyUnits | undefined {
    return rule.keyCount === 0 ? undefined : this.#keys.find(key, rule.serial);
  }

  /** Whether the rule remembers something under the key of that id. */
  holds(rule: RuleUnits, id: string): boolean {
    return this.#keys.findById(id, rule.serial) !== undefined;
  }

  /** Event time has reached `timeNs`: units whose deadline lies strictly before it expire. */
  advance(timeNs: bigint): void {
    this.#nowNs = timeNs;
    for (;;) {
      const unit = this.#deadlines.due(timeNs);
      if (unit === undefined) return;
      if (unit.deadlineNs === unit.queuedNs) unit.expire(timeNs);
      else this.#queue(unit, unit.deadlineNs);
    }
  }

  /** A time, in ns, before which nothing expires; infinite where nothing does. */
  get quietBelow(): number {
    return this.#deadlines.bound;
  }

  /** Stores a unit, or its new state, as the one used last; then keeps the limits. */
  settle(unit: Unit, size: number, bytes: number, deadlineNs: bigint | null): void {
    if (unit.serial !== 0) this.#unlink(unit);
    else this.#register(unit);
    this.#uses += 1;
    unit.used = this.#uses;
    unit.owner.add(unit);
    unit.owner.rule.order.add(unit);
    this.resize(unit, size, bytes, deadlineNs);
    this.#keepLimits(unit);
  }

  /** Changes a stored unit without counting as a use. */
  resize(unit: Unit, size: number, bytes: number, deadlineNs: bigint | null): void {
    const { owner } = unit;
    const { rule } = owner;
    owner.size += size - unit.size;
    rule.live += size - unit.size;
    rule.livePeak = Math.max(rule.livePeak, rule.live);
    rule.bytes += bytes - unit.bytes;
    rule.bytesPeak = Math.max(rule.bytesPeak, rule.bytes);
    this.bytes += bytes - unit.bytes;
    unit.size = size;
    unit.bytes = bytes;
    unit.deadlineNs = deadlineNs;
    const isQueued = unit.queueIndex >= 0;
    if (isQueued && deadlineNs !== null && deadlineNs >= unit.queuedNs) return;
    if (isQueued || deadlineNs !== null) this.#queue(unit, deadlineNs);
  }

  /** Takes a stored unit out. */
  remove(unit: Unit): void {
    this.resize(unit, 0, 0, null);
    this.#unlink(unit);
    unit.serial = 0;
    unit.vacate();
    const { owner } = unit;
    owner.units -= 1;
    if (owner.units > 0) return;
    owner.rule.keyCount -= 1;
    this.#keys.remove(owner);
  }

  #queue(unit: Unit, deadlineNs: bigint | null): void {
    if (unit.queueIndex >= 0) this.#deadlines.remove(unit);
    if (deadlineNs === null) return;
    unit.queuedNs = deadlineNs;
    this.#deadlines.add(unit);
  }

  #register(unit: Unit): void {
    const { owner } = unit;
    this.#serial += 1;
    unit.serial = this.#serial;
    owner.units += 1;
    if (owner.units > 1) return;
    owner.serial = this.#serial;
    this.#keys.add(owner);
    owner.rule.keyCount += 1;
    if (owner.rule.keyCount === 1) this.#rules.add(owner.rule);
  }

  #unlink(unit: Unit): void {
    unit.owner.remove(unit);
    unit.owner.rule.order.remove(unit);
  }

  #keepLimits(newest: Unit): void {
    const { owner } = newest;
    const { rule } = owner;
    const { partialsPerKey, partialsPerRule, partialBytes } = this.limits;
    while (owner.size > partialsPerKey && this.#evict(owner, newest));
    while (rule.live > partialsPerRule && this.#evict(rule.order, newest));
    while (this.bytes > partialBytes && this.#evict(this.#stalest(), newest));
  }

  /** The order of the rule that holds the unit used least recently of all. */
  #stalest(): UseOrder {
    let stalest: UseOrder = { oldest: null };
    for (const { order } of this.#rules) {
      const { oldest } = order;
      if (oldest === null) continue;
      if (stalest.oldest === null || oldest.used < stalest.oldest.used) stalest = order;
    }
    return stalest;
  }

  /** Makes the unit used least recently smaller; false when only the newest part is left. */
  #evict(order: UseOrder, newest: Unit): boolean {
    const unit = order.oldest;
    if (unit === null || (unit === newest && unit.size <= 1)) return false;
    unit.shrink();
    unit.owner.rule.evicted += 1;
    unit.owner.rule.lastEvictedNs = this.#nowNs;
    return true;
  }
}

/** The order in which deadlines are settled: deadline (none last), rule, key, first stored. */
export function compareUnits(a: Unit, b: Unit): number {
  if (a.deadlineNs !== b.deadlineNs) {
    if (a.deadlineNs === null) return 1;
    if (b.deadlineNs === null) return -1;
    return a.deadlineNs < b.deadlineNs ? -1 : 1;
  }
  return compareOwners(a, b);
}

/** The same order by the deadlines under which they are queued. */
function compareQueued(a: Unit, b: Unit): number {
  if (a.queuedNs !== b.queuedNs) return a.queuedNs < b.queuedNs ? -1 : 1;
  return compareOwners(a, b);
}

function compareOwners(a: Unit, b: Unit): number {
  const rules = a.owner.rule.index - b.owner.rule.index;
  return rules || compareKeys(a.owner.key, b.owner.key) || a.serial - b.serial;
}
