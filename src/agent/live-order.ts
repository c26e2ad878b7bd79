/** Brings the records of a live source into order, and lets time pass while nothing comes. */
import type { DecodedRecord } from "../event/decode.ts";
import { ReorderBuffer } from "../event/order.ts";
import { heartbeatJson } from "../event/stream-record.ts";

const nsPerMs = 1_000_000;

/** Events of a live source may be this much out of order, ms. */
export const horizonMs = 1000;

/** Takes a record in final order. */
export type TakeRecord = (record: DecodedRecord, timeNs: bigint) => void;

/**
 * Reorders within a horizon. While a source is quiet, its time goes on with the clock, one horizon
 * behind, counted from its newest record: so the same file gives the same times whenever it was made.
 */
export class LiveOrder {
  readonly #buffer: ReorderBuffer<{ readonly timeNs: bigint; readonly record: DecodedRecord }>;
  readonly #horizonMs: number;
  readonly #take: TakeRecord;
  /** Time of the record before; of the newest record, and when that came on the clock. */
  #lastNs = 0n;
  #newestNs: bigint | null = null;
  #newestMs = 0;

  constructor(horizonMs: number, take: TakeRecord) {
    this.#horizonMs = horizonMs;
    this.#take = take;
    this.#buffer = new ReorderBuffer(BigInt(horizonMs * nsPerMs), ({ record }, timeNs) =>
      take(record, timeNs),
    );
  }

  /** Records that came after their time had passed. */
  get late(): number {
    return this.#buffer.late;
  }

  /** Takes a record that came at `nowMs` of a clock. Without a time it has that of the one before. */
  push(record: DecodedRecord, nowMs: number): void {
    const timeNs = record.timeNs ?? this.#lastNs;
    this.#lastNs = timeNs;
    if (this.#newestNs === null || timeNs > this.#newestNs) {
      this.#newestNs = timeNs;
      this.#newestMs = nowMs;
    }
    this.#buffer.push({ timeNs, record });
  }

  /** Nothing came; it is `nowMs`. */
  idle(nowMs: number): void {
    const quietMs = nowMs - this.#newestMs;
    if (this.#newestNs === null || quietMs < this.#horizonMs) return;
    const passedNs = BigInt(Math.floor((quietMs - this.#horizonMs) * nsPerMs));
    const timeNs = this.#newestNs + passedNs;
    this.#buffer.advance(timeNs);
    this.#take({ kind: "heartbeat", timeNs, json: heartbeatJson(timeNs), value: {} }, timeNs);
  }

  /** Hands on all that is held. */
  flush(): void {
    this.#buffer.flush();
  }
}
