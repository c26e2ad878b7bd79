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
 */
import { assert } from "../base/assert.ts";
import type { Limits } from "../base/limits.ts";
import { type Batch, recordKinds } from "../event/batch.ts";
import type { Schema } from "../schema/schema.ts";
import { LifeSignReader, lifeSigns } from "./life-signs.ts";
import { ProcessReader } from "./process-fields.ts";
import { type ProcessDetails, ProcessNode, type ProcessRecord } from "./process-node.ts";
import { Sightings } from "./sightings.ts";

/** The row that created a process. */
export interface Creation {
  readonly parent: ProcessNode | null;
  /**
   * Nearest first: the processes whose lineage it inherits. One is enough if its own creation was
   * seen; up to there, the gaps are filled from the ancestry that the event carries.
   */
  readonly sources: readonly ProcessNode[];
}

/** The creation of a process without a parent. */
const unrelated: Creation = { parent: null, sources: [] };

export interface ProcessCounters {
  readonly processes: number;
  readonly evicted: number;
}

/** The processes of one host. */
interface HostProcesses {
  readonly byEntity: Map<string, ProcessNode>;
  /** The latest process of each pid. */
  readonly byPid: Map<string, ProcessNode>;
}

export class ProcessTable {
  readonly #schema: Schema;
  readonly #limit: number;
  readonly #hosts = new Map<string, HostProcesses>();
  #oldest: ProcessNode | null = null;
  #newest: ProcessNode | null = null;
  #size = 0;
  #evicted = 0;
  /** Stream number of the current batch's first row. */
  #base = 0;
  #rows = 0;
  #reader: ProcessReader | null = null;
  readonly #sightings: Sightings;
  readonly #signs: LifeSignReader = new LifeSignReader();
  readonly #nodes: (ProcessNode | null)[] = [];
  /** By row. */
  readonly #creations: (Creation | undefined)[] = [];
  /** Nodes with a history to cut when the next batch begins. */
  #changed: ProcessNode[] = [];

  /** At least two processes are kept, a child and its parent. */
  constructor(schema: Schema, limits: Limits) {
    this.#schema = schema;
    this.#sightings = new Sightings(schema);
    this.#limit = Math.max(2, limits.processes);
  }

