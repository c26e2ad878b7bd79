/** Brings the records of several live sources into one order, and lets time pass while nothing comes. */
import type { DecodedRecord } from "../event/decode.ts";
import { ReorderBuffer } from "../event/order.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import { Heartbeat } from "../event/stream-record.ts";

const nsPerMs = 1_000_000;

/** An event that was not read yet, but for its time. */
export interface TimedLine {
  readonly kind: "line";
  readonly timeNs: bigint;
  readonly event: string | PiecedEvent;
  /** Index of its source. */
  readonly source: number;
}

/** Between two heartbeats while no event comes, ns. */
const quietNs = 100_000_000n;

/** A source that tells its time and says nothing for so long has stopped to do so, ms. */
const silentMs = 500;

/** Takes a record in final order. */
export type TakeRecord = (record: DecodedRecord | TimedLine, timeNs: bigint) => void;

interface Held {
  readonly timeNs: bigint;
  readonly record: DecodedRecord | TimedLine;
  readonly arrivedMs: number;
}

/** How far one source has come. */
class Progress {
  readonly horizonMs: number;
  readonly horizonNs: bigint;
  /** So long it may be quiet before its time is told by the clock, ms. */
  readonly graceMs: number;
  /** Before this nothing more is expected of it; null before its first record. */
  reachedNs: bigint | null = null;
  /** Time of the record before. */
  lastNs = 0n;
  /** Its newest time, and when that came by the clock, ms. */
  newestNs: bigint | null = null;
  newestMs = 0;
  /** When it gave anything last, ms. */
  gaveMs = 0;
  ended = false;

  constructor(horizonMs: number, tellsTime: boolean) {
    this.horizonMs = horizonMs;
    this.horizonNs = BigInt(Math.round(horizonMs * nsPerMs));
    this.graceMs = tellsTime ? Math.max(horizonMs, silentMs) : horizonMs;
  }

  reach(timeNs: bigint): void {
    if (this.reachedNs === null || timeNs > this.reachedNs) this.reachedNs = timeNs;
  }
}

/**
 * A record goes out when no source can give an earlier one any more: each has come a horizon past it, has
 * said so by a heartbeat, or was quiet for as long. A source behind the time that was reached (a file of old
 * events beside live ones) holds nothing back; its events are late and take that time. With several sources no
 * record waits longer than the longest horizon by the clock.
 *
 * While a source is quiet, its time goes on with the clock, one horizon behind, counted from its newest record:
 * so the same file gives the same times whenever it was made. A source that tells its time itself is believed.
 */
export class OrderedMerge {
  readonly #buffer: ReorderBuffer<Held>;
  readonly #sources: readonly Progress[];
  readonly #holdMs: number;
  readonly #limit: number;
  readonly #take: TakeRecord;
  /** Time of the last event that went out; of the last record of any kind. */
  #eventNs: bigint | null = null;
  #reachedNs: bigint | null = null;
  #beatNs: bigint | null = null;

