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
    this.traces = new Array<Unit | null>(gaps).fill(null);
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

/** The memory of one stage. */
export abstract class Slot extends Unit {
  readonly machine: Machine;
  readonly stage: number;

  constructor(machine: Machine, stage: number) {
    super(machine);
    this.machine = machine;
    this.stage = stage;
  }

  /** Takes the place in its machine; to be called before it is stored. */
  occupy(): void {
    if (this.serial !== 0) return;
    this.machine.slots[this.stage] = this;
    const { held } = this.machine.rule;
    held[this.stage] = (held[this.stage] ?? 0) + 1;
  }

  vacate(): void {
    this.machine.slots[this.stage] = null;
    this.machine.rule.held[this.stage]! -= 1;
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
  readonly #store: Store;
  readonly #next: number;
  readonly #maxspanNs: bigint | null;
  #partial: PartialMatch | null = null;

  /** `next` is the step that a partial match waits for here. */
  constructor(
    store: Store,
    machine: Machine,
    stage: number,
    next: number,
    maxspanNs: bigint | null,
  ) {
    super(machine, stage);
    this.#next = next;
    this.#store = store;
    this.#maxspanNs = maxspanNs;
  }

  get ready(): StepCaptures | null {
    return this.#partial?.captures ?? null;
  }

  /** Puts a partial match here; one that waited already is overwritten. */
  put(partial: PartialMatch): void {
    if (this.#store.observer !== null) this.#tell("replaced");
    this.#partial = partial;
    this.occupy();
    const deadlineNs = this.#maxspanNs === null ? null : partial.firstNs + this.#maxspanNs;
    this.#store.settle(this, 1, partial.bytes + this.machine.keyBytes, deadlineNs);
  }

  take(): PartialMatch {
    const partial = this.#partial!;
    this.#store.remove(this);
    return partial;
  }

  live(): readonly LivePartial[] {
    const partial = this.#partial;
    if (partial === null) return [];
    const { key } = this.machine;
    return [{ key, partial, next: this.#next, taken: 0, deadlineNs: this.deadlineNs }];
  }

  expire(): void {
    this.#tell("expired");
    this.owner.rule.expired += 1;
    this.#store.remove(this);
  }

  shrink(): void {
    this.#tell("evicted");
    this.#store.remove(this);
  }

  override vacate(): void {
    this.#partial = null;
    super.vacate();
  }

  #tell(why: Ending): void {
    const { observer } = this.#store;
    if (observer !== null) for (const live of this.live()) observer.ended(live, why);
  }
}
