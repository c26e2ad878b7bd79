/** Records in, alerts out: cuts the stream into batches for the engine and counts what passes. */
import type { Alert } from "../alert/alert.ts";
import { AlertDigest } from "../alert/digest.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import { Engine } from "../engine/engine.ts";
import type { Batch } from "../event/batch.ts";
import { type DecodedRecord, EventDecoder } from "../event/decode.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";

export interface PipelineOptions {
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** Rows of the next batch: `1 <= n <= limits.batchEvents`; asked once for each batch. */
  readonly nextBatchSize: () => number;
  readonly sinks: readonly Sink[];
  readonly profiler?: Profiler | undefined;
}

/** One engine with its decoder. Not shared between threads; needs no closing. */
export class Pipeline {
  readonly engine: Engine;
  readonly decoder: EventDecoder;
  /** Over all alerts so far. */
  readonly digest: AlertDigest = new AlertDigest();
  /** Events that the engine has seen; those that did not fit an empty batch. */
  evaluated: number = 0;
  dropped: number = 0;
  readonly #batch: Batch;
  readonly #nextBatchSize: () => number;
  readonly #sinks: readonly Sink[];
  #batchSize: number;

  constructor(options: PipelineOptions) {
    const { rules, limits, timestampField, timestampUnit } = options;
    this.engine = new Engine({
      rules,
      backend: options.backend,
      limits,
      engineVersion: options.engineVersion,
      profiler: options.profiler,
      onAlert: (alert) => this.#raise(alert),
    });
    this.#batch = this.engine.batch;
    this.decoder = new EventDecoder({
      schema: rules.schema,
      layout: this.#batch.layout,
      limits,
      ...(timestampField === undefined ? {} : { timestampField }),
      ...(timestampUnit === undefined ? {} : { timestampUnit }),
    });
    this.#nextBatchSize = options.nextBatchSize;
    this.#batchSize = this.#nextBatchSize();
    this.#sinks = options.sinks;
    this.decoder.reset(this.#batch);
  }

  /** Takes a record in final order. */
  push(record: DecodedRecord, timeNs: bigint): void {
    if (!this.decoder.append(this.#batch, record, timeNs)) {
      this.flush();
      if (!this.decoder.append(this.#batch, record, timeNs)) {
        this.dropped += 1;
        return;
      }
    }
    if (record.kind === "event") this.evaluated += 1;
    if (this.#batch.count >= this.#batchSize) this.flush();
  }

  /** Hands the engine what has been collected, so that nothing is held back. */
  flush(): void {
    if (this.#batch.count === 0) return;
    this.engine.process();
    this.decoder.reset(this.#batch);
    this.#batchSize = this.#nextBatchSize();
  }

  /** The stream has ended. */
  finish(): void {
    this.flush();
    this.engine.finish();
  }

  #raise(alert: Alert): void {
    this.digest.add(alert);
    for (const sink of this.#sinks) sink.write(alert);
  }
}
