/**
 * JSON lines straight from bytes into columns, without building objects: a kernel in WebAssembly reads
 * them (line-kernel.ts). What is unusual on a line (a place named twice, a list of records, a value that
 * needs conversion, broken JSON) leaves that line to the plain decoder, so that both always agree;
 * `counters.fallbacks` counts those lines.
 */
import type { Limits } from "../base/limits.ts";
import type { Batch } from "./batch.ts";
import { type BatchFill, type DecoderOptions, EventDecoder, type Rejection } from "./decode.ts";
import { LineKernel, type LineRanges } from "./line-kernel.ts";
import { buildPathTree, type PathTree } from "./path-tree.ts";
import { RowTape, rowOrders, rowWords } from "./row-tape.ts";
import type { StringTable } from "./string-table.ts";

/** What became of a line: a row was added, the batch has no room, or the line is no event. */
export type ScanResult = "appended" | "full" | "rejected";

export interface ScannerCounters {
  rejected: number;
  mistyped: number;
  cutLists: number;
  /** Lines that the plain decoder had to read. */
  fallbacks: number;
}

/** How a stream of lines has gone so far. */
export interface LineOrder {
  /** Time of the newest line; null before the first that has one. */
  newestNs: bigint | null;
  /** Whether a line of the input at hand had a time. */
  isTimed: boolean;
  /** Lines that had no time of their own, and took that of the newest. */
  untimed: number;
  /** Whether each line was of an input that had shown a time, and none older than the one before. */
  isInOrder: boolean;
}

/** No line was read yet. */
export function startOrder(): LineOrder {
  return { newestNs: null, isTimed: false, untimed: 0, isInOrder: true };
}

/** What `appendLines` did: the lines that became rows, and what became of the one after them. */
export interface LinesTaken {
  readonly count: number;
  /** `appended` where all lines were taken. */
  readonly next: ScanResult;
}

export class EventScanner {
  /** Time of the line that `append` took last; null where it has none of its own. */
  timeNs: bigint | null = null;
  /** Why the last line was rejected. */
  rejection: Rejection | null = null;
  /** What reads the lines that the scanner leaves; others may fill the same batches with it. */
  readonly decoder: EventDecoder;
  readonly #tree: PathTree;
  readonly #needsDecoder: boolean;
  readonly #limits: Limits;
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  #fallbacks: number = 0;
  #mistyped: number = 0;
  readonly #kernels: WeakMap<StringTable, LineKernel> = new WeakMap();
  /** Of the table and the batch at hand. */
  #kernel: LineKernel | null = null;
  #rows: RowTape | null = null;

  constructor(options: DecoderOptions) {
    const timestampField = options.timestampField ?? "@timestamp";
    this.decoder = new EventDecoder(options);
    this.#tree = buildPathTree(options.layout, timestampField);
    this.#needsDecoder =
      timestampField !== "@timestamp" || (options.timestampUnit ?? "ms") !== "ms";
    this.#limits = options.limits;
  }

  get counters(): ScannerCounters {
    const { rejected, mistyped, cutLists } = this.decoder.counters;
    return {
      rejected,
      cutLists,
      mistyped: mistyped + this.#mistyped,
      fallbacks: this.#fallbacks,
    };
  }

  /** Empties a batch so that it can be filled anew. */
  reset(batch: Batch): void {
    this.decoder.reset(batch);
  }

