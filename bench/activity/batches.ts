/** Decoded batches to alerts: the batches are filled from a file, and only the engine's work is timed. */
import { readFileSync } from "node:fs";
import { monotonicMs } from "../../src/base/clock.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { Engine } from "../../src/engine/engine.ts";
import { engineVersion } from "../../src/engine/version.ts";
import type { Batch } from "../../src/event/batch.ts";
import { EventScanner, type ScanResult } from "../../src/event/scanner.ts";
import type { Backend } from "../../src/predicate/contract.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";

const lineFeed = 0x0a;

/** Of the events, which part the engine sees before its work is timed. */
const untimedShare = 0.25;

/**
 * Runs the events of the file through a new engine. Resolves to the ms that its batches took, without those
 * of the first quarter, scaled to the whole file: an engine in use has met most kinds of events before.
 */
export async function batchesPass(path: string, rules: RuleSet, backend: Backend): Promise<number> {
  const bytes = readFileSync(path);
  const run = new TimedRun(rules, backend);
  const untimedBytes = bytes.length * untimedShare;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found === -1 ? bytes.length : found;
    run.isTiming = start >= untimedBytes;
    run.add(bytes, start, end);
    start = end + 1;
  }
  return run.finish();
}

class TimedRun {
  /** Whether the batches that are run from now on count. */
  isTiming: boolean = false;
  readonly #engine: Engine;
  readonly #batch: Batch;
  readonly #scanner: EventScanner;
  #previousNs: bigint = 0n;
  #elapsedMs: number = 0;
  #timedEvents: number = 0;

  constructor(rules: RuleSet, backend: Backend) {
    const onAlert = (): void => {};
    this.#engine = new Engine({ rules, backend, limits: defaultLimits, engineVersion, onAlert });
    this.#batch = this.#engine.batch;
    const { layout } = this.#batch;
    this.#scanner = new EventScanner({ schema: rules.schema, layout, limits: defaultLimits });
    this.#scanner.reset(this.#batch);
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#append(bytes, start, end) !== "full") return;
    this.#process();
    this.#append(bytes, start, end);
  }

  /** The ms of the timed batches, scaled to all events. */
  finish(): number {
    this.isTiming ||= this.#timedEvents === 0;
    this.#process();
    const { events } = this.#engine.counters;
    return (this.#elapsedMs * events) / this.#timedEvents;
  }

  #append(bytes: Uint8Array, start: number, end: number): ScanResult {
    const batch = this.#batch;
    const result = this.#scanner.append(batch, bytes, start, end, this.#previousNs);
    if (result === "appended") this.#previousNs = batch.times[batch.count - 1]!;
    return result;
  }

  #process(): void {
    const startMs = monotonicMs();
    this.#engine.process();
    if (this.isTiming) {
      this.#elapsedMs += monotonicMs() - startMs;
      this.#timedEvents += this.#batch.count;
    }
    this.#scanner.reset(this.#batch);
  }
}
