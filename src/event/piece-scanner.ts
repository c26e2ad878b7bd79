/**
 * Events in pieces (pieced-event.ts) into rows: what an event shares with others was scanned once and is copied,
 * what it has for itself is stored if it comes as values, and scanned if not. The rows are those that the
 * event's whole text would give.
 */
import type { Limits } from "../base/limits.ts";
import { type Batch, recordKinds } from "./batch.ts";
import type { BatchFill } from "./decode.ts";
import { FragmentCells } from "./fragment-cells.ts";
import { OwnColumns } from "./own-columns.ts";
import { type Fragment, namingPaths, type OwnValues, type PiecedEvent } from "./pieced-event.ts";
import type { EventScanner } from "./scanner.ts";

/** What became of an event: a row was added, the batch has no room, or its whole text has to be scanned. */
export type PieceResult = "appended" | "full" | "unfit";

/** How deep the objects of an own piece lie at most. */
const ownDepth = 8;

export class PieceScanner {
  /** Whether what names an event is a column: then it has to be scanned as well. */
  readonly isNamed: boolean;
  readonly #scanner: EventScanner;
  readonly #batch: Batch;
  readonly #lineUnits: number;
  readonly #mayBeTooDeep: boolean;
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
  /** Where the text of a shared piece stands while it is scanned. */
  #bytes: Uint8Array = new Uint8Array(0x4000);
  /** By their lists of places; the one that served last. */
  readonly #columns: Map<object, OwnColumns> = new Map();
  #lastColumns: OwnColumns | null = null;

  /** Fills the same batch as `scanner`, whose limits say which texts are no events. */
  constructor(scanner: EventScanner, batch: Batch, limits: Pick<Limits, "lineBytes" | "nesting">) {
    this.#scanner = scanner;
    this.#batch = batch;
    // In UTF-8 a unit has at most three bytes.
    this.#lineUnits = Math.floor(limits.lineBytes / 3);
    this.#mayBeTooDeep = limits.nesting < ownDepth;
    this.isNamed = batch.layout.columns.some(({ field }) => namingPaths.includes(field.path));
  }

  /**
   * Whether `appendValues` takes events that say for themselves what this one says; else `append` has to. An
   * event that is not named must not be asked for its name.
   */
  takesValues(event: PiecedEvent): boolean {
    if (event.values === null || this.isNamed || this.#mayBeTooDeep) return false;
    return this.#columnsFor(event.values).isFit;
  }

  /** Adds an event with its final time, none of whose text is looked at. */
  appendValues(batch: Batch, event: PiecedEvent, timeNs: bigint): PieceResult {
    const { values } = event;
    if (values === null) return "unfit";
    const fill = this.#scanner.decoder.fillOf(batch);
    if (fill.writer.isFull) return "full";
    const shared = this.#shared(batch, fill, event);
    if (shared !== null) return shared;
    const row = batch.count;
    this.#columnsFor(values).put(values, batch, fill, row);
    batch.kinds[row] = recordKinds.event;
    batch.count = row + 1;
    batch.evidence = fill.evidence;
    this.#finish(batch, fill, event, timeNs);
    return "appended";
  }

  /**
   * Adds an event with its final time. `bytes[start, end)` is what `event.own(isNamed)` says; it must stay as it
   * is while the batch lives.
   */
  append(
    batch: Batch,
    event: PiecedEvent,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: bigint,
  ): PieceResult {
    const fill = this.#scanner.decoder.fillOf(batch);
    const shared = this.#shared(batch, fill, event);
    if (shared !== null) return shared;
    const result = this.#scanner.append(batch, bytes, start, end, timeNs);
    if (result !== "appended") return result === "full" && batch.count > 0 ? "full" : "unfit";
    this.#finish(batch, fill, event, timeNs);
    return "appended";
  }

  /** Makes what the event shares ready to be put into a row; what is in the way, or null. */
  #shared(batch: Batch, fill: BatchFill, event: PiecedEvent): "full" | "unfit" | null {
    const { head, process } = event;
    if (event.ownChars + head.chars + process.chars > this.#lineUnits) return "unfit";
    return this.#prepare(batch, fill, head) ?? this.#prepare(batch, fill, process);
  }

  /** Fills the last row up with what is the same however its own piece came. */
  #finish(batch: Batch, fill: BatchFill, event: PiecedEvent, timeNs: bigint): void {
    const row = batch.count - 1;
    event.head.cells?.put(batch, row);
    event.process.cells?.put(batch, row);
    batch.times[row] = timeNs;
    fill.evidence.setSource(row, 1, event, 0);
  }

  #columnsFor({ places }: OwnValues): OwnColumns {
    if (this.#lastColumns?.places === places) return this.#lastColumns;
    let columns = this.#columns.get(places);
    if (columns === undefined) {
      columns = new OwnColumns(this.#batch, places);
      this.#columns.set(places, columns);
    }
    this.#lastColumns = columns;
    return columns;
  }

  #prepare(batch: Batch, fill: BatchFill, fragment: Fragment): "full" | "unfit" | null {
    let { cells } = fragment;
    if (cells === null || cells.owner !== this || cells.generation !== fill.strings.generation) {
      const wasEmpty = batch.count === 0;
      cells = this.#scan(batch, fill, fragment.texts);
      if (cells === null) return wasEmpty ? "unfit" : "full";
      fragment.cells = cells;
    }
    if (!cells.isFit) return "unfit";
    if (cells.prepare(batch, fill.writer)) return null;
    return batch.count === 0 ? "unfit" : "full";
  }

  /** Scans a piece as if it were an event of its own, and takes it out of the batch again; null without room. */
  #scan(batch: Batch, fill: BatchFill, texts: readonly string[]): FragmentCells | null {
    const end = this.#place(texts);
    fill.writer.mark();
    if (this.#scanner.append(batch, this.#bytes, 0, end, 0n) !== "appended") return null;
    batch.count -= 1;
    const cells = new FragmentCells(this, batch, batch.count);
    fill.writer.release();
    return cells;
  }

  /** Where the texts end in `#bytes`: a line feed follows, and bytes after that may be read. */
  #place(texts: readonly string[]): number {
    const units = texts.reduce((sum, text) => sum + text.length, 0);
    const mostBytes = units * 3 + 8;
    if (mostBytes > this.#bytes.length) this.#bytes = new Uint8Array(mostBytes * 2);
    let end = 0;
    for (const text of texts) {
      end += this.#encoder.encodeInto(text, this.#bytes.subarray(end)).written;
    }
    this.#bytes[end] = 0x0a;
    return end;
  }
}
