/** Records into a log: blocks by size and time, segments by size and time, retention by size. */
import { randomBytes } from "node:crypto";
import { statSync, unlinkSync } from "node:fs";
import type { Limits } from "../base/limits.ts";
import type { Gap } from "../event/batch.ts";
import type { DecodedRecord } from "../event/decode.ts";
import { lookUp } from "../event/lookup.ts";
import { gapJson } from "../event/stream-record.ts";
import { BlockBuilder, type BuiltBlock } from "./block-builder.ts";
import { LogError, systemError } from "./log-error.ts";
import { segmentOf, segmentPath, segmentsOf } from "./log-paths.ts";
import type { Redactor } from "./redactor.ts";
import { SegmentFile } from "./segment-file.ts";
import type { LogOrigin } from "./segment-header.ts";
import { SegmentWriter } from "./segment-writer.ts";

/**
 * When a block is acknowledged: `block`, when it is on the disk, which each one waits for; `interval`, the
 * same, but the disk is waited for once a second; `never`, when the system has it, which survives the end
 * of the program but not that of the machine.
 */
export type SyncPolicy = "block" | "interval" | "never";

export interface LogWriterOptions {
  /** Of the first segment. */
  readonly path: string;
  readonly limits: Limits;
  /** Asked for at the beginning of each segment. */
  readonly origin: () => LogOrigin;
  /** A clock that never goes back. */
  readonly nowMs: () => number;
  readonly sync: SyncPolicy;
  /** A block ends when its first record has waited that long. */
  readonly blockMs: number;
  /** A segment ends before it would grow beyond these, and after that time. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** The oldest segments go when all together have more bytes than that. */
  readonly retainBytes: number;
  readonly redactor?: Redactor | undefined;
  /** Called for each block that will be found again, in order. */
  readonly onAcknowledge?: ((block: AcknowledgedBlock) => void) | undefined;
  /** Called when a block could not be written; its records are lost. */
  readonly onLoss?: ((error: LogError) => void) | undefined;
}

export interface AcknowledgedBlock {
  readonly segment: number;
  readonly block: number;
  readonly records: number;
  readonly events: number;
}

/** ms between two waits for the disk under `interval`. */
const syncIntervalMs = 1000;

export class LogWriter {
  /** Records that were acknowledged; those that could not be written. */
  acknowledged: number = 0;
  lost: number = 0;
  /** Blocks and bytes that were written. */
  blocks: number = 0;
  sizeBytes: number = 0;
  readonly #options: LogWriterOptions;
  readonly #logId: string;
  /** Null where one could not be opened: the next block tries again. */
  #segment: SegmentWriter | null = null;
  #segmentStartMs: number = 0;
  /** Number of the next segment, and what it continues from. */
  #nextSegment: number;
  #continues: string | null;
  #builder: BlockBuilder;
  #blockStartMs: number = 0;
  #lastSyncMs: number;
  #waiting: AcknowledgedBlock[] = [];
  /** The newest heartbeat, until a record follows it: those before it tell nothing more. */
  #heartbeat: readonly [record: DecodedRecord, timeNs: bigint] | null = null;
  /** What could not be written, until a gap record could. */
  #unwritten: Gap | null = null;

  /** Begins the log, or continues it with a new segment where it exists. Throws a LogError. */
  constructor(options: LogWriterOptions) {
    this.#options = options;
    const known = findEnd(options);
    this.#logId = known?.logId ?? randomBytes(16).toString("hex");
    this.#nextSegment = known === null ? 0 : known.segment + 1;
    this.#continues = known?.seal ?? null;
    this.#lastSyncMs = options.nowMs();
    this.#openSegment();
    this.#builder = new BlockBuilder(options.limits);
  }

