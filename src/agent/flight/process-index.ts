/** Which process each record of a ring is of, read when somebody asks; nothing is read while events come. */
import { Buffer } from "node:buffer";
import type { Limits } from "../../base/limits.ts";
import type { TimeUnit } from "../../base/time.ts";
import { Batch, recordKinds } from "../../event/batch.ts";
import { createLayout } from "../../event/layout.ts";
import { StringTable } from "../../event/string-table.ts";
import { interestFields, ProcessReader } from "../../process/process-fields.ts";
import { processKey } from "../../process/process-record.ts";
import type { Schema } from "../../schema/schema.ts";
import { BatchFiller } from "../batch-filler.ts";
import type { RecordRing } from "./record-ring.ts";
import type { RelatedProcess } from "./relations.ts";

export interface IndexOptions {
  readonly schema: Schema;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
}

interface IndexedProcess extends RelatedProcess {
  parent: string | null;
  ancestry: readonly string[];
}

export class ProcessIndex {
  readonly #filler: BatchFiller;
  readonly #reader: ProcessReader;
  readonly #processes: Map<string, IndexedProcess> = new Map();
  /** Number of the first record that `#ofRecord` tells of. */
  #first: number | null = null;
  #ofRecord: (IndexedProcess | null)[] = [];

  constructor(options: IndexOptions) {
    const { schema, limits, timestampField, timestampUnit } = options;
    const strings = new StringTable(limits.stringTableBytes);
    const layout = createLayout(schema, interestFields(schema), limits);
    const batch = new Batch(layout, strings, { json: () => "{}" });
    this.#reader = new ProcessReader(schema, batch);
    this.#filler = new BatchFiller({
      schema,
      limits,
      timestampField,
      timestampUnit,
      nextBatchSize: () => limits.batchEvents,
      batch,
      onBatch: (filled) => {
        this.#take(filled);
        strings.trim();
        return filled;
      },
    });
  }

  /** Records that it tells of, those that have left the ring among them. */
  get size(): number {
    return this.#ofRecord.length;
  }

  get processes(): Iterable<RelatedProcess> {
    return this.#processes.values();
  }

  /** Reads at most `max` records that were not read yet; whether there were more. */
  read(ring: RecordRing, max: number): boolean {
    const known = this.#first === null ? ring.first : this.#first + this.#ofRecord.length;
    if (this.#first === null || known < ring.first) {
      // What left the ring before it was read is not told of.
      this.#first = ring.first;
      this.#ofRecord = [];
    }
    const from = Math.max(known, ring.first);
    for (const { timeNs, start, end } of ring.records(from, max)) {
      const { dropped } = this.#filler;
      this.#filler.scanAt(ring.bytes, start, end, timeNs);
      // Where one does not fit a batch, those before it were handed over, and it has a place all the same.
      if (this.#filler.dropped > dropped) this.#ofRecord.push(null);
    }
    this.#filler.flush();
    return from + max < ring.next;
  }

  /** The process of a record that was read; null where it is of none, or was not read. */
  processOf(number: number): RelatedProcess | null {
    return this.#ofRecord[number - (this.#first ?? 0)] ?? null;
  }

  /** The process of an event that need not be in the ring; null where it is of none. */
  processOfText(json: string): RelatedProcess | null {
    const before = this.#ofRecord;
    this.#ofRecord = [];
    const bytes = Buffer.from(json);
    this.#filler.scanAt(bytes, 0, bytes.length, 0n);
    this.#filler.flush();
    const [process = null] = this.#ofRecord;
    this.#ofRecord = before;
    return process;
  }

  #take(batch: Batch): void {
    for (let row = 0; row < batch.count; row += 1) {
      const isEvent = batch.kinds[row] === recordKinds.event;
      this.#ofRecord.push(isEvent ? this.#see(row) : null);
    }
  }

  #see(row: number): IndexedProcess | null {
    const reader = this.#reader;
    const entityId = reader.first("entityId", row);
    const pid = entityId === null ? reader.first("pid", row) : null;
    if (entityId === null && pid === null) return null;
    const hostId = reader.first("hostId", row) ?? "";
    const key = processKey({ hostId, entityId, pid });
    let process = this.#processes.get(key);
    if (process === undefined) {
      process = { key, parent: null, ancestry: [] };
      this.#processes.set(key, process);
    }
    process.parent ??= this.#parent(hostId, row);
    if (process.ancestry.length === 0) {
      const ids = reader.all("ancestry", row);
      process.ancestry = ids.map((entityId) => processKey({ hostId, entityId, pid: null }));
    }
    process.parent ??= process.ancestry[0] ?? null;
    return process;
  }

  #parent(hostId: string, row: number): string | null {
    const entityId = this.#reader.first("parentEntityId", row);
    const pid = entityId === null ? this.#reader.first("parentPid", row) : null;
    return entityId === null && pid === null ? null : processKey({ hostId, entityId, pid });
  }
}
