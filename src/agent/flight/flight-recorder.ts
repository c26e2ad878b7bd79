/**
 * The last events of a live run in memory, and for each alert a slice of them in a file: what its match needs to come
 * about again, and what related processes did before and after. While events come they are only copied; all else is done
 * when there is an alert.
 */
import type { Alert } from "../../alert/alert.ts";
import { assert } from "../../base/assert.ts";
import { parseSize } from "../../base/byte-size.ts";
import type { Limits } from "../../base/limits.ts";
import type { TimeUnit } from "../../base/time.ts";
import type { LineageRecord } from "../../engine/lineage-record.ts";
import { engineVersion } from "../../engine/version.ts";
import type { DecodedRecord } from "../../event/decode.ts";
import { LogError } from "../../log/log-error.ts";
import type { Redactor } from "../../log/redactor.ts";
import type { LogOrigin } from "../../log/segment-header.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import { originOf } from "../log-output.ts";
import { chooseRecords, type GapRecord } from "./choose-records.ts";
import { LineageShelf } from "./lineage-shelf.ts";
import { ProcessIndex } from "./process-index.ts";
import { RecordRing } from "./record-ring.ts";
import { type SliceFile, SliceFolder } from "./slice-file.ts";
import { type Slice, Slicer } from "./slicer.ts";

export interface FlightOptions {
  /** Of all that is held in memory, bytes. */
  readonly sizeBytes: number;
  /** Folder of the slices; it is made where it is missing. */
  readonly folder: string;
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** What is taken out of slices. */
  readonly redactor?: Redactor | undefined;
  /** A slice could not be written. */
  readonly onProblem: (message: string) => void;
}

/** What a flight recorder came to. */
export interface FlightReport {
  /** Bytes of memory that it has. */
  readonly bytes: number;
  /** Events that it holds; that had to make room for newer ones; that were larger than all of its memory. */
  readonly events: number;
  readonly overwritten: number;
  readonly oversized: number;
  /** Processes whose lineage had to be forgotten. */
  readonly lineage_evicted: number;
  readonly slices: {
    /** In the folder by now, and the bytes of these. */
    readonly written: number;
    readonly bytes: number;
    /** Of those, such that do not replay to exactly their alert. */
    readonly incomplete: number;
    /** Of alerts that could not have one, because of limits. */
    readonly refused: number;
    /** That could not be written. */
    readonly failed: number;
  };
}

/** Smallest memory that a recorder makes sense with, and the largest that it can have, bytes. */
const smallestBytes = 0x10000;
const largestBytes = 0x80000000;
/** What a size of a flight recorder is, for whoever has to say what is wrong with one. */
export const flightSizes = "a size from 64KB to 2GB, such as 64MB";
/** Part of the memory for the events that lineage rests on, and for gap records. */
const lineagePart = 8;
const gapPart = 32;
/** A slice goes on for that long after its alert: by events' time, and by the clock where none come. */
const afterNs = 5_000_000_000n;
const afterMs = 10_000;
/** Records that one `tick` reads, beside as many as came since the one before: a few ms. */
const recordsPerTick = 512;
/** Records of a slice that one writes. */
const writtenPerTick = 128;

interface Waiting {
  readonly alert: Alert;
  readonly rules: RuleSet;
  readonly name: string;
  /** Bytes written into the ring at which it must be finished, before what came before the alert is gone. */
  readonly dueBytes: number;
  /** By the clock; null until the first tick. */
  dueMs: number | null;
}

/** The bytes that a text asks for; null where a recorder can't have so many. */
export function parseFlightSize(text: string): number | null {
  const bytes = parseSize(text);
  return bytes === null || bytes < smallestBytes || bytes > largestBytes ? null : bytes;
}

/** A slice that is being written. */
interface Draft {
  readonly slice: Slice;
  readonly name: string;
  readonly rules: RuleSet;
  file: SliceFile | null;
  written: number;
}