  get counters(): ProcessCounters {
    return { processes: this.#size, evicted: this.#evicted };
  }

  /** Takes in the events of a batch in order; answers about the batch before end here. */
  begin(batch: Batch): void {
    for (const node of this.#changed) node.cutHistory();
    this.#changed = [];
    this.#base += this.#rows;
    this.#rows = batch.count;
    this.#nodes.length = 0;
    this.#creations.length = 0;
    if (this.#reader?.batch !== batch) this.#reader = new ProcessReader(this.#schema, batch);
    const reader = this.#reader;
    this.#sightings.begin(batch);
    this.#signs.begin(batch, reader.column("eventType"), reader.column("eventAction"));
    for (let row = 0; row < batch.count; row += 1) {
      const isEvent = batch.kinds[row] === recordKinds.event;
      this.#nodes.push(isEvent ? this.#see(reader, row) : null);
    }
  }

  /** The process of a row of the current batch; null where the event names none. */
  nodeOf(row: number): ProcessNode | null {
    return this.#nodes[row] ?? null;
  }

  /** What the row created, or undefined. */
  creationOf(row: number): Creation | undefined {
    return this.#creations[row];
  }

  /**
   * The ancestors of the row's process, nearest first, at most `max`: by links, then by the event's
   * own parent fields, then as bare entity ids from the event's ancestry.
   */
  ancestryOf(row: number, max: number): ProcessRecord[] {
    const reader = this.#reader;
    if (reader === null) return [];
    const node = this.nodeOf(row);
    const found = node === null ? [] : this.#linkedAncestors(node, this.#base + row, max);
    if (found.length === 0 && max > 0) {
      const details = parentDetails(reader, row);
      if (details.entityId !== null || details.pid !== null) {
        found.push(new ProcessNode("", details, 0).recordAt(0));
      }
    }
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
    const at = this.#base + row;
    const host = hostId ?? "";
    const isWanted = (node: ProcessNode): boolean =>
      node.hostId === host && node.entityId === entityId && node.evictedAt > at;
    const node = this.#changed.find(isWanted) ?? this.#hosts.get(host)?.byEntity.get(entityId);
    return node === undefined ? [] : this.#linkedAncestors(node, at, max);
  }

  #linkedAncestors(start: ProcessNode, at: number, max: number): ProcessRecord[] {
    const seen = new Set([start]);
    const found: ProcessRecord[] = [];
    let node = start.parentAt(at);
    while (node !== null && !seen.has(node) && found.length < max) {
      seen.add(node);
      found.push(node.recordAt(at));
      node = node.parentAt(at);
    }
    return found;
  }

  #see(reader: ProcessReader, row: number): ProcessNode | null {
    const known = this.#sightings.find(row);
    if (known !== null) {
      this.#touch(known);
      if ((this.#signs.read(row) & lifeSigns.end) !== 0) known.hasEnded = true;
      return known;
    }
    const node = this.#observe(reader, row);
    if (node !== null) this.#sightings.remember(row, node);
    return node;
  }

  #observe(reader: ProcessReader, row: number): ProcessNode | null {
    const hostId = reader.first("hostId", row) ?? "";
    const details = ownDetails(reader, row);
    const signs = this.#signs.read(row);
    const isExec = (signs & lifeSigns.exec) !== 0;
    const isBirth = (signs & lifeSigns.birth) !== 0 || ((signs & lifeSigns.start) !== 0 && !isExec);
    const isEnd = (signs & lifeSigns.end) !== 0;
    const node = this.#resolve(hostId, details, isBirth, isEnd, this.#base + row);
    if (node === null) return null;
    this.#touch(node);
    this.#learn(node, details, row);
    if (!node.isLinked) {
      this.#link(node, reader, row);
      this.#touch(node);
    }
    node.isSeen = true;
    if (isEnd) node.hasEnded = true;
    return node;
  }

  #resolve(
    hostId: string,
    details: ProcessDetails,
    isBirth: boolean,
    isEnd: boolean,
    at: number,
  ): ProcessNode | null {
    const { entityId, pid } = details;
    if (entityId === null && pid === null) return null;
    const host = this.#hosts.get(hostId);
    const known = entityId === null ? undefined : host?.byEntity.get(entityId);
    if (known !== undefined) return known;
    const latest = pid === null ? undefined : host?.byPid.get(pid);
    if (latest === undefined) return this.#add(hostId, details, at);
    const isReborn = isBirth && latest.isSeen;
    const isOver = latest.hasEnded && (isBirth || !isEnd);
    const isOther = entityId !== null && latest.entityId !== null;
    return isReborn || isOver || isOther ? this.#add(hostId, details, at) : latest;
  }

  /** Links a process to its parent, if the row names one. */
  #link(node: ProcessNode, reader: ProcessReader, row: number): void {
    const named = parentDetails(reader, row);
    const isNamed = named.entityId !== null || named.pid !== null;
    const details = isNamed
      ? named
      : { ...named, entityId: reader.all("ancestry", row)[0] ?? null };
    const at = this.#base + row;
    const parent = this.#resolve(node.hostId, details, false, true, at);
    if (parent === null) return;
    node.linkedAt = at;
    this.#changed.push(node);
    if (parent === node) {
      this.#creations[row] = unrelated;
      return;
    }
    this.#learn(parent, parent.isSeen ? identityOf(details) : details, row);
    this.#touch(parent);
    node.parent = parent;
    this.#creations[row] = { parent, sources: this.#sources(node, parent, reader, row) };
  }

