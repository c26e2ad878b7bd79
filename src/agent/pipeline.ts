/** Records in, alerts out: cuts the stream into batches for the engine and counts what passes. */
import type { Alert } from "../alert/alert.ts";
import { AlertDigest } from "../alert/digest.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import { Engine } from "../engine/engine.ts";
import { type Batch, recordKinds } from "../event/batch.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import { EventScanner } from "../event/scanner.ts";
import type { Block } from "../log/block.ts";
import { BlockFiller } from "../log/block-filler.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";

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
  readonly profiler?: Profiler | undefined;
  /** A record of a log that can't be read with the fields and limits at hand. */
  readonly onReject?: ((rejection: Rejection, text: string) => void) | undefined;
}

/** One engine with its scanner. Not shared between threads; needs no closing. */
export class Pipeline {
  readonly engine: Engine;
  /** Over all alerts so far. */
  readonly digest: AlertDigest = new AlertDigest();
  /** Events that the engine has seen; those that did not fit an empty batch. */
  evaluated: number = 0;
  dropped: number = 0;
  /** Time of the newest line that `scan` took; null before the first. */
  newestNs: bigint | null = null;
  /** Whether each line that `scan` took had a time, none older than the one before. */
  isInOrder: boolean = true;
  readonly #scanner: EventScanner;
  readonly #batch: Batch;
  readonly #filler: BlockFiller;
  /** The block that rows were taken from last. */
  #block: Block | null = null;
  readonly #nextBatchSize: () => number;
  #batchSize: number;

  constructor(options: PipelineOptions) {
    const { rules, limits, timestampField, timestampUnit } = options;
    this.engine = new Engine({
      rules,
      backend: options.backend,
      limits,
      engineVersion: options.engineVersion,
      profiler: options.profiler,
      onAlert: (alert) => {
        this.digest.add(alert);
        options.onAlert(alert);
      },
    });
    this.#batch = this.engine.batch;
    this.#scanner = new EventScanner({
      schema: rules.schema,
      layout: this.#batch.layout,
      limits,
      ...(timestampField === undefined ? {} : { timestampField }),
      ...(timestampUnit === undefined ? {} : { timestampUnit }),
    });
    this.#filler = new BlockFiller({
      decoder: this.#scanner.decoder,
      batch: this.#batch,
      limits,
      timestampField,
      timestampUnit,
      onReject: (rejection, text) => options.onReject?.(rejection, text),
    });
    this.#nextBatchSize = options.nextBatchSize;
    this.#batchSize = this.#nextBatchSize();
    this.#scanner.reset(this.#batch);
  }

  /** Reads a line for `push`. */
  parse(line: string): DecodedRecord | Rejection {
    return this.#scanner.decoder.parse(line);
  }

  /** Takes a record in final order. */
  push(record: DecodedRecord, timeNs: bigint): void {
    const { decoder } = this.#scanner;
    if (!decoder.append(this.#batch, record, timeNs)) {
      this.flush();
      if (!decoder.append(this.#batch, record, timeNs)) {
        this.dropped += 1;
        return;
      }
    }
    this.#count();
  }

  /**
   * Takes the line `bytes[start, end)`, which comes after those before, and returns null, or why it is
   * no event. The bytes must stay as they are until `flush`.
   */
  scan(bytes: Uint8Array, start: number, end: number): Rejection | null {
    const previousNs = this.newestNs ?? 0n;
    let result = this.#scanner.append(this.#batch, bytes, start, end, previousNs);
    if (result === "full") {
      this.flush();
      result = this.#scanner.append(this.#batch, bytes, start, end, previousNs);
    }
    if (result === "rejected") return this.#scanner.rejection;
    if (result === "full") {
      this.dropped += 1;
      return null;
    }
    const { timeNs } = this.#scanner;
    if (timeNs === null) this.isInOrder &&= this.newestNs !== null;
    else if (timeNs < previousNs) this.isInOrder = false;
    else this.newestNs = timeNs;
    this.#count();
    return null;
  }

  /** Takes rows `[start, end)` of a block of a log, which come after the records before. */
  take(block: Block, start: number, end: number): void {
    if (block !== this.#block) this.#filler.begin(block);
    this.#block = block;
    for (let row = start; row < end; ) {
      const before = this.#batch.count;
      const room = this.#batchSize - before;
      const taken = this.#filler.fill(row, Math.min(end, row + room));
      this.#countEvents(before);
      row += taken;
      if (taken > 0 && this.#batch.count < this.#batchSize) continue;
      if (this.#batch.count > 0) this.flush();
      else if (taken === 0) {
        this.dropped += 1;
        row += 1;
      }
    }
  }

  /** Hands the engine what has been collected, so that nothing is held back. */
  flush(): void {
    if (this.#batch.count === 0) return;
    this.engine.process();
    this.#scanner.reset(this.#batch);
    this.#batchSize = this.#nextBatchSize();
  }

  /** The stream has ended. */
  finish(): void {
    this.flush();
    this.engine.finish();
  }

  #countEvents(from: number): void {
    const { kinds, count } = this.#batch;
    for (let row = from; row < count; row += 1) {
      if (kinds[row] === recordKinds.event) this.evaluated += 1;
    }
  }

  #count(): void {
    const { count } = this.#batch;
    if (this.#batch.kinds[count - 1] === recordKinds.event) this.evaluated += 1;
    if (count >= this.#batchSize) this.flush();
  }
}