export class FlightRecorder {
  readonly #options: FlightOptions;
  readonly #folder: SliceFolder;
  readonly #ring: RecordRing;
  readonly #shelf: LineageShelf;
  readonly #slicer: Slicer;
  readonly #gaps: GapRecord[] = [];
  #gapBytes = 0;
  #oversized = 0;
  #newestNs = 0n;
  /** Oldest first. */
  readonly #waiting: Waiting[] = [];
  /** `dueBytes` of the oldest one. */
  #dueBytes: number = Number.POSITIVE_INFINITY;
  /** Number of the record that came next at the last tick with something to do. */
  #tickedAt = 0;
  /** Made for the first alert that waits, given up when none does. */
  #index: ProcessIndex | null = null;
  #draft: Draft | null = null;
  #written = 0;
  #writtenBytes = 0;
  #incomplete = 0;
  #refused = 0;
  #failed = 0;

  /** Throws a CommandFailure where the folder can't be used. */
  constructor(options: FlightOptions) {
    assert(options.sizeBytes >= smallestBytes, "a flight recorder of no size");
    this.#options = options;
    this.#folder = new SliceFolder(options.folder, options.limits);
    const lineageBytes = Math.floor(options.sizeBytes / lineagePart);
    const gapBytes = Math.floor(options.sizeBytes / gapPart);
    this.#shelf = new LineageShelf(lineageBytes);
    this.#ring = new RecordRing(options.sizeBytes - lineageBytes - gapBytes);
    this.#slicer = new Slicer(options);
  }

