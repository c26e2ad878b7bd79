/**
 * Events in pieces (pieced-event.ts) into rows: what an event has for itself is scanned, what it shares with
 * others was scanned once and is copied. The rows are those that the event's whole text would give.
 */
import type { Batch } from "./batch.ts";
import type { BatchFill } from "./decode.ts";
import { FragmentCells } from "./fragment-cells.ts";
import { type Fragment, namingPaths, type PiecedEvent } from "./pieced-event.ts";
import type { EventScanner } from "./scanner.ts";

/** What became of an event: a row was added, the batch has no room, or its whole text has to be scanned. */
export type PieceResult = "appended" | "full" | "unfit";

/** Where the text of a piece stands for a moment: a line feed ends it, and bytes after that may be read. */
interface PlacedText {
  readonly bytes: Uint8Array;
  readonly end: number;
}

export class PieceScanner {
  /** Whether what names an event is a column: then it has to be scanned as well. */
  readonly isNamed: boolean;
  readonly #scanner: EventScanner;
  readonly #lineUnits: number;
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();

  /** Fills the same batch as `scanner`; a text of over `lineBytes` bytes is no event. */
  constructor(scanner: EventScanner, batch: Batch, lineBytes: number) {
    this.#scanner = scanner;
    // In UTF-8 a unit has at most three bytes.
    this.#lineUnits = Math.floor(lineBytes / 3);
    this.isNamed = batch.layout.columns.some(({ field }) => namingPaths.includes(field.path));
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
    const { head, process } = event;
    if (event.ownChars + head.object.length + process.object.length > this.#lineUnits) {
      return "unfit";
    }
    const fill = this.#scanner.decoder.fillOf(batch);
    const headCells = this.#cellsOf(batch, fill, head);
    if (typeof headCells === "string") return headCells;
    const processCells = this.#cellsOf(batch, fill, process);
    if (typeof processCells === "string") return processCells;
    const result = this.#scanner.append(batch, bytes, start, end, timeNs);
    if (result !== "appended") return result === "full" && batch.count > 0 ? "full" : "unfit";
    const row = batch.count - 1;
    headCells.put(batch, row);
    processCells.put(batch, row);
    batch.times[row] = timeNs;
    fill.evidence.setSource(row, 1, event, 0);
    return "appended";
  }

  #cellsOf(batch: Batch, fill: BatchFill, fragment: Fragment): FragmentCells | "full" | "unfit" {
    let { cells } = fragment;
    if (cells === null || cells.owner !== this || cells.generation !== fill.strings.generation) {
      const wasEmpty = batch.count === 0;
      cells = this.#scan(batch, fill, fragment.object);
      if (cells === null) return wasEmpty ? "unfit" : "full";
      fragment.cells = cells;
    }
    if (!cells.isFit) return "unfit";
    if (cells.prepare(batch, fill.writer)) return cells;
    return batch.count === 0 ? "unfit" : "full";
  }

  /** Scans a piece as if it were an event of its own, and takes it out of the batch again; null without room. */
  #scan(batch: Batch, fill: BatchFill, object: string): FragmentCells | null {
    const { bytes, end } = this.#place(object);
    fill.writer.mark();
    if (this.#scanner.append(batch, bytes, 0, end, 0n) !== "appended") return null;
    batch.count -= 1;
    const cells = new FragmentCells(this, batch, batch.count);
    fill.writer.release();
    return cells;
  }

  #place(text: string): PlacedText {
    const encoded = this.#encoder.encode(text);
    const bytes = new Uint8Array(encoded.length + 8);
    bytes.set(encoded);
    bytes[encoded.length] = 0x0a;
    return { bytes, end: encoded.length };
  }
}