  /**
   * `horizonsMs` has one for each source; more than `limit` records are never held. `tellsTime` says which sources
   * tell their time by heartbeats; none unless given.
   */
  constructor(
    horizonsMs: readonly number[],
    limit: number,
    take: TakeRecord,
    tellsTime: readonly boolean[] = [],
  ) {
    this.#sources = horizonsMs.map(
      (horizonMs, index) => new Progress(horizonMs, tellsTime[index] ?? false),
    );
    this.#holdMs = horizonsMs.length > 1 ? Math.max(...horizonsMs, 1) : Number.POSITIVE_INFINITY;
    this.#limit = limit;
    this.#take = take;
    this.#buffer = new ReorderBuffer(null, ({ record }, timeNs) => this.#emit(record, timeNs));
  }

  /** Records that came after their time had passed. */
  get late(): number {
    return this.#buffer.late;
  }

  /** Events and gaps that are held. */
  get held(): number {
    return this.#buffer.size;
  }

  /** How long to wait from `nowMs` on before `idle` can let something out; `idleMs` where nothing waits. */
  waitMs(idleMs: number, nowMs: number): number {
    const waits = this.#buffer.size > 0 || (this.#eventNs ?? -1n) >= (this.#reachedNs ?? 0n);
    if (!waits) return idleMs;
    let waitMs = idleMs;
    for (const { graceMs, gaveMs, newestNs, ended } of this.#sources) {
      if (newestNs === null || ended) continue;
      // Timers know no less than 1 ms.
      waitMs = Math.min(waitMs, Math.max(1, gaveMs + graceMs - nowMs));
    }
    return waitMs;
  }

  /** Takes a record of a source that came at `nowMs`. Without a time it has that of the one before. */
  push(source: number, record: DecodedRecord | TimedLine, nowMs: number): void {
    const progress = this.#sources[source]!;
    const timeNs = record.timeNs ?? progress.lastNs;
    if (record.kind === "heartbeat") {
      this.beat(source, timeNs, nowMs);
      return;
    }
    this.#note(progress, timeNs, nowMs);
    progress.reach(timeNs - progress.horizonNs);
    this.#buffer.push({ timeNs, record, arrivedMs: nowMs });
    this.#letOut(nowMs);
  }

  /** A source said at `nowMs` that it gives nothing before `timeNs` any more. */
  beat(source: number, timeNs: bigint, nowMs: number): void {
    const progress = this.#sources[source]!;
    this.#note(progress, timeNs, nowMs);
    progress.reach(timeNs);
    this.#letOut(nowMs);
    this.#beat();
  }

  /** A source gave nothing; it is `nowMs`. */
  idle(source: number, nowMs: number): void {
    const progress = this.#sources[source]!;
    const { newestNs, newestMs, gaveMs, horizonMs, graceMs } = progress;
    if (newestNs === null || nowMs - gaveMs < graceMs) return;
    progress.reach(newestNs + BigInt(Math.floor((nowMs - newestMs - horizonMs) * nsPerMs)));
    this.#letOut(nowMs);
    this.#beat();
  }

  /** A source has ended: it holds nothing back any more. */
  end(source: number): void {
    this.#sources[source]!.ended = true;
  }

  /** Hands on all that is held. */
  flush(): void {
    this.#buffer.flush();
  }

  #note(progress: Progress, timeNs: bigint, nowMs: number): void {
    progress.lastNs = timeNs;
    progress.gaveMs = nowMs;
    if (progress.newestNs !== null && timeNs <= progress.newestNs) return;
    progress.newestNs = timeNs;
    progress.newestMs = nowMs;
  }

  #letOut(nowMs: number): void {
    const reachedNs = this.#commonNs();
    if (reachedNs !== null) this.#buffer.advance(reachedNs);
    for (let first = this.#buffer.first; first !== null; first = this.#buffer.first) {
      const isOverdue = nowMs - first.arrivedMs > this.#holdMs || this.#buffer.size > this.#limit;
      if (!isOverdue) return;
      this.#buffer.advance(first.timeNs);
    }
  }

  /** What all sources have reached that are not behind already; null before anything is known. */
  #commonNs(): bigint | null {
    let commonNs: bigint | null = null;
    let leadNs: bigint | null = null;
    for (const { reachedNs, ended } of this.#sources) {
      if (reachedNs === null) continue;
      if (leadNs === null || reachedNs > leadNs) leadNs = reachedNs;
      if (ended || (this.#reachedNs !== null && reachedNs < this.#reachedNs)) continue;
      if (commonNs === null || reachedNs < commonNs) commonNs = reachedNs;
    }
    return commonNs ?? leadNs;
  }

  /** Time has passed with nothing to hand on: says so, once for each moment. */
  #beat(): void {
    // What is held can be older than what the sources have reached by now: those that fell behind meanwhile held it.
    const timeNs = this.#buffer.watermarkNs;
    if (timeNs === null || timeNs < (this.#reachedNs ?? timeNs)) return;
    if (this.#beatNs !== null) {
      // Where nothing waits for time to pass a moment, it need not be told so often.
      const isAwaited = this.#eventNs !== null && this.#eventNs >= this.#beatNs;
      if (timeNs <= this.#beatNs || (!isAwaited && timeNs - this.#beatNs < quietNs)) return;
    }
    this.#reachedNs = timeNs;
    this.#beatNs = timeNs;
    this.#take(new Heartbeat(timeNs), timeNs);
  }

  #emit(record: DecodedRecord | TimedLine, timeNs: bigint): void {
    if (this.#reachedNs === null || timeNs > this.#reachedNs) this.#reachedNs = timeNs;
    if (record.kind !== "gap") this.#eventNs = timeNs;
    this.#take(record, timeNs);
  }
}
