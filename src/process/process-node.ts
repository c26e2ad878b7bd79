/** One process as the events told it, and what it looked like at each row of the current batch. */

import type { Sighting } from "./sightings.ts";

/** What is known of a process. */
export interface ProcessRecord {
  /** The process's entity id; its pid as text where no event gave one. */
  readonly entityId: string;
  readonly pid: number | null;
  readonly name: string | null;
  readonly executable: string | null;
  readonly commandLine: string | null;
}

/** What one event says of a process; null where it says nothing. */
export interface ProcessDetails {
  readonly entityId: string | null;
  readonly pid: string | null;
  readonly name: string | null;
  readonly executable: string | null;
  readonly commandLine: string | null;
}

/** Names a process among those of all hosts: by its entity id, or by its pid where it has none. */
export function processKey(hostId: string, entityId: string | null, pid: string | null): string {
  return `${hostId}\n${entityId ?? `pid:${pid}`}`;
}

/** A state of the details, from a row of the stream on. */
interface Version {
  readonly details: ProcessDetails;
  readonly since: number;
  older: Version | null;
}

/** Lineage flags of a process, one byte per subquery; they belong to the tracker that made them. */
export interface LineageFlags {
  readonly owner: object;
  readonly bits: Uint8Array;
}

/**
 * A node of the process table. Times are numbers of rows of the whole stream. Links and versions
 * that only rows of the current batch can still ask for are cut when the next batch begins.
 */
export class ProcessNode {
  readonly hostId: string;
  /** Whether events of its own were seen, and not only events that name it as a parent. */
  isSeen: boolean = false;
  hasEnded: boolean = false;
  /** The parent that its creating row named. */
  parent: ProcessNode | null = null;
  /** Row from which on the parent is known; infinite before. */
  linkedAt: number = Number.POSITIVE_INFINITY;
  /** Row at which it left the table; infinite before. */
  evictedAt: number = Number.POSITIVE_INFINITY;
  lineage: LineageFlags | null = null;
  /** What its last own event said, unless something else was learned since. */
  sighting: Sighting | null = null;
  /** Owned by the table: neighbours in the order of last sight. */
  older: ProcessNode | null = null;
  newer: ProcessNode | null = null;
  #version: Version;

  constructor(hostId: string, details: ProcessDetails, since: number) {
    this.hostId = hostId;
    this.#version = { details, since, older: null };
  }

  get entityId(): string | null {
    return this.#version.details.entityId;
  }

  get pid(): string | null {
    return this.#version.details.pid;
  }

  get isLinked(): boolean {
    return this.linkedAt !== Number.POSITIVE_INFINITY;
  }

  /** Takes over what `news` says; returns whether something changed. */
  learn(news: ProcessDetails, at: number): boolean {
    const { details } = this.#version;
    if (!saysMore(news, details)) return false;
    const merged: ProcessDetails = {
      entityId: news.entityId ?? details.entityId,
      pid: news.pid ?? details.pid,
      name: news.name ?? details.name,
      executable: news.executable ?? details.executable,
      commandLine: news.commandLine ?? details.commandLine,
    };
    this.#version = { details: merged, since: at, older: this.#version };
    this.sighting = null;
    return true;
  }

  /** What was known when row `at` had been seen. */
  recordAt(at: number): ProcessRecord {
    let version = this.#version;
    while (version.since > at && version.older !== null) version = version.older;
    const { entityId, pid, name, executable, commandLine } = version.details;
    return {
      entityId: entityId ?? pid ?? "",
      pid: pid === null ? null : Number(pid),
      name,
      executable,
      commandLine,
    };
  }

  /** The parent as of row `at`, if it was known and still in the table then. */
  parentAt(at: number): ProcessNode | null {
    const { parent } = this;
    return parent !== null && this.linkedAt <= at && parent.evictedAt > at ? parent : null;
  }

  /** Forgets what only rows of batches that are over could ask for. */
  cutHistory(): void {
    this.#version.older = null;
    if (this.evictedAt !== Number.POSITIVE_INFINITY) this.parent = null;
  }
}

/** Whether `news` has a value that `known` has not. */
function saysMore(news: ProcessDetails, known: ProcessDetails): boolean {
  const differs = (value: string | null, old: string | null): boolean =>
    value !== null && value !== old;
  return (
    differs(news.entityId, known.entityId) ||
    differs(news.pid, known.pid) ||
    differs(news.name, known.name) ||
    differs(news.executable, known.executable) ||
    differs(news.commandLine, known.commandLine)
  );
}
