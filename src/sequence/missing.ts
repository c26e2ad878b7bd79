/**
 * Missing events (`![ ]`) in a stream. Before and between positive steps, a key remembers the time
 * of its latest missing event; what lies *strictly* before the event at hand decides. After the last
 * step, a completed candidate waits until event time has passed its deadline.
 */
import type { Ending, LivePartial } from "./observer.ts";
import type { PartialMatch } from "./partial.ts";
import { objectBytes } from "./partial.ts";
import type { Machine } from "./pending.ts";
import { type Store, Unit } from "./store.ts";

/** The times of the missing events of one gap and key: as many as can still matter, which is two. */
export class Trace extends Unit {
  readonly #store: Store;
  readonly #machine: Machine;
  readonly #gap: number;
  readonly #maxspanNs: bigint | null;
  #latestNs: bigint | null = null;
  /** The latest that is earlier than `#latestNs`. */
  #earlierNs: bigint | null = null;

  constructor(store: Store, machine: Machine, gap: number, maxspanNs: bigint | null) {
    super(machine);
    this.#store = store;
    this.#machine = machine;
    this.#gap = gap;
    this.#maxspanNs = maxspanNs;
  }

  /** A missing event occurred; times never decrease. */
  note(timeNs: bigint): void {
    if (this.#latestNs !== timeNs) this.#earlierNs = this.#latestNs;
    this.#latestNs = timeNs;
    this.#machine.traces[this.#gap] = this;
    const deadlineNs = this.#maxspanNs === null ? null : timeNs + this.#maxspanNs;
    this.#store.settle(this, 1, objectBytes + this.#machine.keyBytes, deadlineNs);
  }

  /** The time of the latest one strictly before `timeNs`, which no event so far has passed. */
  before(timeNs: bigint): bigint | null {
    if (this.#latestNs !== null && this.#latestNs < timeNs) return this.#latestNs;
    return this.#earlierNs;
  }

  expire(): void {
    this.#store.remove(this);
  }

  shrink(): void {
    this.#store.remove(this);
  }

  vacate(): void {
    this.#machine.traces[this.#gap] = null;
  }
}

/** A completed candidate that a trailing missing event can still discard. */
export class Waiting extends Unit {
  readonly machine: Machine;
  readonly partial: PartialMatch;
  readonly #store: Store;

  constructor(store: Store, machine: Machine, partial: PartialMatch) {
    super(machine);
    this.#store = store;
    this.machine = machine;
    this.partial = partial;
  }

  /** Waits until event time has passed `deadlineNs`; null for as long as the input lasts. */
  wait(deadlineNs: bigint | null): void {
    this.machine.addWaiting(this);
    this.owner.rule.waiting.add(this);
    this.#store.settle(this, 1, this.partial.bytes + this.machine.keyBytes, deadlineNs);
  }

  /** Nothing came: it is a match, decided at its deadline. */
  expire(): void {
    const decidedNs = this.deadlineNs ?? this.partial.lastNs;
    this.#store.remove(this);
    this.owner.rule.decide?.(this, decidedNs);
  }

  /** What it is, waiting for nothing but time. */
  live(): LivePartial {
    const { key } = this.machine;
    return { key, partial: this.partial, next: -1, taken: 0, deadlineNs: this.deadlineNs };
  }

  discard(): void {
    this.#tell("missing");
    this.#store.remove(this);
  }

  shrink(): void {
    this.#tell("evicted");
    this.#store.remove(this);
  }

  #tell(why: Ending): void {
    this.#store.observer?.ended(this.live(), why);
  }

  vacate(): void {
    this.machine.removeWaiting(this);
    this.owner.rule.waiting.delete(this);
  }
}

/**
 * What becomes of a candidate whose leading missing event lies `leadingNs` back: discarded, kept,
 * or kept if no trailing missing event comes up to `deadlineNs`.
 */
export type Verdict =
  | { readonly kind: "discard" }
  | { readonly kind: "keep" }
  | { readonly kind: "wait"; readonly deadlineNs: bigint | null };

/** The rules of A6 at the moment of completion. */
export function judge(
  partial: PartialMatch,
  maxspanNs: bigint | null,
  hasLeading: boolean,
  hasTrailing: boolean,
): Verdict {
  const { firstNs, lastNs, leadingNs } = partial;
  if (partial.doomed) return { kind: "discard" };
  if (!hasTrailing) {
    const isClose = leadingNs !== null && (maxspanNs === null || lastNs - leadingNs <= maxspanNs);
    return { kind: isClose ? "discard" : "keep" };
  }
  if (hasLeading && leadingNs === null) return { kind: "keep" };
  if (maxspanNs === null) return { kind: "wait", deadlineNs: null };
  const deadlineNs = (hasLeading ? (leadingNs ?? firstNs) : firstNs) + maxspanNs;
  return deadlineNs < lastNs ? { kind: "keep" } : { kind: "wait", deadlineNs };
}
