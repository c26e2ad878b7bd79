/**
 * Rows of a block into a batch, with the plain decoder's results exactly. Fields are copied column by
 * column; a row that has something which columns don't hold (records of an object list, a gap) is read
 * from its text by the decoder itself.
 */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { type Batch, recordKinds } from "../event/batch.ts";
import type { EventDecoder, Rejection } from "../event/decode.ts";
import type { Block } from "./block.ts";
import { type ColumnFill, NumberFill, ReferenceFill } from "./column-fill.ts";
import { ValueReader } from "./value-map.ts";

export interface BlockFillerOptions {
  /** Reads rows from their text; it fills the batch as well. */
  readonly decoder: EventDecoder;
  /** The one batch that is filled. */
  readonly batch: Batch;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** A row whose text the decoder refuses: with other limits or fields than it was recorded with. */
  readonly onReject: (rejection: Rejection, text: string) => void;
}

interface FilledField {
  readonly path: string;
  /** Index of the column in the batch. */
  readonly column: number;
  readonly fill: ColumnFill;
}

export class BlockFiller {
  readonly #options: BlockFillerOptions;
  readonly #fields: readonly FilledField[];
  readonly #objectLists: readonly string[];
  /** Whether times come from elsewhere than the usual field, which only the decoder reads. */
  readonly #isPlain: boolean;
  #block: Block | null = null;
  /** 1 where a row is read from its text. */
  #special: Uint8Array | null = null;
  #generation: number = -1;
  /** The fields of which the block at hand has something. */
  #present: readonly FilledField[] = [];

  constructor(options: BlockFillerOptions) {
    const { batch, timestampField = "@timestamp", timestampUnit = "ms" } = options;
    this.#options = options;
    this.#isPlain = timestampField !== "@timestamp" || timestampUnit !== "ms";
    this.#objectLists = batch.layout.columns
      .filter(({ kind }) => kind === "records")
      .map(({ field }) => field.path);
    this.#fields = batch.columns.flatMap((column, index) => {
      if (column.kind === "records") return [];
      const { field } = batch.layout.columns[index]!;
      const reader = new ValueReader(field, "ms");
      const fill =
        column.kind === "reference"
          ? new ReferenceFill(reader, column)
          : new NumberFill(reader, column);
      return [{ path: field.path, column: index, fill }];
    });
  }

  /** Takes another block. */
  begin(block: Block): void {
    this.#block = block;
    this.#present = this.#fields.filter(({ path }) => block.hasColumn(path));
    this.#special = this.#specialRows(block);
    this.#generation = -1;
  }

  /**
   * Adds rows `[row, end)` of the block at hand to the batch, as many as there is room for, and returns
   * how many. 0: the batch must be closed first, or, where it is empty, the row fits no batch.
   */
  fill(row: number, end: number): number {
    const { decoder, batch } = this.#options;
    const { writer } = decoder.fillOf(batch);
    let at = row;
    while (at < end && !writer.isFull) {
      const before = at;
      at = this.#special?.[at] === 1 ? this.#fillOne(at) : this.#fillRun(at, end);
      if (at === before) break;
    }
    return at - row;
  }

  #fillOne(row: number): number {
    const { decoder, batch, onReject } = this.#options;
    const block = this.#block!;
    const text = block.text(row);
    const record = decoder.parse(text);
    if (record.kind === "rejected") {
      onReject(record, text);
      return row + 1;
    }
    return decoder.append(batch, record, block.times[row]!) ? row + 1 : row;
  }

  /** Rows up to the next special one; where lists find no room in an empty batch, one row of it. */
  #fillRun(start: number, end: number): number {
    const { decoder, batch } = this.#options;
    const block = this.#block!;
    this.#prepare(block);
    const { writer, evidence } = decoder.fillOf(batch);
    const at = batch.count;
    let stop = Math.min(end, start + batch.layout.capacity - at);
    if (this.#special !== null) stop = nextSet(this.#special, start, stop);
    for (const { fill } of this.#present) stop = fill.reserve(writer, start, stop);
    const count = stop - start;
    if (count === 0) return at === 0 ? this.#fillAlone(start) : start;
    for (const { fill, column } of this.#present) {
      if (fill.copy(at, start, stop)) batch.used[column] = 1;
    }
    batch.kinds.fill(recordKinds.event, at, at + count);
    batch.times.set(block.times.subarray(start, stop), at);
    evidence.setSource(at, count, block, start);
    batch.evidence = evidence;
    batch.count = at + count;
    return stop;
  }

  /** A row whose lists fill an empty batch: the decoder cuts them. */
  #fillAlone(row: number): number {
    this.#options.decoder.reset(this.#options.batch);
    return this.#fillOne(row);
  }

  /** Ids of texts are good until the string table is emptied. */
  #prepare(block: Block): void {
    const { decoder, batch } = this.#options;
    const { strings } = decoder.fillOf(batch);
    if (this.#generation === strings.generation) return;
    this.#generation = strings.generation;
    for (const { path, fill } of this.#present) fill.prepare(block.column(path)!, strings);
  }

  #specialRows(block: Block): Uint8Array | null {
    const { limits } = this.#options;
    const { longest, depth, columns } = block.directory;
    if (this.#isPlain || longest > limits.lineBytes || depth > limits.nesting) {
      return new Uint8Array(block.count).fill(1);
    }
    const special = new Uint8Array(block.count);
    const hasOthers = mark(special, block.kinds);
    let hasSpecial = mark(special, block.unusual) || hasOthers;
    const isInList = (path: string): boolean =>
      this.#objectLists.some((list) => path === list || path.startsWith(`${list}.`));
    for (const [path, , , , , lists] of columns) {
      if (isInList(path)) {
        const { rows } = block.column(path)!;
        hasSpecial = rows === null ? special.fill(1).length > 0 : mark(special, rows) || hasSpecial;
      } else if (lists > 0 && this.#present.some((field) => field.path === path)) {
        hasSpecial = this.#markLongLists(special, block, path) || hasSpecial;
      }
    }
    return hasSpecial ? special : null;
  }

  /** Lists that are to be cut. */
  #markLongLists(special: Uint8Array, block: Block, path: string): boolean {
    const column = block.column(path)!;
    const limit = this.#options.limits.listValues;
    if (column.longestList <= limit) return false;
    let hasSpecial = false;
    for (let row = 0; row < block.count; row += 1) {
      const list = (column.rows === null ? 1 : column.rows[row]!) - column.distinct - 1;
      if (list < 0 || column.list(list).length <= limit) continue;
      special[row] = 1;
      hasSpecial = true;
    }
    return hasSpecial;
  }
}

/** Marks the rows whose number is not 0; whether there is one. */
function mark(special: Uint8Array, numbers: ArrayLike<number> | null): boolean {
  if (numbers === null) return false;
  let hasSpecial = false;
  for (let row = 0; row < numbers.length; row += 1) {
    if (numbers[row] === 0) continue;
    special[row] = 1;
    hasSpecial = true;
  }
  return hasSpecial;
}

function nextSet(flags: Uint8Array, start: number, end: number): number {
  const found = flags.subarray(start, end).indexOf(1);
  return found === -1 ? end : start + found;
}
