/** Cuts a stream of lines or records into batches, counts what passes and watches their order. */
import { assert } from "../base/assert.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { TimedLines } from "../collect/jsonl/timed-lines.ts";
import { type Batch, recordKinds } from "../event/batch.ts";
import type { BatchFill, DecodedRecord, Rejection } from "../event/decode.ts";
import type { LineRanges } from "../event/line-kernel.ts";
import { type PieceResult, PieceScanner } from "../event/piece-scanner.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import { EventScanner, type LineOrder, startOrder } from "../event/scanner.ts";
import type { Block } from "../log/block.ts";
import { BlockFiller } from "../log/block-filler.ts";
import type { Schema } from "../schema/schema.ts";

export interface FillerOptions {
  readonly schema: Schema;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** Rows of the next batch: `1 <= n <= limits.batchEvents`; asked once for each batch. */
  readonly nextBatchSize: () => number;
  /** The batch to fill first. */
  readonly batch: Batch;
  /** Takes a batch that is filled and returns the one to fill next, which may be the same. */
  readonly onBatch: (batch: Batch, fill: BatchFill) => Batch;
  /** A record of a log that can't be read with the fields and limits at hand. */
  readonly onReject?: ((rejection: Rejection, text: string) => void) | undefined;
}

export class BatchFiller {
  /** Events that were put into batches; those that did not fit an empty batch. */
  evaluated: number = 0;
  dropped: number = 0;
  readonly #options: FillerOptions;
  readonly #scanner: EventScanner;
  readonly #pieces: PieceScanner;
  /** Of the lines that `scan` took. */
  readonly #order: LineOrder = startOrder();
  #batch: Batch;
  #batchSize: number;
  /** What takes rows of logs, made for the first; the block that rows were taken from last. */
  #blockFiller: BlockFiller | null = null;
  #block: Block | null = null;

