/** JSON lines to alerts, by the very call that `kestrel replay` makes. */
import { CommandFailure } from "../../src/agent/failure.ts";
import { replay } from "../../src/agent/replay.ts";
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
 * first quarter, scaled to the whole file; of a file too short to be read in pieces, to the ms of the whole
 * without the building of the evaluator, which belongs to loading the rules.
 */
export async function ingestPass(
  path: string,
  events: number,
  rules: RuleSet,
  backend: Backend,
): Promise<number> {
  const timed = new TimedBackend(backend);
  const startMs = monotonicMs();
  let untimed: { readonly ms: number; readonly events: number } | null = null;
  await replay({
    inputs: [path],
    rules,
    backend: timed,
    onProgress: (progress) => {
      if (untimed !== null || progress.records < events * untimedShare) return;
      if (progress.records < events) untimed = { ms: monotonicMs(), events: progress.records };
    },
    limits: defaultLimits,
    engineVersion,
    sinks: [new CountingSink()],
    onProblem: (message) => {
      throw new CommandFailure(message);
    },
  });
  const endMs = monotonicMs();
  const start = untimed as { readonly ms: number; readonly events: number } | null;
  if (start === null) return endMs - startMs - timed.createMs;
  return ((endMs - start.ms) * events) / (events - start.events);
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
