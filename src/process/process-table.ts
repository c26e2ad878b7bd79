/**
 * The processes of the stream, bounded: who is whose parent, as events told it.
 *
 * A process is known by host and entity id. Where an event has no entity id, it belongs to the
 * latest process with its pid; a new process begins when none has that pid, when the known one has
 * ended and this is not another end, or with a birth event although the known one had events of its
 * own. Births are `event.action` fork or clone, and `event.type` start unless the action is an exec
 * (which keeps its process). The first event of its own with a parent link *creates* a process:
 * parent entity id, else parent pid, else the first of `process.Ext.ancestry`.
 *
 * What was asked about a row is answered as of that row, however the stream is cut into batches.
 *
 * A process is told of by its place (process-rows.ts), which holds until the batch is over.
 */
import { assert } from "../base/assert.ts";
import type { Limits } from "../base/limits.ts";
import { type Batch, recordKinds } from "../event/batch.ts";
import type { Texts } from "../event/string-table.ts";
import type { Schema } from "../schema/schema.ts";
import { LifeSignReader, lifeSigns } from "./life-signs.ts";
import { ProcessCells, pidKinds, type ToldProcess } from "./process-cells.ts";
import { ProcessReader } from "./process-fields.ts";
import type { ProcessIdentity, ProcessRecord } from "./process-record.ts";
import { ProcessRows, rowFlags, rowShift, rowWords } from "./process-rows.ts";
import { SeenOrder } from "./seen-order.ts";
import { VersionLog } from "./version-log.ts";

export interface ProcessCounters {
  readonly processes: number;
  readonly evicted: number;
}

export class ProcessTable {
  readonly #schema: Schema;
  readonly #limit: number;
  readonly #rows: ProcessRows;
  readonly #cells: ProcessCells;
  readonly #order: SeenOrder = new SeenOrder();
  readonly #versions: VersionLog = new VersionLog();
  readonly #signs: LifeSignReader = new LifeSignReader();
  #size = 0;
  /** How many of them have no entity id. */
  #unnamed = 0;
  #evictions = 0;
  #reader: ProcessReader | null = null;
  /** Whose ids the cells of the rows are. */
  #strings: Texts | null = null;
  #generation = 0;
  /** By row of the current batch: the place of its process, or -1. */
  #nodes: Int32Array = new Int32Array(0);
  /** By row: where in `#sources` those of the process that it created begin with their number; 0 for none. */
  #creations: Int32Array = new Int32Array(0);
  #sources: Int32Array = new Int32Array(256);
  #sourceCount = 1;
  /** Places whose history is to be cut when the next batch begins; some occur more than once. */
  readonly #changed: number[] = [];
  #evicted: number[] = [];
  #recycled: number[] = [];
  readonly #leave = (texts: Texts): void => {
    if (texts === this.#strings) this.#settle();
  };

  /** At least two processes are kept, a child and its parent. */
  constructor(schema: Schema, limits: Limits) {
    this.#schema = schema;
    this.#limit = Math.max(2, limits.processes);
    this.#rows = new ProcessRows(this.#limit);
    this.#cells = new ProcessCells(schema, this.#rows.store);
  }

