/**
 * Copies of the events that lineage rests on, process by process. They may be hours older than the alert that needs
 * them, so the ring can't be relied upon to have them still. Bounded in bytes: the process goes whose events were
 * told, or inherited from, longest ago.
 */
import { Buffer } from "node:buffer";
import type { LineageRecord } from "../../engine/lineage-record.ts";

/** Estimated bytes of a process and of a record, beside its text. */
const processBytes = 256;
const recordBytes = 128;

/** An event that lineage rests on. */
export interface ShelvedRecord {
  readonly timeNs: bigint;
  /** Its place among all records of the stream. */
  readonly order: number;
  readonly json: string;
}

interface ShelvedProcess {
  readonly sources: Set<string>;
  /** With their texts as UTF-8, which takes half of what a string may. */
  readonly records: (Omit<ShelvedRecord, "json"> & { readonly text: Buffer })[];
  bytes: number;
}

export class LineageShelf {
  /** Estimated bytes of what is held. */
  sizeBytes: number = 0;
  /** Processes that had to go. */
  evicted: number = 0;
  readonly #limit: number;
  /** By key; the one that was touched last is last. */
  readonly #processes: Map<string, ShelvedProcess> = new Map();

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Takes a record; one that was told before is not taken twice. */
  add(record: LineageRecord): void {
    for (const source of record.sources) this.#touch(source);
    const known = this.#touch(record.process);
    const process = known ?? { sources: new Set(), records: [], bytes: 0 };
    if (known === null) this.#processes.set(record.process, process);
    for (const source of record.sources) process.sources.add(source);
    const { order, timeNs, json } = record;
    if (!process.records.some((other) => other.order === order)) {
      process.records.push({ order, timeNs, text: Buffer.from(json) });
    }
    this.#measure(process);
    while (this.sizeBytes > this.#limit) this.#evictOldest();
  }

  /** The records of these processes and of all that they inherited from, in the order of the stream. */
  recordsOf(keys: Iterable<string>): ShelvedRecord[] {
    const wanted = new Set(keys);
    const found: ShelvedRecord[] = [];
    // A set gives what is added while it is read.
    for (const key of wanted) {
      const process = this.#processes.get(key);
      if (process === undefined) continue;
      for (const source of process.sources) wanted.add(source);
      for (const { order, timeNs, text } of process.records) {
        found.push({ order, timeNs, json: text.toString() });
      }
    }
    return found.sort((a, b) => a.order - b.order);
  }

  #touch(key: string): ShelvedProcess | null {
    const process = this.#processes.get(key);
    if (process === undefined) return null;
    this.#processes.delete(key);
    this.#processes.set(key, process);
    return process;
  }

  #measure(process: ShelvedProcess): void {
    let bytes = processBytes;
    for (const source of process.sources) bytes += source.length * 2;
    for (const { text } of process.records) bytes += recordBytes + text.length;
    this.sizeBytes += bytes - process.bytes;
    process.bytes = bytes;
  }

  #evictOldest(): void {
    const [oldest] = this.#processes;
    if (oldest === undefined) return;
    this.#processes.delete(oldest[0]);
    this.sizeBytes -= oldest[1].bytes;
    this.evicted += 1;
  }
}
