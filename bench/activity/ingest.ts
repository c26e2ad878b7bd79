/** JSON lines to alerts, by the very call that `kestrel replay` makes. */
import { CommandFailure } from "../../src/agent/failure.ts";
import { type ReplayProgress, replay } from "../../src/agent/replay.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { monotonicMs } from "../../src/base/clock.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { engineVersion } from "../../src/engine/version.ts";
import type { Backend, Evaluator, EvaluatorOptions } from "../../src/predicate/contract.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import type { Sink } from "../../src/sink/contract.ts";

/** Of the lines, which part is read before the clock starts: an engine in use has met most kinds of events. */
const untimedShare = 0.25;

/**
 * Replays the file, of `events` lines, into a sink that counts. Resolves to the ms that it took without the
 * first quarter, scaled to the whole file (of one that is read and sorted first, the reading and what follows
 * without the first quarter of that, scaled); of a file too short to be read in pieces, to the ms of the whole
 * without the building of the evaluator, which belongs to loading the rules.
 */
export async function ingestPass(
  path: string,
  events: number,
  rules: RuleSet,
  backend: Backend,
  workers: number = 1,
): Promise<number> {
  const timed = new TimedBackend(backend);
  const watch = new Stopwatch(events);
  await replay({
    inputs: [path],
    rules,
    backend: timed,
    workers,
    onProgress: (progress) => watch.see(progress),
    limits: defaultLimits,
    engineVersion,
    sinks: [new CountingSink()],
    onProblem: (message) => {
      throw new CommandFailure(message);
    },
  });
  return watch.stop(timed.createMs);
}

/** Times a replay of so many events. */
class Stopwatch {
  readonly #events: number;
  readonly #startMs: number = monotonicMs();
  /** When the first quarter was evaluated, and how many events that were. */
  #quarter: { readonly ms: number; readonly events: number } | null = null;
  /** When all was read, where events are sorted before they are evaluated. */
  #readMs: number = this.#startMs;
  #isSorting: boolean = false;

  constructor(events: number) {
    this.#events = events;
  }

  see(progress: ReplayProgress): void {
    const nowMs = monotonicMs();
    if (progress.phase === "evaluate" && !this.#isSorting) {
      this.#isSorting = true;
      this.#quarter = null;
    }
    if (!this.#isSorting) this.#readMs = nowMs;
    const done = progress.phase === "evaluate" ? progress.done : progress.records;
    if (this.#quarter !== null || done < this.#events * untimedShare) return;
    if (done < this.#events) this.#quarter = { ms: nowMs, events: done };
  }

  /** What it took, as `ingestPass` says; `createMs` is what the evaluator took to be built. */
  stop(createMs: number): number {
    const endMs = monotonicMs();
    const quarter = this.#quarter;
    if (quarter === null) return endMs - this.#startMs - createMs;
    const readMs = this.#isSorting ? this.#readMs - this.#startMs : 0;
    return readMs + ((endMs - quarter.ms) * this.#events) / (this.#events - quarter.events);
  }
}

/** A back end that tells how long it took to build evaluators. */
class TimedBackend implements Backend {
  readonly name: Backend["name"];
  createMs: number = 0;
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.name = backend.name;
    this.#backend = backend;
  }

  create(options: EvaluatorOptions): Evaluator {
    const startMs = monotonicMs();
    const evaluator = this.#backend.create(options);
    this.createMs += monotonicMs() - startMs;
    return evaluator;
  }
}

/** Takes alerts and keeps none. */
class CountingSink implements Sink {
  readonly counters: { written: number; lost: number } = { written: 0, lost: 0 };

  write(_alert: Alert): void {
    this.counters.written += 1;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}