  get counters(): ProcessCounters {
    return { processes: this.#size, evicted: this.#evictions };
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#rows.bytes + this.#order.bytes + this.#versions.bytes;
  }

  /** Places are below. */
  get places(): number {
    return this.#rows.places;
  }

  /** Places that another process may have since the current batch began. */
  get recycled(): readonly number[] {
    return this.#recycled;
  }

  /** By row of the current batch: the place of its process; -1 where the event names none. */
  get nodes(): Int32Array {
    return this.#nodes;
  }

  /** By row: 0, or where in `sources` lies what the row created; see there. */
  get creations(): Int32Array {
    return this.#creations;
  }

  /**
   * How many processes one inherits its lineage from, then their places, nearest first; the first one is its parent. One
   * is enough if its own creation was seen; up to there, the gaps are filled from the ancestry that the event carries.
   */
  get sources(): Int32Array {
    return this.#sources;
  }

  /** Takes in the events of a batch in order; answers about the batch before end here. */
  begin(batch: Batch): void {
    this.#cutHistory();
    this.#useTexts(batch.strings);
    if (batch.layout.capacity > this.#nodes.length) {
      this.#nodes = new Int32Array(batch.layout.capacity);
      this.#creations = new Int32Array(batch.layout.capacity);
    }
    this.#creations.fill(0);
    this.#sourceCount = 1;
    if (this.#reader?.batch !== batch) this.#reader = new ProcessReader(this.#schema, batch);
    const reader = this.#reader;
    this.#cells.begin(batch);
    this.#signs.begin(batch, reader.column("eventType"), reader.column("eventAction"));
    const nodes = this.#nodes;
    for (let row = 0; row < batch.count; row += 1) {
      nodes[row] = batch.kinds[row] === recordKinds.event ? this.#see(row) : -1;
    }
  }

  /** What tells the process at a place from others, as of the last row. */
  identityOf(place: number): ProcessIdentity {
    return this.#rows.identityOf(place);
  }

  /**
   * The ancestors of the row's process, nearest first, at most `max`: by links, then by the event's
   * own parent fields, then as bare entity ids from the event's ancestry.
   */
  ancestryOf(row: number, max: number): ProcessRecord[] {
    const reader = this.#reader;
    if (reader === null) return [];
    const place = this.#nodes[row]!;
    const found = place === -1 ? [] : this.#linkedAncestors(place, row, max);
    if (found.length === 0 && max > 0) found.push(...namedParent(reader, row));
    const ids = reader.all("ancestry", row);
    const last = found.at(-1);
    const known = last === undefined ? 0 : ids.indexOf(last.entityId) + 1;
    const rest = last !== undefined && known === 0 ? [] : ids.slice(known);
    for (const entityId of rest.slice(0, max - found.length)) {
      found.push({ entityId, pid: null, name: null, executable: null, commandLine: null });
    }
    return found;
  }

  /** The ancestors by links, as of `row`, of a process that may belong to an earlier batch. */
  ancestryOfEntity(
    hostId: string | null,
    entityId: string,
    row: number,
    max: number,
  ): ProcessRecord[] {
    const rows = this.#rows;
    const host = rows.hosts.numberOf(hostId ?? "");
    if (host === -1) return [];
    const isWanted = (place: number): boolean =>
      this.#evictedRow(place) > row && rows.isEntity(place, host, entityId);
    const place = this.#evicted.find(isWanted) ?? rows.findEntityText(host, entityId);
    if (place === -1 || !this.#hasEntityId(place, row)) return [];
    return this.#linkedAncestors(place, row, max);
  }

  #linkedAncestors(start: number, row: number, max: number): ProcessRecord[] {
    const seen = [start];
    const found: ProcessRecord[] = [];
    let place = this.#parentAt(start, row);
    while (place !== -1 && !seen.includes(place) && found.length < max) {
      seen.push(place);
      found.push(this.#recordAt(place, row));
      place = this.#parentAt(place, row);
    }
    return found;
  }

  /** The parent as of a row, if it was known and still in the table then; else -1. */
  #parentAt(place: number, row: number): number {
    const { words } = this.#rows;
    const at = place << rowShift;
    const parent = words[at + rowWords.parent]!;
    if (parent === -1 || words[at + rowWords.linkedRow]! > row) return -1;
    const number = words[(parent << rowShift) + rowWords.number]!;
    if (words[at + rowWords.parentNumber] !== number) return -1;
    return this.#evictedRow(parent) > row ? parent : -1;
  }

  /** What was known when the row had been seen. */
  #recordAt(place: number, row: number): ProcessRecord {
    const rows = this.#rows;
    const at = place << rowShift;
    const version = this.#versions.find(rows.words[at + rowWords.history]!, row);
    if (version === -1) return rows.recordOf(rows.words, at);
    return rows.recordOf(this.#versions.words, version);
  }

  /** Whether its entity id was known when the row had been seen. */
  #hasEntityId(place: number, row: number): boolean {
    const history = this.#rows.words[(place << rowShift) + rowWords.history]!;
    const version = this.#versions.find(history, row);
    return version === -1 || this.#versions.words[version + rowWords.entityId] !== 0;
  }

  #evictedRow(place: number): number {
    return this.#rows.words[(place << rowShift) + rowWords.evictedRow]!;
  }

