/** The library's front: push events, receive alerts. It holds one batch and one engine. */
import type { Alert, Provenance } from "../alert/alert.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Batch } from "../event/batch.ts";
import { type DecodedRecord, EventDecoder } from "../event/decode.ts";
import type { Backend } from "../predicate/contract.ts";
import { wasmBackend } from "../predicate/wasm/wasm.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { Engine, type EngineCounters } from "./engine.ts";
import { engineVersion } from "./version.ts";

export interface DetectorOptions {
  readonly rules: RuleSet;
  readonly onAlert: (alert: Alert) => void;
  /** WebAssembly unless given. */
  readonly backend?: Backend;
  readonly limits?: Limits;
  /** Events that are gathered before they are run: 1 to `limits.batchEvents`, which is the default. */
  readonly batchSize?: number | (() => number);
  /** Field that holds an event's time: `@timestamp` unless given. */
  readonly timestampField?: string;
  /** Unit of a numeric time: ms unless given. */
  readonly timestampUnit?: TimeUnit;
  /** Whether `close` settles candidates that wait for a trailing missing event. */
  readonly decideAtEnd?: boolean;
}

/** What became of one event. */
export type PushResult =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly code: string; readonly message: string };

export interface DetectorCounters extends EngineCounters {
  readonly rejected: number;
  /** Events older than one before them; they took the newest time. */
  readonly late: number;
  /** Values that did not fit their field's type. */
  readonly mistyped: number;
}

const accepted: PushResult = { kind: "accepted" };

/** Runs rules over events in the order in which they are pushed. */
export class Detector {
  readonly provenance: Provenance;
  readonly #engine: Engine;
  readonly #decoder: EventDecoder;
  readonly #batch: Batch;
  readonly #nextSize: () => number;
  #size: number;
  #newestNs: bigint | null = null;
  #rejected: number = 0;
  #late: number = 0;

  constructor(options: DetectorOptions) {
    const limits = options.limits ?? defaultLimits;
    const { rules, onAlert } = options;
    this.#engine = new Engine({
      rules,
      backend: options.backend ?? wasmBackend,
      limits,
      engineVersion,
      onAlert,
      decideAtEnd: options.decideAtEnd === true,
    });
    this.provenance = this.#engine.provenance;
    const { batch } = this.#engine;
    this.#decoder = new EventDecoder({
      schema: rules.schema,
      layout: batch.layout,
      limits,
      ...(options.timestampField === undefined ? {} : { timestampField: options.timestampField }),
      ...(options.timestampUnit === undefined ? {} : { timestampUnit: options.timestampUnit }),
    });
    this.#batch = batch;
    this.#decoder.reset(this.#batch);
    const size = options.batchSize ?? limits.batchEvents;
    this.#nextSize = typeof size === "function" ? size : () => size;
    this.#size = this.#nextSize();
  }

  /**
   * Takes one event, as an object or as JSON text on one line. An event without a time takes the time
   * of the one before it; an older one is late and takes it too.
   */
  push(event: string | object): PushResult {
    const record = this.#decoder.parse(typeof event === "string" ? event : JSON.stringify(event));
    if (record.kind === "rejected") {
      this.#rejected += 1;
      return record;
    }
    this.pushRecord(record);
    return accepted;
  }

  /** Takes a record that was parsed before. */
  pushRecord(record: DecodedRecord): void {
    const timeNs = this.#orderedTime(record.timeNs);
    if (!this.#decoder.append(this.#batch, record, timeNs)) {
      this.flush();
      this.#decoder.append(this.#batch, record, timeNs);
    }
    if (this.#batch.count >= this.#size) this.flush();
  }

  /** Runs what was gathered. Alerts of the newest moment still wait for time to move on. */
  flush(): void {
    if (this.#batch.count > 0) this.#engine.process();
    this.#decoder.reset(this.#batch);
    this.#size = this.#nextSize();
  }

  /** The end of input: runs and raises everything that waits. */
  close(): void {
    this.flush();
    this.#engine.finish();
  }

  get counters(): DetectorCounters {
    return {
      ...this.#engine.counters,
      rejected: this.#rejected,
      late: this.#late,
      mistyped: this.#decoder.counters.mistyped,
    };
  }

  #orderedTime(timeNs: bigint | null): bigint {
    const newest = this.#newestNs;
    if (newest !== null && timeNs !== null && timeNs < newest) this.#late += 1;
    if (timeNs === null || (newest !== null && timeNs < newest)) return newest ?? 0n;
    this.#newestNs = timeNs;
    return timeNs;
  }
}
