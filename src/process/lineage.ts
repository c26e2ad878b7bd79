/**
 * `child of`, `descendant of` and `event of`: which events belong to processes that stand in a
 * relation to one that matched a subquery.
 *
 * A process is a child (descendant) if its parent had matched (or was a descendant) *when it was
 * created*; what matches later changes nothing for it, and a source is not its own descendant.
 */
import { type Bitmap, createBitmap, hasBit, isEmpty, setBit } from "../base/bitset.ts";
import type { Batch } from "../event/batch.ts";
import type { ProcessIdentity } from "./process-record.ts";
import type { ProcessTable } from "./process-table.ts";

/** The answers for one subquery and batch: rows whose process stands in the relation. */
export interface LineageRows {
  readonly child: Bitmap;
  readonly descendant: Bitmap;
  readonly event: Bitmap;
}

/**
 * Told of each row by which a process came to stand in a relation, or to be one that others can stand in a relation to;
 * `sources` are the processes that it may have inherited from. May be told of one row several times.
 */
export type LineageObserver = (
  row: number,
  process: ProcessIdentity,
  sources: readonly ProcessIdentity[],
) => void;

/** Bits of a process's flags for one subquery. */
const matched = 1;
const child = 2;
const descendant = 4;

export class LineageTracker {
  readonly #table: ProcessTable;
  readonly #observe: LineageObserver | null;
  /** By query: the flags of each process by its place; null as long as nothing has matched. */
  readonly #flags: (Uint8Array | null)[];
  #rows = 0;
  #capacity = 0;

  /** For subqueries numbered `0 <= query < queries`. */
  constructor(table: ProcessTable, queries: number, observe: LineageObserver | null = null) {
    this.#table = table;
    this.#observe = observe;
    this.#flags = Array.from({ length: queries }, () => null);
  }

  /** Takes the batch into the process table. */
  begin(batch: Batch): void {
    this.#table.begin(batch);
    this.#rows = batch.count;
    this.#capacity = batch.layout.capacity;
    const { recycled } = this.#table;
    if (recycled.length === 0) return;
    for (const flags of this.#flags) {
      if (flags !== null) for (const place of recycled) flags[place] = 0;
    }
  }

  /**
   * The answers for subquery `query`, which holds for the rows `hits` of the batch. Called once per
   * query and batch; the order of the queries changes nothing. A row without a process stands in
   * no relation. Null as long as nothing has ever matched: then no process stands in any.
   */
  run(query: number, hits: Bitmap): LineageRows | null {
    if (this.#flags[query] === null && isEmpty(hits)) return null;
    const flags = this.#flagsOf(query);
    const rows = emptyRows(this.#capacity);
    const { nodes, creations } = this.#table;
    for (let row = 0; row < this.#rows; row += 1) {
      const place = nodes[row]!;
      if (place === -1) continue;
      const before = flags[place]!;
      const creation = creations[row]!;
      let now = creation === 0 ? before : before | this.#inherited(flags, creation);
      if (hasBit(hits, row)) now |= matched;
      if (now === 0) continue;
      if (now !== before) {
        flags[place] = now;
        this.#tell(row, place, creation);
      }
      if ((now & child) !== 0) setBit(rows.child, row);
      if ((now & descendant) !== 0) setBit(rows.descendant, row);
      if ((now & matched) !== 0) setBit(rows.event, row);
    }
    return rows;
  }

  /** With room for all processes of the table. */
  #flagsOf(query: number): Uint8Array {
    const { places } = this.#table;
    const known = this.#flags[query] ?? new Uint8Array(0);
    if (known.length >= places) return known;
    const flags = new Uint8Array(Math.max(known.length * 2, places, this.#capacity));
    flags.set(known);
    this.#flags[query] = flags;
    return flags;
  }

  /** What a process has from those that its creation names; see `ProcessTable.sources`. */
  #inherited(flags: Uint8Array, creation: number): number {
    const { sources } = this.#table;
    const parent = flags[sources[creation + 1]!]!;
    const isChild = (parent & matched) !== 0 ? child : 0;
    const end = creation + sources[creation]!;
    for (let i = creation + 1; i <= end; i += 1) {
      if ((flags[sources[i]!]! & (matched | descendant)) !== 0) return isChild | descendant;
    }
    return isChild;
  }

  #tell(row: number, place: number, creation: number): void {
    if (this.#observe === null) return;
    const table = this.#table;
    const { sources } = table;
    const places = sources.subarray(creation + 1, creation + 1 + sources[creation]!);
    const identities = Array.from(places, (source) => table.identityOf(source));
    this.#observe(row, table.identityOf(place), identities);
  }
}

function emptyRows(capacity: number): LineageRows {
  return {
    child: createBitmap(capacity),
    descendant: createBitmap(capacity),
    event: createBitmap(capacity),
  };
}