  /** Forgets what only rows of the batch before could ask for. */
  #cutHistory(): void {
    const rows = this.#rows;
    const { words } = rows;
    for (const place of this.#changed) {
      words[(place << rowShift) + rowWords.linkedRow] = -1;
      words[(place << rowShift) + rowWords.history] = 0;
    }
    for (const place of this.#evicted) rows.giveBack(place);
    this.#changed.length = 0;
    this.#recycled = this.#evicted;
    this.#evicted = [];
    this.#versions.clear();
    rows.change();
  }

  /** From here on cells are ids of these texts. */
  #useTexts(strings: Texts): void {
    const { store } = this.#rows;
    if (strings !== this.#strings) {
      if (this.#strings !== null) this.#settle();
      this.#strings = strings;
      store.use(strings);
      strings.beforeEmptied(this.#leave);
    } else if (store.isCrowded) this.#settle();
    else {
      const isTold = this.#generation === -1 || this.#generation === strings.generation;
      assert(isTold, "texts were given up before the process table had kept them");
    }
    this.#generation = strings.generation;
  }

  /** Keeps the texts that are known by ids. */
  #settle(): void {
    this.#rows.settle((settleDetails) => this.#versions.settle(settleDetails));
    this.#generation = -1;
  }

  #see(row: number): number {
    const { own, hostId } = this.#cells;
    const rows = this.#rows;
    const host = rows.hosts.find(hostId[row]!);
    const entity = own.entityId[row]!;
    let place = entity === 0 || host === -1 ? -1 : rows.findEntity(host, entity);
    const signs = this.#signs.read(row);
    if (place === -1) {
      const isStart = (signs & lifeSigns.start) !== 0 && (signs & lifeSigns.exec) === 0;
      const isBirth = isStart || (signs & lifeSigns.birth) !== 0;
      place = this.#resolveRest(host, own, row, entity, isBirth, (signs & lifeSigns.end) !== 0);
      if (place === -1) return -1;
    }
    this.#order.touch(place);
    this.#learn(place, own, row, entity, true);
    const at = place << rowShift;
    if ((rows.words[at + rowWords.flags]! & rowFlags.linked) === 0) {
      this.#link(place, row);
      this.#order.touch(place);
    }
    const end = (signs & lifeSigns.end) === 0 ? 0 : rowFlags.ended;
    rows.words[at + rowWords.flags]! |= rowFlags.seen | end;
    return place;
  }

  /** The process that a row tells of, where no entity id leads to it; a new one if need be; -1 if it tells of none. */
  #resolveRest(
    host: number,
    told: ToldProcess,
    row: number,
    entity: number,
    isBirth: boolean,
    isEnd: boolean,
  ): number {
    const kind = told.pidKinds[row]!;
    if (entity === 0 && kind === pidKinds.none) return -1;
    // A pid leads an entity id only to a process that has none.
    const isNew = host === -1 || kind === pidKinds.none || (entity !== 0 && this.#unnamed === 0);
    if (isNew) return this.#add(told, row, entity, host);
    const rows = this.#rows;
    const latest = rows.findPid(host, kind, told.pids[row * 2]!, told.pids[row * 2 + 1]!);
    if (latest === -1) return this.#add(told, row, entity, host);
    const at = latest << rowShift;
    const flags = rows.words[at + rowWords.flags]!;
    const isReborn = isBirth && (flags & rowFlags.seen) !== 0;
    const isOver = (flags & rowFlags.ended) !== 0 && (isBirth || !isEnd);
    const isOther = entity !== 0 && rows.words[at + rowWords.entityId] !== 0;
    return isReborn || isOver || isOther ? this.#add(told, row, entity, host) : latest;
  }

  /** Links a process to its parent, if the row names one. */
  #link(place: number, row: number): void {
    const rows = this.#rows;
    const { parent: told } = this.#cells;
    const at = place << rowShift;
    const host = rows.words[at + rowWords.host]!;
    let entity = told.entityId[row]!;
    if (entity === 0 && told.pidKinds[row] === pidKinds.none) entity = this.#cells.ancestor(row, 0);
    let parent = entity === 0 ? -1 : rows.findEntity(host, entity);
    if (parent === -1) parent = this.#resolveRest(host, told, row, entity, false, true);
    if (parent === -1) return;
    rows.words[at + rowWords.linkedRow] = row;
    rows.words[at + rowWords.flags]! |= rowFlags.linked;
    this.#changed.push(place);
    if (parent === place) return;
    const parentAt = parent << rowShift;
    const isSeen = (rows.words[parentAt + rowWords.flags]! & rowFlags.seen) !== 0;
    this.#learn(parent, told, row, entity, !isSeen);
    this.#order.touch(parent);
    rows.words[at + rowWords.parent] = parent;
    rows.words[at + rowWords.parentNumber] = rows.words[parentAt + rowWords.number]!;
    this.#noteCreation(place, parent, row);
  }

  /** Notes whose lineage a process inherits. */
  #noteCreation(place: number, parent: number, row: number): void {
    const { words } = this.#rows;
    const host = words[(place << rowShift) + rowWords.host]!;
    const start = this.#sourceCount;
    this.#pushSource(0);
    this.#pushSource(parent);
    let last = parent;
    for (let i = 0; ; i += 1) {
      if ((words[(last << rowShift) + rowWords.flags]! & rowFlags.linked) !== 0) break;
      const id = this.#cells.ancestor(row, i);
      if (id === 0) break;
      const ancestor = this.#rows.findEntity(host, id);
      if (ancestor === -1 || ancestor === place) continue;
      if (this.#isSource(ancestor, start + 1)) continue;
      this.#pushSource(ancestor);
      last = ancestor;
    }
    this.#sources[start] = this.#sourceCount - start - 1;
    this.#creations[row] = start;
  }

  /** Whether the place is among the sources from index `start` on. */
  #isSource(place: number, start: number): boolean {
    for (let i = start; i < this.#sourceCount; i += 1) if (this.#sources[i] === place) return true;
    return false;
  }

  #pushSource(value: number): void {
    if (this.#sourceCount === this.#sources.length) {
      const grown = new Int32Array(this.#sources.length * 2);
      grown.set(this.#sources);
      this.#sources = grown;
    }
    this.#sources[this.#sourceCount] = value;
    this.#sourceCount += 1;
  }

  /** `host` is the number of its host, or -1 where no process is known of the row's. */
  #add(told: ToldProcess, row: number, entity: number, host: number): number {
    const rows = this.#rows;
    const place = rows.add(host === -1 ? rows.hosts.take(this.#cells.hostId[row]!) : host);
    const at = place << rowShift;
    rows.words[at + rowWords.entityId] = entity;
    this.#takeOver(at, told, row, true);
    this.#size += 1;
    if (entity === 0) this.#unnamed += 1;
    this.#order.touch(place);
    rows.registerEntity(place);
    rows.registerPid(place);
    while (this.#size > this.#limit) this.#evictOldest(row);
    return place;
  }

  #evictOldest(row: number): void {
    const place = this.#order.oldest();
    this.#order.drop(place);
    this.#size -= 1;
    this.#evictions += 1;
    if (this.#rows.words[(place << rowShift) + rowWords.entityId] === 0) this.#unnamed -= 1;
    this.#rows.unregisterEntity(place);
    this.#rows.unregisterPid(place);
    this.#rows.words[(place << rowShift) + rowWords.evictedRow] = row;
    this.#evicted.push(place);
  }

  /** Takes in what a row says of a process; without `isWhole` only who it is, for it told of itself what it is. */
  #learn(place: number, told: ToldProcess, row: number, entity: number, isWhole: boolean): void {
    const rows = this.#rows;
    const { words } = rows;
    const at = place << rowShift;
    const isNamed = entity !== 0 && words[at + rowWords.entityId] === 0;
    const hasMoved = this.#tellsPid(place, told, row);
    if (!isNamed && !hasMoved && !(isWhole && this.#tellsMore(at, told, row))) return;
    const history = words[at + rowWords.history]!;
    const version = this.#versions.add(history, row, words, at);
    words[at + rowWords.history] = version;
    this.#changed.push(place);
    if (hasMoved) rows.unregisterPid(place);
    this.#takeOver(at, told, row, isWhole);
    if (isNamed) {
      words[at + rowWords.entityId] = entity;
      this.#unnamed -= 1;
      rows.registerEntity(place);
    }
    rows.registerPid(place);
  }

  /** Whether a row gives another pid than the known one. */
  #tellsPid(place: number, told: ToldProcess, row: number): boolean {
    const kind = told.pidKinds[row]!;
    if (kind === pidKinds.none) return false;
    return !this.#rows.isPid(place, kind, told.pids[row * 2]!, told.pids[row * 2 + 1]!);
  }

  /** Whether a row describes the process at `at` in another way than what is known. */
  #tellsMore(at: number, told: ToldProcess, row: number): boolean {
    const name = this.#differs(at + rowWords.name, told.name[row]!);
    const executable = this.#differs(at + rowWords.executable, told.executable[row]!);
    const commandLine = this.#differs(at + rowWords.commandLine, told.commandLine[row]!);
    return name || executable || commandLine;
  }

  /** Whether a cell has another text than the word of the rows at `index`, which becomes that cell otherwise. */
  #differs(index: number, cell: number): boolean {
    const { words, store } = this.#rows;
    const known = words[index]!;
    if (cell === 0 || cell === known) return false;
    if (!store.isSame(known, cell)) return true;
    words[index] = cell;
    return false;
  }

  /** Takes over what a row says beside the entity id. */
  #takeOver(at: number, told: ToldProcess, row: number, isWhole: boolean): void {
    const { words } = this.#rows;
    if (told.pidKinds[row] !== pidKinds.none) {
      words[at + rowWords.pidKind] = told.pidKinds[row]!;
      words[at + rowWords.pidLow] = told.pids[row * 2]!;
      words[at + rowWords.pidHigh] = told.pids[row * 2 + 1]!;
    }
    if (!isWhole) return;
    if (told.name[row] !== 0) words[at + rowWords.name] = told.name[row]!;
    if (told.executable[row] !== 0) words[at + rowWords.executable] = told.executable[row]!;
    if (told.commandLine[row] !== 0) words[at + rowWords.commandLine] = told.commandLine[row]!;
  }
}

/** The parent as the row's own fields tell it, if they name one. */
function namedParent(reader: ProcessReader, row: number): ProcessRecord[] {
  const entityId = reader.first("parentEntityId", row);
  const pid = reader.first("parentPid", row);
  if (entityId === null && pid === null) return [];
  return [
    {
      entityId: entityId ?? pid ?? "",
      pid: pid === null ? null : Number(pid),
      name: reader.first("parentName", row),
      executable: reader.first("parentExecutable", row),
      commandLine: reader.first("parentCommandLine", row),
    },
  ];
}
