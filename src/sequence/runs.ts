/**
 * `with runs=N`, N >= 2, without N states. As N copies of the step would do, every event moves all
 * partial matches inside the run one copy on and lets at most one in. So it is enough to keep the
 * events once, in a queue, and for each partial match the number of the event that let it in: it is
 * through when N events have come since. The first one in is always the first one through, and has
 * the oldest first event. An event costs O(1) amortised; a completed run that moves on to the next
 * step copies its N references.
 */
import type { Ending, LivePartial } from "./observer.ts";
import {
  captureBytes,
  extend,
  type Hit,
  objectBytes,
  type PartialMatch,
  type StepCaptures,
} from "./partial.ts";
import { type Machine, Slot, type StageMemory } from "./pending.ts";
import { Queue } from "./queue.ts";
import type { Stage } from "./stage.ts";

/** A partial match inside the run. */
interface Runner {
  /** What matched before the run; null when the run is the first step. */
  readonly previous: PartialMatch | null;
  /** Number of the event that let it in. */
  readonly start: number;
  readonly firstNs: bigint;
  readonly captures: StepCaptures;
  readonly leadingNs: bigint | null;
  readonly doomed: boolean;
  readonly bytes: number;
}

/** A partial match on its way into the run. */
export interface Entrant {
  readonly previous: PartialMatch | null;
  readonly captures: StepCaptures;
  readonly leadingNs: bigint | null;
  readonly doomed: boolean;
}

/** A partial match that has come through. */
interface Through {
  readonly runner: Runner;
  readonly captures: StepCaptures;
  readonly bytes: number;
}

/** The slot of a stage with runs. */
export class Run extends Slot {
  readonly #stage: Stage;
  readonly #hits: Queue<Hit> = new Queue();
  readonly #runners: Queue<Runner> = new Queue();
  /** The latest one through, which waits for the next step. */
  #through: Through | null = null;
  #heldBytes = 0;

  constructor(machine: Machine, memory: StageMemory, stage: Stage) {
    super(machine, memory);
    this.#stage = stage;
  }

  get ready(): StepCaptures | null {
    return this.#through?.captures ?? null;
  }

  /** Whether some partial match is inside, so that the next event matters. */
  get isMoving(): boolean {
    return this.#runners.length > 0;
  }

  /** Moves everything inside one copy on; nothing is let go of before `settle`. */
  move(hit: Hit): void {
    this.#hits.push(hit);
    this.#heldBytes += hit.bytes;
  }

  /** The captures of the one that the event just moved takes through, if there is one. */
  get arriving(): StepCaptures | null {
    const runner = this.#runners.peek();
    const isThrough = runner !== undefined && runner.start + this.#stage.runs === this.#hits.end;
    return isThrough ? runner.captures : null;
  }