  #sources(
    node: ProcessNode,
    parent: ProcessNode,
    reader: ProcessReader,
    row: number,
  ): readonly ProcessNode[] {
    const sources = [parent];
    if (parent.isLinked) return sources;
    const byEntity = this.#hosts.get(node.hostId)?.byEntity;
    for (const id of reader.all("ancestry", row)) {
      if (sources.at(-1)?.isLinked === true) break;
      const ancestor = byEntity?.get(id);
      if (ancestor === undefined || ancestor === node || sources.includes(ancestor)) continue;
      sources.push(ancestor);
    }
    return sources;
  }

  #add(hostId: string, details: ProcessDetails, at: number): ProcessNode {
    const node = new ProcessNode(hostId, details, at);
    this.#size += 1;
    this.#append(node);
    this.#register(node);
    while (this.#size > this.#limit) this.#evictOldest(at);
    return node;
  }

  #learn(node: ProcessNode, details: ProcessDetails, row: number): void {
    const { entityId, pid } = node;
    if (!node.learn(details, this.#base + row)) return;
    this.#changed.push(node);
    if (entityId !== node.entityId || pid !== node.pid) this.#unregister(node, entityId, pid);
    this.#register(node);
  }

  /** Makes the node findable by what is known of it; a pid belongs to who had it last. */
  #register(node: ProcessNode): void {
    let host = this.#hosts.get(node.hostId);
    if (host === undefined) {
      host = { byEntity: new Map(), byPid: new Map() };
      this.#hosts.set(node.hostId, host);
    }
    if (node.entityId !== null) host.byEntity.set(node.entityId, node);
    if (node.pid !== null) host.byPid.set(node.pid, node);
  }

  #evictOldest(at: number): void {
    const node = this.#oldest;
    assert(node !== null, "a process table over its limit is empty");
    this.#detach(node);
    this.#size -= 1;
    this.#evicted += 1;
    node.evictedAt = at;
    this.#changed.push(node);
    this.#unregister(node, node.entityId, node.pid);
  }

  /** Takes the node out of where those identities lead to it. */
  #unregister(node: ProcessNode, entityId: string | null, pid: string | null): void {
    const host = this.#hosts.get(node.hostId);
    if (host === undefined) return;
    if (entityId !== null && host.byEntity.get(entityId) === node) host.byEntity.delete(entityId);
    if (pid !== null && host.byPid.get(pid) === node) host.byPid.delete(pid);
    if (host.byEntity.size === 0 && host.byPid.size === 0) this.#hosts.delete(node.hostId);
  }

  #touch(node: ProcessNode): void {
    if (this.#newest === node) return;
    this.#detach(node);
    this.#append(node);
  }

  #append(node: ProcessNode): void {
    node.older = this.#newest;
    node.newer = null;
    if (this.#newest === null) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #detach(node: ProcessNode): void {
    if (node.older === null) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === null) this.#newest = node.older;
    else node.newer.older = node.older;
    node.older = null;
    node.newer = null;
  }
}

function ownDetails(reader: ProcessReader, row: number): ProcessDetails {
  return {
    entityId: reader.first("entityId", row),
    pid: reader.first("pid", row),
    name: reader.first("name", row),
    executable: reader.first("executable", row),
    commandLine: reader.first("commandLine", row),
  };
}

function parentDetails(reader: ProcessReader, row: number): ProcessDetails {
  return {
    entityId: reader.first("parentEntityId", row),
    pid: reader.first("parentPid", row),
    name: reader.first("parentName", row),
    executable: reader.first("parentExecutable", row),
    commandLine: reader.first("parentCommandLine", row),
  };
}

/** Only who it is: what a process told of itself is not overwritten by what its children say. */
function identityOf(details: ProcessDetails): ProcessDetails {
  const { entityId, pid } = details;
  return { entityId, pid, name: null, executable: null, commandLine: null };
}
