/**
 * Which process a row belongs to, where the row says what its process said before: then there is
 * nothing to learn, and the cells alone show it. Most events of a stream are of this sort.
 */
import { IntMap } from "../base/int-map.ts";
import type { Batch, Column } from "../event/batch.ts";
import type { Texts } from "../event/string-table.ts";
import type { Schema } from "../schema/schema.ts";
import { type ProcessFieldName, processColumn } from "./process-fields.ts";
import type { ProcessNode } from "./process-node.ts";

/** The cells that name and describe a process, beside its entity id and pid. */
const described = ["hostId", "name", "executable", "commandLine"] as const;

/** What the last row of a process that was taken in said of it, as cells. */
export interface Sighting {
  readonly hostId: number;
  readonly name: number;
  readonly executable: number;
  readonly commandLine: number;
  /** The pid's tag, and its value as two words. */
  readonly pidTag: number;
  readonly pidLow: number;
  readonly pidHigh: number;
}

export class Sightings {
  readonly #schema: Schema;
  /** Place in `#nodes` by cell of the entity id, as long as the string table is the same. */
  readonly #places: IntMap = new IntMap();
  readonly #nodes: ProcessNode[] = [];
  #strings: Texts | null = null;
  #generation: number = 0;
  #batch: Batch | null = null;
  #entity: Int32Array | null = null;
  #pidTags: Uint8Array | null = null;
  #pidWords: Int32Array | null = null;
  #cells: readonly (Int32Array | null)[] = [];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  begin(batch: Batch): void {
    const { strings } = batch;
    if (strings !== this.#strings || strings.generation !== this.#generation) {
      this.#places.clear();
      this.#nodes.length = 0;
      this.#strings = strings;
      this.#generation = strings.generation;
    }
    if (batch === this.#batch) return;
    this.#batch = batch;
    const cellsOf = (name: ProcessFieldName): Int32Array | null =>
      referenceCells(processColumn(this.#schema, batch, name));
    this.#entity = cellsOf("entityId");
    this.#cells = described.map(cellsOf);
    const pid = processColumn(this.#schema, batch, "pid");
    this.#pidTags = pid?.kind === "number" ? pid.tags : null;
    this.#pidWords = pid?.kind === "number" ? pid.words : null;
  }

  /** The process of a row that says nothing new; null where that is not certain. */
  find(row: number): ProcessNode | null {
    const entity = this.#entity === null ? 0 : this.#entity[row]!;
    if (entity <= 0) return null;
    const place = this.#places.get(entity);
    if (place === -1) return null;
    const node = this.#nodes[place]!;
    if (node.sighting === null) return null;
    if (!node.isLinked || node.evictedAt !== Number.POSITIVE_INFINITY) return null;
    return this.#isSame(node.sighting, row) ? node : null;
  }

  /** Remembers what a row said, once its process has learned it. */
  remember(row: number, node: ProcessNode): void {
    const entity = this.#entity === null ? 0 : this.#entity[row]!;
    const tag = this.#pidTags === null ? 0 : this.#pidTags[row]!;
    const hostId = this.#cell(0, row);
    const name = this.#cell(1, row);
    const executable = this.#cell(2, row);
    const commandLine = this.#cell(3, row);
    if (entity <= 0 || tag > 1) return;
    if (hostId < 0 || name < 0 || executable < 0 || commandLine < 0) return;
    const place = this.#places.get(entity);
    if (place === -1) {
      this.#places.set(entity, this.#nodes.length);
      this.#nodes.push(node);
    } else this.#nodes[place] = node;
    node.sighting = {
      hostId,
      name,
      executable,
      commandLine,
      pidTag: tag,
      pidLow: this.#pidWords?.[row * 2] ?? 0,
      pidHigh: this.#pidWords?.[row * 2 + 1] ?? 0,
    };
  }

  /** A cell of the field of that place in `described`. */
  #cell(place: number, row: number): number {
    const cells = this.#cells[place]!;
    return cells === null ? 0 : cells[row]!;
  }

  #isSame(known: Sighting, row: number): boolean {
    if (this.#cell(0, row) !== known.hostId || this.#cell(1, row) !== known.name) return false;
    if (this.#cell(2, row) !== known.executable) return false;
    if (this.#cell(3, row) !== known.commandLine) return false;
    if (this.#pidTags === null || this.#pidWords === null) return true;
    const tag = this.#pidTags[row];
    if (tag !== known.pidTag) return false;
    if (tag === 0) return true;
    const words = this.#pidWords;
    return words[row * 2] === known.pidLow && words[row * 2 + 1] === known.pidHigh;
  }
}

function referenceCells(column: Column | undefined): Int32Array | null {
  return column?.kind === "reference" ? column.cells : null;
}
