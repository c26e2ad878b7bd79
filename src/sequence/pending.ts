/** What a key remembers per state: at most one partial match that waits for the next step. */
import type { Key } from "./key.ts";
import type { Ending, LivePartial } from "./observer.ts";
import { objectBytes, type PartialMatch, type StepCaptures } from "./partial.ts";
import { KeyUnits, type RuleUnits, type Store, Unit } from "./store.ts";

/** The machine of one rule and key. */
export class Machine extends KeyUnits {
  /** By stage. */
  readonly slots: (Slot | null)[];
  /** By gap: memory of missing events; the trailing gap has none. */
  readonly traces: (Unit | null)[];
  /** Estimated bytes of the key, counted with each unit. */
  readonly keyBytes: number;
  /** Made when something waits, which is rare. */
  #waiting: Set<Unit> | null = null;

  constructor(rule: RuleUnits, key: Key, slots: number, gaps: number) {
    super(rule, key);
    this.slots = new Array<Slot | null>(slots).fill(null);
    this.traces = gaps === 0 ? noTraces : new Array<Unit | null>(gaps).fill(null);
    this.keyBytes = objectBytes + key.id.length * 2;
  }

  /** Completed candidates that wait for a trailing missing event, oldest first. */
  get waiting(): Iterable<Unit> {
    return this.#waiting ?? [];
  }

  addWaiting(candidate: Unit): void {
    this.#waiting ??= new Set();
    this.#waiting.add(candidate);
  }

  removeWaiting(candidate: Unit): void {
    this.#waiting?.delete(candidate);
  }
}

/** Of machines without gaps. */
const noTraces: (Unit | null)[] = [];

/** What all memories of one stage of a rule have in common. */
export interface StageMemory {
  readonly store: Store;
  readonly stage: number;
  /** The step that a partial match waits for here. */
  readonly next: number;
  readonly maxspanNs: bigint | null;
}

/** The memory of one stage. */
export abstract class Slot extends Unit {
  declare readonly owner: Machine;
  readonly memory: StageMemory;

  constructor(machine: Machine, memory: StageMemory) {
    super(machine);
    this.memory = memory;
  }

  /** Takes the place in its machine; to be called before it is stored. */
  occupy(): void {
    if (this.serial !== 0) return;
    const { stage } = this.memory;
    const { held } = this.owner.rule;
    this.owner.slots[stage] = this;
    held[stage] = (held[stage] ?? 0) + 1;
  }

  vacate(): void {
    const { stage } = this.memory;
    this.owner.slots[stage] = null;
    this.owner.rule.held[stage]! -= 1;
  }

  /** The captures of the partial match that waits here for the next stage; null if none waits. */
  abstract readonly ready: StepCaptures | null;
  /** Takes that partial match out; only while `ready` is not null. */
  abstract take(): PartialMatch;
  /** All that it holds, oldest last. */
  abstract live(): readonly LivePartial[];
}

/** The slot of a stage that takes one event. */
export class Pending extends Slot {
  #partial: PartialMatch | null = null;

  get ready(): StepCaptures | null {
    return this.#partial?.captures ?? null;
  }

  /** Puts a partial match here; one that waited already is overwritten. */
  put(partial: PartialMatch): void {
    const { store, maxspanNs } = this.memory;
    if (store.observer !== null) this.#tell("replaced");
    this.#partial = partial;
    this.occupy();
    const deadlineNs = maxspanNs === null ? null : partial.firstNs + maxspanNs;
    store.settle(this, 1, partial.bytes + this.owner.keyBytes, deadlineNs);
  }

  take(): PartialMatch {
    const partial = this.#partial!;
    this.memory.store.remove(this);
    return partial;
  }

  live(): readonly LivePartial[] {
    const partial = this.#partial;
    if (partial === null) return [];
    const { key } = this.owner;
    return [{ key, partial, next: this.memory.next, taken: 0, deadlineNs: this.deadlineNs }];
  }

  expire(): void {
    this.#tell("expired");
    this.owner.rule.expired += 1;
    this.memory.store.remove(this);
  }

  shrink(): void {
    this.#tell("evicted");
    this.memory.store.remove(this);
  }

  override vacate(): void {
    this.#partial = null;
    super.vacate();
  }

  #tell(why: Ending): void {
    const { observer } = this.memory.store;
    if (observer !== null) for (const live of this.live()) observer.ended(live, why);
  }
}