  /** Takes the text of an event, whole or in parts, in its final order. */
  add(json: string | readonly string[], timeNs: bigint): void {
    if (this.#ring.writtenBytes >= this.#dueBytes) this.#beginOldest();
    if (!this.#ring.add(json, timeNs)) this.#oversized += 1;
    this.#newestNs = timeNs;
  }

  /** Takes any record. Gap records are kept aside, and of heartbeats nothing but the time is needed. */
  addRecord(record: DecodedRecord, timeNs: bigint): void {
    if (record.kind === "event") this.add(record.json, timeNs);
    if (record.kind === "gap") this.#keepGap(record, timeNs);
    this.#newestNs = timeNs;
  }

  /** Takes an event that lineage rests on. */
  addLineage(record: LineageRecord): void {
    this.#shelf.add(record);
  }

  /** Begins the slice of an alert, which `rules` raised; returns the alert with the slice's name, if it gets one. */
  begin(alert: Alert, rules: RuleSet): Alert {
    const name = `${alert.id}.klog`;
    if (this.#waiting.some((other) => other.name === name)) return { ...alert, slice: name };
    const count = this.#waiting.length + (this.#draft === null ? 0 : 1);
    if (count >= this.#options.limits.slicesWaiting || !this.#folder.hasRoom(count)) {
      this.#refused += 1;
      return alert;
    }
    const dueBytes = this.#ring.writtenBytes + this.#ring.sizeBytes / 2;
    this.#waiting.push({ alert, rules, name, dueBytes, dueMs: null });
    this.#dueBytes = this.#waiting[0]!.dueBytes;
    return { ...alert, slice: name };
  }

  /** Finishes what is due, one slice at a time; to be called often. `nowMs` is of a clock that never goes back. */
  tick(nowMs: number): void {
    const fresh = this.#ring.next - this.#tickedAt;
    this.#tickedAt = this.#ring.next;
    const [oldest] = this.#waiting;
    if (oldest !== undefined) {
      for (const waiting of this.#waiting) waiting.dueMs ??= nowMs + afterMs;
      const index = this.#indexFor(oldest.rules);
      if (index.read(this.#ring, fresh + recordsPerTick)) return;
    }
    if (this.#draft !== null) this.#write(this.#draft, writtenPerTick);
    else if (this.#isDue(nowMs)) this.#beginOldest();
  }

  /** The run has ended: finishes all slices. */
  close(): void {
    while (this.#waiting.length > 0) this.#beginOldest();
    this.#endDraft();
  }

  get report(): FlightReport {
    return {
      bytes: this.#options.sizeBytes,
      events: this.#ring.count,
      overwritten: this.#ring.first,
      oversized: this.#oversized,
      lineage_evicted: this.#shelf.evicted,
      slices: {
        written: this.#written,
        bytes: this.#writtenBytes,
        incomplete: this.#incomplete,
        refused: this.#refused,
        failed: this.#failed,
      },
    };
  }

  #keepGap(record: DecodedRecord & { readonly kind: "gap" }, timeNs: bigint): void {
    const { gap, json } = record;
    this.#gaps.push({ gap, json, timeNs, number: this.#ring.next });
    this.#gapBytes += gapRecordBytes(json);
    const mostBytes = this.#options.sizeBytes / gapPart;
    while (this.#gaps.length > this.#options.limits.gaps || this.#gapBytes > mostBytes) {
      this.#gapBytes -= gapRecordBytes(this.#gaps.shift()!.json);
    }
  }

  #isDue(nowMs: number): boolean {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return false;
    return (
      this.#newestNs > oldest.alert.timeNs + afterNs ||
      this.#ring.writtenBytes >= oldest.dueBytes ||
      (oldest.dueMs !== null && nowMs >= oldest.dueMs)
    );
  }

  #indexFor(rules: RuleSet): ProcessIndex {
    // Where alerts never end, what it tells of records that are gone is given up now and then.
    const most = this.#ring.count * 2 + recordsPerTick;
    if (this.#index !== null && this.#index.size > most) this.#index = null;
    this.#index ??= new ProcessIndex({ ...this.#options, schema: rules.schema });
    return this.#index;
  }

  /** Makes the oldest slice that waits, so that nothing in memory is needed for it any more. */
  #beginOldest(): void {
    this.#endDraft();
    const waiting = this.#waiting.shift();
    this.#dueBytes = this.#waiting[0]?.dueBytes ?? Number.POSITIVE_INFINITY;
    if (waiting === undefined) return;
    const { alert, rules, name } = waiting;
    const index = this.#indexFor(rules);
    index.read(this.#ring, Number.POSITIVE_INFINITY);
    const { limits } = this.#options;
    const content = chooseRecords({
      alert,
      ring: this.#ring,
      index,
      shelf: this.#shelf,
      gaps: this.#gaps,
      lookBackNs: this.#slicer.lookBackNs(alert, rules),
      maxRecords: limits.sliceRecords,
      maxBytes: limits.sliceBytes,
    });
    if (this.#waiting.length === 0) this.#index = null;
    const slice = this.#slicer.make(alert, rules, content, this.#newestNs);
    this.#draft = { slice, name, rules, file: null, written: 0 };
  }

  /** Writes all that is left of the slice that is being written. */
  #endDraft(): void {
    if (this.#draft !== null) this.#write(this.#draft, Number.POSITIVE_INFINITY);
  }

  /** Writes at most `count` more records of a slice. */
  #write(draft: Draft, count: number): void {
    const { slice, name } = draft;
    try {
      draft.file ??= this.#folder.open(name, this.#originOf(draft.rules));
      draft.file.write(slice.records.slice(draft.written, draft.written + count));
      draft.written += count;
      if (draft.written < slice.records.length) return;
      this.#writtenBytes += draft.file.end();
      this.#written += 1;
      if (slice.verdict !== "same") this.#incomplete += 1;
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      draft.file?.giveUp();
      this.#failed += 1;
      this.#options.onProblem(error.message);
    }
    this.#draft = null;
  }

  #originOf(rules: RuleSet): LogOrigin {
    const { schema, packHash: rulePackHash } = rules;
    return originOf({ ...this.#options, schema, engineVersion, rulePackHash, isLive: true });
  }
}

function gapRecordBytes(json: string): number {
  return 256 + json.length * 2;
}