  /** Lets the arriving one wait for the next step; it replaces the one that waited. */
  pass(captures: StepCaptures): void {
    if (this.#through !== null) this.#tell(this.#through.runner, "replaced");
    this.#dropThrough();
    const runner = this.#runners.shift()!;
    const added = captures === runner.captures ? null : captures[this.#stage.step];
    this.#through = { runner, captures, bytes: runner.bytes + captureBytes(added ?? null) };
    this.#heldBytes += this.#through.bytes - runner.bytes;
  }

  /** Takes the arriving one out, complete. */
  finish(captures: StepCaptures): PartialMatch {
    this.pass(captures);
    return this.#unload();
  }

  /** Lets one in with the event that was moved last. */
  enter(entrant: Entrant): void {
    const { previous } = entrant;
    const bytes = objectBytes + (previous?.bytes ?? 0);
    const start = this.#hits.end - 1;
    const firstNs = previous?.firstNs ?? this.#hits.at(start).timeNs;
    this.#runners.push({ ...entrant, start, firstNs, bytes });
    this.#heldBytes += bytes;
  }

  /** Stores the new state after an event. */
  settle(): void {
    this.#trim();
    if (this.#count() === 0) {
      if (this.serial !== 0) this.memory.store.remove(this);
      return;
    }
    this.occupy();
    this.memory.store.settle(this, this.#count(), this.#bytes(), this.#deadline());
  }

  take(): PartialMatch {
    const partial = this.#unload();
    this.#resize();
    return partial;
  }

  expire(nowNs: bigint): void {
    const span = this.memory.maxspanNs;
    if (span === null) return;
    const isLate = (runner: Runner | undefined): boolean =>
      runner !== undefined && runner.firstNs + span < nowNs;
    if (isLate(this.#through?.runner)) {
      this.#tell(this.#through!.runner, "expired");
      this.#dropThrough();
      this.owner.rule.expired += 1;
    }
    while (isLate(this.#runners.peek())) {
      this.#tell(this.#runners.peek()!, "expired");
      this.#dropRunner();
      this.owner.rule.expired += 1;
    }
    this.#resize();
  }

  shrink(): void {
    const oldest = this.#through?.runner ?? this.#runners.peek();
    if (oldest !== undefined) this.#tell(oldest, "evicted");
    if (this.#through !== null) this.#dropThrough();
    else this.#dropRunner();
    this.#resize();
  }

  live(): readonly LivePartial[] {
    const inside: LivePartial[] = [];
    for (let i = this.#runners.first; i < this.#runners.end; i += 1) {
      inside.push(this.#show(this.#runners.at(i)));
    }
    if (this.#through !== null) inside.push(this.#show(this.#through.runner));
    return inside;
  }

  #tell(runner: Runner, why: Ending): void {
    const { observer } = this.memory.store;
    if (observer !== null) observer.ended(this.#show(runner), why);
  }

  /** A runner as the partial match that it is so far. */
  #show(runner: Runner): LivePartial {
    const { step, runs } = this.#stage;
    const isThrough = this.#through?.runner === runner;
    const end = Math.min(this.#hits.end, runner.start + runs);
    const partial = extend(runner.previous, {
      step,
      hits: this.#hits.slice(runner.start, end),
      captures: runner.captures,
      leadingNs: runner.leadingNs,
      doomed: runner.doomed,
    });
    const deadlineNs =
      this.memory.maxspanNs === null ? null : runner.firstNs + this.memory.maxspanNs;
    return {
      key: this.owner.key,
      partial,
      next: isThrough ? this.memory.next : step,
      taken: isThrough ? 0 : end - runner.start,
      deadlineNs,
    };
  }

  #unload(): PartialMatch {
    const { runner, captures } = this.#through!;
    const partial = extend(runner.previous, {
      step: this.#stage.step,
      hits: this.#hits.slice(runner.start, runner.start + this.#stage.runs),
      captures,
      leadingNs: runner.leadingNs,
      doomed: runner.doomed,
    });
    this.#dropThrough();
    return partial;
  }

  #resize(): void {
    this.#trim();
    if (this.#count() === 0) this.memory.store.remove(this);
    else this.memory.store.resize(this, this.#count(), this.#bytes(), this.#deadline());
  }

  #count(): number {
    return this.#runners.length + (this.#through === null ? 0 : 1);
  }

  #bytes(): number {
    return this.#heldBytes + this.owner.keyBytes;
  }

  #deadline(): bigint | null {
    const oldest = this.#through?.runner ?? this.#runners.peek();
    return this.memory.maxspanNs === null || oldest === undefined
      ? null
      : oldest.firstNs + this.memory.maxspanNs;
  }

  #dropThrough(): void {
    if (this.#through === null) return;
    this.#heldBytes -= this.#through.bytes;
    this.#through = null;
  }

  #dropRunner(): void {
    this.#heldBytes -= this.#runners.shift()?.bytes ?? 0;
  }

  /** Lets go of the events that nothing inside needs. */
  #trim(): void {
    const oldest = this.#through?.runner ?? this.#runners.peek();
    const start = oldest?.start ?? this.#hits.end;
    while (this.#hits.first < start) this.#heldBytes -= this.#hits.shift()!.bytes;
  }
}