  /**
   * Adds the line `bytes[start, end)` (without its line end) to the batch. A line without a time of its
   * own gets `previousNs`, and so does one that is older. The bytes must stay as they are while the batch
   * lives.
   */
  append(
    batch: Batch,
    bytes: Uint8Array,
    start: number,
    end: number,
    previousNs: bigint,
  ): ScanResult {
    if (this.#needsDecoder || end - start > this.#limits.lineBytes) {
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    const fill = this.decoder.fillOf(batch);
    if (fill.writer.isFull) return "full";
    const kernel = this.#kernelOf(fill.strings);
    kernel.take(bytes, start, end);
    const isRead = kernel.scan(0, 1, previousNs) === 1;
    if (!isRead || !this.#rowsOf(batch, fill).add(kernel.strings.words, kernel.tape)) {
      return this.#fallBack(batch, bytes, start, end, previousNs);
    }
    this.timeNs = kernel.ownNs;
    batch.evidence = fill.evidence;
    fill.evidence.setBytes(batch.count - 1, bytes, start, end);
    this.#mistyped += kernel.strings.words[kernel.tape + rowWords.mistyped]!;
    return "appended";
  }

  /**
   * The same for lines from line `from` on that come after those of `order`, until the batch is full or
   * has got `most` rows more, or until a line is rejected.
   */
  appendLines(
    batch: Batch,
    lines: LineRanges,
    from: number,
    most: number,
    order: LineOrder,
  ): LinesTaken {
    const fill = this.decoder.fillOf(batch);
    batch.evidence = fill.evidence;
    const kernel = this.#kernelOf(fill.strings);
    const full = Math.min(batch.layout.capacity, batch.count + most);
    for (let at = from; at < lines.count; ) {
      if (batch.count >= full) return { count: at - from, next: "full" };
      const held = this.#needsDecoder ? 0 : kernel.takeLines(lines, at, full - batch.count);
      const portionEnd = at + Math.max(held, 1);
      const start = at;
      while (at < portionEnd) {
        const read = held === 0 ? 0 : kernel.scan(at - start, held, order.newestNs ?? 0n);
        at += this.#addRows(batch, fill, lines, at, read, order);
        if (at === portionEnd) break;
        // The kernel has left this line, or a pool has no room for it.
        const next = this.#appendLeft(batch, lines, at, order);
        if (next !== "appended") return { count: at - from, next };
        at += 1;
      }
    }
    return { count: lines.count - from, next: "appended" };
  }

  /** Adds rows of the tape, those of lines from `first` on, until a pool has no room; how many. */
  #addRows(
    batch: Batch,
    fill: BatchFill,
    lines: LineRanges,
    first: number,
    count: number,
    order: LineOrder,
  ): number {
    if (count === 0) return 0;
    const kernel = this.#kernel!;
    const rows = this.#rowsOf(batch, fill);
    const { words } = kernel.strings;
    const { bytes, starts, ends } = lines;
    let added = 0;
    for (let at = kernel.tape; added < count && rows.add(words, at); at += words[at]!) {
      const line = first + added;
      fill.evidence.setBytes(batch.count - 1, bytes, starts[line]!, ends[line]!);
      this.#mistyped += words[at + rowWords.mistyped]!;
      const rowOrder = words[at + rowWords.order]!;
      if (rowOrder === rowOrders.inOrder) order.isTimed = true;
      else if (rowOrder === rowOrders.late || !order.isTimed) order.isInOrder = false;
      if (rowOrder === rowOrders.untimed) order.untimed += 1;
      added += 1;
    }
    if (order.isTimed && added > 0) order.newestNs = batch.times[batch.count - 1]!;
    return added;
  }

  /** Adds a line that the kernel has left. */
  #appendLeft(
    batch: Batch,
    { bytes, starts, ends }: LineRanges,
    line: number,
    order: LineOrder,
  ): ScanResult {
    const previousNs = order.newestNs ?? 0n;
    const result = this.#fallBack(batch, bytes, starts[line]!, ends[line]!, previousNs);
    if (result === "appended") noteTime(order, this.timeNs);
    return result;
  }

  #kernelOf(strings: StringTable): LineKernel {
    if (this.#kernel?.strings === strings) return this.#kernel;
    const kernel = this.#kernels.get(strings) ?? new LineKernel(strings, this.#tree, this.#limits);
    this.#kernels.set(strings, kernel);
    this.#kernel = kernel;
    return kernel;
  }

  #rowsOf(batch: Batch, fill: BatchFill): RowTape {
    if (this.#rows?.batch !== batch) this.#rows = new RowTape(batch, fill.writer);
    return this.#rows;
  }

  #fallBack(
    batch: Batch,
    bytes: Uint8Array,
    start: number,
    end: number,
    previousNs: bigint,
  ): ScanResult {
    const record = this.decoder.parse(this.#utf8.decode(bytes.subarray(start, end)));
    if (record.kind === "rejected") {
      this.rejection = record;
      return "rejected";
    }
    const own = record.timeNs;
    const timeNs = own === null || own < previousNs ? previousNs : own;
    if (!this.decoder.append(batch, record, timeNs)) return "full";
    this.timeNs = own;
    this.#fallbacks += 1;
    return "appended";
  }
}

/** Takes the time of a line, null where it has none, into account. */
export function noteTime(order: LineOrder, timeNs: bigint | null): void {
  if (timeNs === null) {
    order.untimed += 1;
    order.isInOrder &&= order.isTimed;
  } else if (timeNs < (order.newestNs ?? 0n)) {
    order.isInOrder = false;
  } else {
    order.isTimed = true;
    order.newestNs = timeNs;
  }
}
