/**
 * `child of`, `descendant of` and `event of`: which events belong to processes that stand in a
 * relation to one that matched a subquery.
 *
 * A process is a child (descendant) if its parent had matched (or was a descendant) *when it was
 * created*; what matches later changes nothing for it, and a source is not its own descendant.
 */
import { type Bitmap, createBitmap, hasBit, isEmpty, setBit } from "../base/bitset.ts";
import type { Batch } from "../event/batch.ts";
import type { ProcessNode } from "./process-node.ts";
import type { Creation, ProcessTable } from "./process-table.ts";

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
  process: ProcessNode,
  sources: readonly ProcessNode[],
) => void;

/** Bits of a process's flags for one subquery. */
const matched = 1;
const child = 2;
const descendant = 4;

export class LineageTracker {
  readonly #table: ProcessTable;
  readonly #queries: number;
  readonly #observe: LineageObserver | null;
  /** By query: whether it has ever held. */
  readonly #matched: Uint8Array;
  #rows = 0;
  #capacity = 0;

  /** For subqueries numbered `0 <= query < queries`. */
  constructor(table: ProcessTable, queries: number, observe: LineageObserver | null = null) {
    this.#table = table;
    this.#observe = observe;
    this.#queries = queries;
    this.#matched = new Uint8Array(queries);
  }

  /** Takes the batch into the process table. */
  begin(batch: Batch): void {
    this.#table.begin(batch);
    this.#rows = batch.count;
    this.#capacity = batch.layout.capacity;
  }

  /**
   * The answers for subquery `query`, which holds for the rows `hits` of the batch. Called once per
   * query and batch; the order of the queries changes nothing. A row without a process stands in
   * no relation. Null as long as nothing has ever matched: then no process stands in any.
   */
  run(query: number, hits: Bitmap): LineageRows | null {
    if (this.#matched[query] === 0) {
      if (isEmpty(hits)) return null;
      this.#matched[query] = 1;
    }
    const rows = emptyRows(this.#capacity);
    for (let row = 0; row < this.#rows; row += 1) {
      const node = this.#table.nodeOf(row);
      if (node === null) continue;
      const before = this.#flags(node, query);
      const creation = this.#table.creationOf(row);
      if (creation !== undefined) this.#inherit(node, creation, query);
      if (hasBit(hits, row)) this.#mark(node, query, matched);
      const flags = this.#flags(node, query);
      if (flags === 0) continue;
      if (flags !== before) this.#observe?.(row, node, creation?.sources ?? []);
      if ((flags & child) !== 0) setBit(rows.child, row);
      if ((flags & descendant) !== 0) setBit(rows.descendant, row);
      if ((flags & matched) !== 0) setBit(rows.event, row);
    }
    return rows;
  }

  #inherit(node: ProcessNode, creation: Creation, query: number): void {
    const { parent, sources } = creation;
    if (parent !== null && (this.#flags(parent, query) & matched) !== 0) {
      this.#mark(node, query, child);
    }
    const isSource = (source: ProcessNode): boolean =>
      (this.#flags(source, query) & (matched | descendant)) !== 0;
    if (sources.some(isSource)) this.#mark(node, query, descendant);
  }

  #flags(node: ProcessNode, query: number): number {
    return node.lineage?.owner === this ? node.lineage.bits[query]! : 0;
  }

  #mark(node: ProcessNode, query: number, flag: number): void {
    if (node.lineage?.owner !== this) {
      node.lineage = { owner: this, bits: new Uint8Array(this.#queries) };
    }
    node.lineage.bits[query]! |= flag;
  }
}

function emptyRows(capacity: number): LineageRows {
  return {
    child: createBitmap(capacity),
    descendant: createBitmap(capacity),
    event: createBitmap(capacity),
  };
}
