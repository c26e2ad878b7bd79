/**
 * Which process a row belongs to, where the row says what its process said before: then there is
 * nothing to learn, and the cells alone show it. Most events of a stream are of this sort.
 */
import type { Batch, Column } from "../event/batch.ts";
import type { StringTable } from "../event/string-table.ts";
import type { Schema } from "../schema/schema.ts";
import { endActions, endTypes, type ProcessFieldName, processColumn } from "./process-fields.ts";
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
  /** By cell of the entity id, as long as the string table is the same. */
  readonly #nodes: Map<number, ProcessNode> = new Map();
  #strings: StringTable | null = null;
  #generation: number = 0;
  /** By text's id: whether the type, or the action, says that a process ended. */
  readonly #endingTypes: Map<number, boolean> = new Map();
  readonly #endingActions: Map<number, boolean> = new Map();
  #batch: Batch | null = null;
  #entity: Int32Array | null = null;
  #types: Int32Array | null = null;
  #actions: Int32Array | null = null;
  #pidTags: Uint8Array | null = null;
  #pidWords: Int32Array | null = null;
  #cells: readonly (Int32Array | null)[] = [];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  begin(batch: Batch): void {
    const { strings } = batch;
    if (strings !== this.#strings || strings.generation !== this.#generation) {
      this.#nodes.clear();
      this.#endingTypes.clear();
      this.#endingActions.clear();
      this.#strings = strings;
      this.#generation = strings.generation;
    }
    if (batch === this.#batch) return;
    this.#batch = batch;
    const cellsOf = (name: ProcessFieldName): Int32Array | null =>
      referenceCells(processColumn(this.#schema, batch, name));
    this.#entity = cellsOf("entityId");
    this.#types = cellsOf("eventType");
    this.#actions = cellsOf("eventAction");
    this.#cells = described.map(cellsOf);
    const pid = processColumn(this.#schema, batch, "pid");
    this.#pidTags = pid?.kind === "number" ? pid.tags : null;
    this.#pidWords = pid?.kind === "number" ? pid.words : null;
  }

  /** The process of a row that says nothing new; null where that is not certain. */
  find(row: number): ProcessNode | null {
    const entity = this.#entity === null ? 0 : this.#entity[row]!;
    if (entity <= 0) return null;
    const node = this.#nodes.get(entity);
    if (node === undefined || node.sighting === null) return null;
    if (!node.isLinked || node.evictedAt !== Number.POSITIVE_INFINITY) return null;
    return this.#isSame(node.sighting, row) ? node : null;
  }

  /** Whether the row ends its process. */
  isEnd(row: number): boolean {
    return (
      this.#says(this.#types, row, endTypes, this.#endingTypes) ||
      this.#says(this.#actions, row, endActions, this.#endingActions)
    );
  }

  /** Remembers what a row said, once its process has learned it. */
  remember(row: number, node: ProcessNode): void {
    const entity = this.#entity === null ? 0 : this.#entity[row]!;
    const tag = this.#pidTags === null ? 0 : this.#pidTags[row]!;
    const [hostId, name, executable, commandLine] = this.#cells.map((cells) => cells?.[row] ?? 0);
    const cells = [hostId!, name!, executable!, commandLine!];
    if (entity <= 0 || tag > 1 || cells.some((cell) => cell < 0)) return;
    this.#nodes.set(entity, node);
    node.sighting = {
      hostId: hostId!,
      name: name!,
      executable: executable!,
      commandLine: commandLine!,
      pidTag: tag,
      pidLow: this.#pidWords?.[row * 2] ?? 0,
      pidHigh: this.#pidWords?.[row * 2 + 1] ?? 0,
    };
  }

  #isSame(known: Sighting, row: number): boolean {
    const [hostId, name, executable, commandLine] = this.#cells;
    if ((hostId == null ? 0 : hostId[row]) !== known.hostId) return false;
    if ((name == null ? 0 : name[row]) !== known.name) return false;
    if ((executable == null ? 0 : executable[row]) !== known.executable) return false;
    if ((commandLine == null ? 0 : commandLine[row]) !== known.commandLine) return false;
    if (this.#pidTags === null || this.#pidWords === null) return true;
    const tag = this.#pidTags[row];
    if (tag !== known.pidTag) return false;
    if (tag === 0) return true;
    const words = this.#pidWords;
    return words[row * 2] === known.pidLow && words[row * 2 + 1] === known.pidHigh;
  }

  /** Whether one of the field's values in the row is among `texts`; `known` remembers the answers. */
  #says(
    cells: Int32Array | null,
    row: number,
    texts: readonly string[],
    known: Map<number, boolean>,
  ): boolean {
    const cell = cells === null ? 0 : cells[row]!;
    if (cell === 0) return false;
    if (cell > 0) return this.#isAmong(cell, texts, known);
    const { pool32 } = this.#batch!;
    const count = pool32[-cell]!;
    for (let i = 1; i <= count; i += 1) {
      if (this.#isAmong(pool32[-cell + i]!, texts, known)) return true;
    }
    return false;
  }

  #isAmong(id: number, texts: readonly string[], known: Map<number, boolean>): boolean {
    let answer = known.get(id);
    if (answer === undefined) {
      answer = texts.includes(this.#strings!.text(id));
      known.set(id, answer);
    }
    return answer;
  }
}

function referenceCells(column: Column | undefined): Int32Array | null {
  return column?.kind === "reference" ? column.cells : null;
}