  constructor(options: FillerOptions) {
    const { schema, limits, batch, timestampField, timestampUnit } = options;
    this.#options = options;
    this.#batch = batch;
    this.#scanner = new EventScanner({
      schema,
      layout: batch.layout,
      limits,
      ...(timestampField === undefined ? {} : { timestampField }),
      ...(timestampUnit === undefined ? {} : { timestampUnit }),
    });
    this.#pieces = new PieceScanner(this.#scanner, batch, limits);
    this.#batchSize = options.nextBatchSize();
    this.#scanner.reset(batch);
  }

  /** Whether `PiecedEvent.own` has to name the event. */
  get isNamed(): boolean {
    return this.#pieces.isNamed;
  }

  /** The lines that `scan` takes from now on are of another input. */
  beginInput(): void {
    this.#order.isTimed = false;
  }

  /**
   * Whether no line that `scan` took was older than the one before, or had no time where none of its input
   * had one; and each that came with a time had that one.
   */
  get isInOrder(): boolean {
    return this.#order.isInOrder;
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
   * Takes lines that come after those before; tells which, by their index, are no event, and why. The bytes
   * must stay as they are until `flush`.
   */
  scan(
    lines: LineRanges | TimedLines,
    onReject: (rejection: Rejection, line: number) => void,
  ): void {
    const expected = "times" in lines ? lines : null;
    for (let at = 0; at < lines.count; ) {
      const before = this.#batch.count;
      const { untimed } = this.#order;
      const room = this.#batchSize - before;
      const { count, next } = this.#scanner.appendLines(this.#batch, lines, at, room, this.#order);
      this.#countEvents(before);
      if (expected !== null) {
        const isAsExpected = this.#confirms(expected, at, before, this.#order.untimed - untimed);
        this.#order.isInOrder &&= isAsExpected;
      }
      at += count;
      if (next === "rejected") {
        onReject(this.#scanner.rejection!, at);
        at += 1;
      } else if (next === "full" && this.#batch.count === 0) {
        this.dropped += 1;
        at += 1;
      }
      if (next === "full" || this.#batch.count >= this.#batchSize) this.flush();
    }
  }

  /** Whether rows from `row` on, made of lines from `line` on, have the times that were expected. */
  #confirms(
    { times, untimed }: TimedLines,
    line: number,
    row: number,
    untimedRows: number,
  ): boolean {
    const { timeWords: words, count } = this.#batch;
    let isSame = true;
    let expectedUntimed = 0;
    for (let i = line * 2, at = row * 2; at < count * 2; i += 2, at += 2) {
      if (words[at] !== times[i] || words[at + 1] !== times[i + 1]) isSame = false;
      expectedUntimed += untimed[i >> 1]!;
    }
    return isSame && expectedUntimed === untimedRows;
  }

  /** Takes a line that was an event when it was read before, with its time in the final order. */
  scanAt(bytes: Uint8Array, start: number, end: number, timeNs: bigint): void {
    const rejection = this.scanTimed(bytes, start, end, timeNs);
    assert(rejection === null, "a line was an event before and is none now");
  }

  /** The same for a line of which only the time is known; returns why it is no event, or null. */
  scanTimed(bytes: Uint8Array, start: number, end: number, timeNs: bigint): Rejection | null {
    let result = this.#scanner.append(this.#batch, bytes, start, end, timeNs);
    if (result === "full") {
      this.flush();
      result = this.#scanner.append(this.#batch, bytes, start, end, timeNs);
    }
    if (result === "rejected") return this.#scanner.rejection;
    if (result === "full") {
      this.dropped += 1;
      return null;
    }
    // A line of a log may say a later time, in a field that did not tell the order.
    this.#batch.times[this.#batch.count - 1] = timeNs;
    this.#count();
    return null;
  }

  /**
   * Takes an event in pieces with its final time, whose own piece is `bytes[start, end)`; false, with nothing
   * taken, where its whole text has to be scanned. Needs an `onBatch` that always returns the same batch.
   */
  scanPieces(
    event: PiecedEvent,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: bigint,
  ): boolean {
    return this.#tookPieces(() =>
      this.#pieces.append(this.#batch, event, bytes, start, end, timeNs),
    );
  }

  /** Whether `scanValues` may be asked to take the event; else `scanPieces`. */
  takesValues(event: PiecedEvent): boolean {
    return this.#pieces.takesValues(event);
  }

  /** As `scanPieces`, of an event none of whose text has to be scanned. */
  scanValues(event: PiecedEvent, timeNs: bigint): boolean {
    return this.#tookPieces(() => this.#pieces.appendValues(this.#batch, event, timeNs));
  }

  #tookPieces(append: () => PieceResult): boolean {
    let result = append();
    if (result === "full") {
      this.flush();
      result = append();
    }
    if (result === "appended") {
      this.evaluated += 1;
      if (this.#batch.count >= this.#batchSize) this.flush();
      return true;
    }
    // What was prepared for the event takes room that its text may need.
    if (this.#batch.count === 0) this.#scanner.reset(this.#batch);
    return false;
  }

  /**
   * Takes rows `[start, end)` of a block of a log, which come after the records before. Needs an `onBatch`
   * that always returns the same batch.
   */
  take(block: Block, start: number, end: number): void {
    const filler = this.#fillerFor(block);
    for (let row = start; row < end; ) {
      const before = this.#batch.count;
      const room = this.#batchSize - before;
      const taken = filler.fill(row, Math.min(end, row + room));
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

  /** Hands over what has been collected, so that nothing is held back. */
  flush(): void {
    if (this.#batch.count > 0) this.cut();
  }

  /** Hands over the batch at hand, even an empty one. */
  cut(): void {
    const batch = this.#batch;
    this.#batch = this.#options.onBatch(batch, this.#scanner.decoder.fillOf(batch));
    assert(this.#blockFiller === null || this.#batch === batch, "rows of logs fill one batch only");
    this.#scanner.reset(this.#batch);
    this.#batchSize = this.#options.nextBatchSize();
  }

  #fillerFor(block: Block): BlockFiller {
    const { limits, timestampField, timestampUnit, onReject } = this.#options;
    this.#blockFiller ??= new BlockFiller({
      decoder: this.#scanner.decoder,
      batch: this.#batch,
      limits,
      timestampField,
      timestampUnit,
      onReject: (rejection, text) => onReject?.(rejection, text),
    });
    if (block !== this.#block) this.#blockFiller.begin(block);
    this.#block = block;
    return this.#blockFiller;
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
