/** Records in, alerts out: cuts the stream into batches for one engine. */
import type { Alert } from "../alert/alert.ts";
import { AlertDigest } from "../alert/digest.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { TimedLines } from "../collect/jsonl/timed-lines.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import { Engine, type EngineCounters, type EngineOptions } from "../engine/engine.ts";
import type { LostSpan } from "../engine/gap-log.ts";
import type { EngineObserver } from "../engine/observer.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import type { LineRanges } from "../event/line-kernel.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { Block } from "../log/block.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { BatchFiller } from "./batch-filler.ts";
import type { EvaluationTotals } from "./summary.ts";

export interface PipelineOptions {
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** Rows of the next batch: `1 <= n <= limits.batchEvents`; asked once for each batch. */
  readonly nextBatchSize: () => number;
  readonly onAlert: (alert: Alert) => void;
  /** Where alerts are counted; one of its own unless given. */
  readonly digest?: AlertDigest | undefined;
  readonly profiler?: Profiler | undefined;
  /** As the engine's. */
  readonly before?: Engine | undefined;
  readonly onLineage?: EngineOptions["onLineage"];
  /** Asked once for each engine that is made. */
  readonly createObserver?: (() => EngineObserver) | undefined;
  /** A record of a log that can't be read with the fields and limits at hand. */
  readonly onReject?: ((rejection: Rejection, text: string) => void) | undefined;
}

/** One engine with its scanner. Not shared between threads; needs no closing. */
export class Pipeline implements EvaluationTotals {
  readonly engine: Engine;
  readonly digest: AlertDigest;
  readonly #filler: BatchFiller;

  constructor(options: PipelineOptions) {
    const { rules, limits } = options;
    this.digest = options.digest ?? new AlertDigest();
    this.engine = new Engine({
      rules,
      backend: options.backend,
      limits,
      engineVersion: options.engineVersion,
      profiler: options.profiler,
      before: options.before,
      onLineage: options.onLineage,
      observer: options.createObserver?.(),
      onAlert: (alert) => {
        this.digest.add(alert);
        options.onAlert(alert);
      },
    });
    this.#filler = new BatchFiller({
      schema: rules.schema,
      limits,
      timestampField: options.timestampField,
      timestampUnit: options.timestampUnit,
      nextBatchSize: options.nextBatchSize,
      batch: this.engine.batch,
      onReject: options.onReject,
      onBatch: (batch) => {
        this.engine.process();
        return batch;
      },
    });
  }

  get counters(): EngineCounters {
    return this.engine.counters;
  }

  get lostSpans(): readonly LostSpan[] {
    return this.engine.lostSpans;
  }

  get evaluated(): number {
    return this.#filler.evaluated;
  }

  get dropped(): number {
    return this.#filler.dropped;
  }

  /** As BatchFiller's. */
  get isInOrder(): boolean {
    return this.#filler.isInOrder;
  }

  /** Reads a line for `push`. */
  parse(line: string): DecodedRecord | Rejection {
    return this.#filler.parse(line);
  }

  /** Takes a record in final order. */
  push(record: DecodedRecord, timeNs: bigint): void {
    this.#filler.push(record, timeNs);
  }

  /** As BatchFiller's. */
  beginInput(): void {
    this.#filler.beginInput();
  }

  /** As BatchFiller's. */
  scan(
    lines: LineRanges | TimedLines,
    onReject: (rejection: Rejection, line: number) => void,
  ): void {
    this.#filler.scan(lines, onReject);
  }

  /** As BatchFiller's. */
  scanAt(bytes: Uint8Array, start: number, end: number, timeNs: bigint): void {
    this.#filler.scanAt(bytes, start, end, timeNs);
  }

  /** As BatchFiller's. */
  scanTimed(bytes: Uint8Array, start: number, end: number, timeNs: bigint): Rejection | null {
    return this.#filler.scanTimed(bytes, start, end, timeNs);
  }

  /** As BatchFiller's. */
  get isNamed(): boolean {
    return this.#filler.isNamed;
  }

  /** As BatchFiller's. */
  scanPieces(
    event: PiecedEvent,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: bigint,
  ): boolean {
    return this.#filler.scanPieces(event, bytes, start, end, timeNs);
  }

  /** As BatchFiller's. */
  takesValues(event: PiecedEvent): boolean {
    return this.#filler.takesValues(event);
  }

  /** As BatchFiller's. */
  scanValues(event: PiecedEvent, timeNs: bigint): boolean {
    return this.#filler.scanValues(event, timeNs);
  }

  /** As BatchFiller's. */
  take(block: Block, start: number, end: number): void {
    this.#filler.take(block, start, end);
  }

  /** Hands the engine what has been collected, so that nothing is held back. */
  flush(): void {
    this.#filler.flush();
  }

  /** The stream has ended. */
  finish(): void {
    this.flush();
    this.engine.finish();
  }
}