  /**
   * Takes a record in final order. Of heartbeats in a row only the last is written, with what follows, but
   * each one that marks a change of rules.
   */
  write(record: DecodedRecord, timeNs: bigint): void {
    if (record.kind === "heartbeat" && lookUp(record.value, "kestrel.rules") === undefined) {
      this.#heartbeat = [record, timeNs];
      return;
    }
    this.#addHeartbeat();
    const { redactor } = this.#options;
    this.#add(redactor === undefined ? record : redactor.redact(record), timeNs);
    if (this.#builder.isFull) this.flush();
  }

  /** Ends what has waited long enough; to be called now and then. */
  tick(): void {
    const { nowMs, blockMs, segmentMs, sync } = this.#options;
    const now = nowMs();
    if (this.#builder.rows > 0 && now - this.#blockStartMs >= blockMs) this.flush();
    try {
      if (sync === "interval" && now - this.#lastSyncMs >= syncIntervalMs) this.#sync();
      const isOld = now - this.#segmentStartMs >= segmentMs;
      if (isOld && this.#segment !== null && this.#segment.blocks > 0) this.#endSegment();
    } catch (error) {
      this.#options.onLoss?.(this.#failure(error));
    }
  }

  /** Ends the block at hand. */
  flush(): void {
    if (this.#builder.rows === 0) return;
    const block = this.#builder.build();
    this.#builder = new BlockBuilder(this.#options.limits);
    try {
      this.#writeBlock(block);
      this.#unwritten = null;
    } catch (error) {
      this.#lose(block, error);
    }
  }

  /** Ends the log: it may be continued later. */
  close(): void {
    this.#addHeartbeat();
    this.flush();
    try {
      this.#endSegment();
    } catch (error) {
      this.#options.onLoss?.(this.#failure(error));
    }
  }

  #addHeartbeat(): void {
    if (this.#heartbeat !== null) this.#add(...this.#heartbeat);
    this.#heartbeat = null;
  }

  #add(record: DecodedRecord, timeNs: bigint): void {
    if (this.#builder.rows === 0) this.#blockStartMs = this.#options.nowMs();
    this.#builder.add(record, timeNs);
  }

  #writeBlock(block: BuiltBlock): void {
    const { sync, segmentBytes } = this.#options;
    const known = this.#segment;
    if (known !== null && known.blocks > 0) {
      if (known.sizeBytes + block.payload.length > segmentBytes) this.#endSegment();
    }
    const segment = this.#segment ?? this.#openSegment();
    const before = segment.sizeBytes;
    segment.write(block);
    this.blocks += 1;
    this.sizeBytes += segment.sizeBytes - before;
    this.#waiting.push({
      segment: segment.header.segment,
      block: segment.blocks - 1,
      records: block.rows,
      events: block.events,
    });
    if (sync === "block") this.#sync();
    else if (sync === "never") this.#acknowledge();
  }

  #sync(): void {
    const waiting = this.#waiting;
    // What the disk refused may or may not be there: it is never acknowledged.
    this.#waiting = [];
    this.#segment?.sync();
    this.#waiting = waiting;
    this.#lastSyncMs = this.#options.nowMs();
    this.#acknowledge();
  }

  #acknowledge(): void {
    const { onAcknowledge } = this.#options;
    for (const block of this.#waiting) {
      this.acknowledged += block.records;
      onAcknowledge?.(block);
    }
    this.#waiting = [];
  }

  /** Counts a block as lost, and begins the next one with a record that says so. */
  #lose(block: BuiltBlock, error: unknown): void {
    const { fromNs, toNs, events } = block;
    const before = this.#unwritten;
    // A block that begins with a record of an earlier loss holds one that nobody gave.
    this.lost += block.rows - (before === null ? 0 : 1);
    const gap: Gap = {
      source: "log",
      fromNs: before?.fromNs ?? fromNs,
      toNs,
      lost: (before?.lost ?? 0) + events,
      categories: [],
    };
    this.#unwritten = gap;
    const record = { kind: "gap", timeNs: toNs, json: gapJson(gap, toNs), value: {}, gap } as const;
    this.#builder.add(record, toNs);
    this.#blockStartMs = this.#options.nowMs();
    this.#options.onLoss?.(this.#failure(error));
  }

  #failure(error: unknown): LogError {
    if (error instanceof LogError) return error;
    return systemError("write", this.#options.path, error);
  }

  /** Ends the segment; the next block begins another. */
  #endSegment(): void {
    const segment = this.#segment;
    if (segment === null) return;
    if (this.#waiting.length > 0) this.#sync();
    this.#segment = null;
    try {
      segment.close(this.#options.sync !== "never");
    } finally {
      // Without its footer a segment can be read all the same.
      this.#continues = segment.seal;
      this.#nextSegment = segment.header.segment + 1;
    }
  }

  #openSegment(): SegmentWriter {
    const { path, origin, sync, nowMs } = this.#options;
    const segment = this.#nextSegment;
    const header = { ...origin(), logId: this.#logId, segment, continues: this.#continues };
    const name = segmentPath(segmentOf(path).first, segment);
    try {
      this.#segment = new SegmentWriter(name, header, sync !== "never");
    } catch (error) {
      throw this.#failure(error);
    }
    this.#segmentStartMs = nowMs();
    this.#retain();
    return this.#segment;
  }

  /** Removes the oldest segments, never the one that is being written. */
  #retain(): void {
    const paths = segmentsOf(segmentOf(this.#options.path).first);
    const sizes = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (let i = 0; i + 1 < paths.length && total > this.#options.retainBytes; i += 1) {
      unlinkSync(paths[i]!);
      total -= sizes[i]!;
    }
  }
}

/** The last segment of a log that exists, and the seal that the next one continues from. */
function findEnd({ path, limits }: LogWriterOptions): {
  readonly logId: string;
  readonly segment: number;
  readonly seal: string | null;
} | null {
  const last = segmentsOf(segmentOf(path).first).at(-1);
  if (last === undefined) return null;
  const file = new SegmentFile(last, limits.logPayloadBytes);
  try {
    for (const _item of file.items()) {
      // Reading to the end finds the last seal.
    }
    if (file.header === null) {
      throw new LogError("unreadable", `${last} can't be continued: its header is damaged`);
    }
    const { logId, segment } = file.header;
    return { logId, segment, seal: file.lastSeal };
  } finally {
    file.close();
  }
}
