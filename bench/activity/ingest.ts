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

/**
 * Replays the file into a sink that counts; resolves to the ms it took. The building of the evaluator, which
 * does not depend on the file, is left out: it belongs to loading the rules.
 */
export async function ingestPass(path: string, rules: RuleSet, backend: Backend): Promise<number> {
  const timed = new TimedBackend(backend);
  const startMs = monotonicMs();
  await replay({
    inputs: [path],
    rules,
    backend: timed,
    limits: defaultLimits,
    engineVersion,
    sinks: [new CountingSink()],
    onProblem: (message) => {
      throw new CommandFailure(message);
    },
  });
  return monotonicMs() - startMs - timed.createMs;
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
