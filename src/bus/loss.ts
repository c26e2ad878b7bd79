/** Gathers what was dropped of one source into gap records. */
import type { PiecedEvent } from "../event/pieced-event.ts";
import { gapJson } from "../event/stream-record.ts";
import { glanceCategory, glanceTime } from "./record-glance.ts";

/** Distinct categories that one gap record names; with more it names none, which means any. */
const namedCategories = 16;

/**
 * One gap record is made of all that was dropped until its place in the queue is reached. Whoever queues keeps that
 * place with the first event dropped, so that no alert which later events decide comes before the gap is known.
 */
export class Loss {
  /** Events dropped since the last gap record. */
  pending: number = 0;
  readonly #source: string;
  readonly #wallNs: () => bigint;
  readonly #aheadNs: bigint;
  #fromNs: bigint | null = null;
  #toNs: bigint | null = null;
  #categories: Set<string> | null = new Set();
  /** Time of the oldest event for which a place is kept; null where none is. */
  #placedNs: bigint | null = null;
  /** Of this stretch gap records have told that events may be missing; null before the first. */
  #covered: { readonly fromNs: bigint; readonly toNs: bigint } | null = null;

  /**
   * `source` is what gap records call it; `wallNs` gives the time where an event does not say its own. A gap record
   * covers `aheadMs` more than it knows of: where dropping goes on for long, few records tell of it in time.
   */
  constructor(source: string, wallNs: () => bigint, aheadMs: number = 0) {
    this.#source = source;
    this.#wallNs = wallNs;
    this.#aheadNs = BigInt(aheadMs) * 1_000_000n;
  }

  /** Counts an event that is dropped. True where a place in the queue must be kept for its gap record. */
  add(event: string | PiecedEvent): boolean {
    this.pending += 1;
    const timeNs = glanceTime(event) ?? this.#wallNs();
    if (this.#fromNs === null || timeNs < this.#fromNs) this.#fromNs = timeNs;
    if (this.#toNs === null || timeNs > this.#toNs) this.#toNs = timeNs;
    const category = glanceCategory(event);
    if (category === null) this.#categories = null;
    else this.#categories?.add(category);
    if ((this.#categories?.size ?? 0) > namedCategories) this.#categories = null;
    if (this.#aheadNs > 0n && this.#covers(timeNs)) return false;
    const isFirst = this.#placedNs === null;
    if (this.#placedNs === null || timeNs < this.#placedNs) this.#placedNs = timeNs;
    return isFirst;
  }

  /** The gap record of what was dropped since the last call; null if that was nothing. */
  take(): string | null {
    if (this.pending === 0) return null;
    const fromNs = this.#fromNs ?? this.#wallNs();
    const toNs = (this.#toNs ?? fromNs) + this.#aheadNs;
    const lost = this.pending;
    const categories = [...(this.#categories ?? [])].sort();
    const timeNs = this.#placedNs ?? this.#toNs ?? fromNs;
    this.pending = 0;
    this.#fromNs = null;
    this.#toNs = null;
    this.#categories = new Set();
    this.#placedNs = null;
    this.#cover(fromNs, toNs);
    return gapJson({ source: this.#source, fromNs, toNs, lost, categories }, timeNs);
  }

  #covers(timeNs: bigint): boolean {
    const covered = this.#covered;
    return covered !== null && covered.fromNs <= timeNs && timeNs <= covered.toNs;
  }

  #cover(fromNs: bigint, toNs: bigint): void {
    const before = this.#covered;
    const isJoined = before !== null && fromNs <= before.toNs && before.fromNs <= toNs;
    this.#covered = {
      fromNs: isJoined && before.fromNs < fromNs ? before.fromNs : fromNs,
      toNs: isJoined && before.toNs > toNs ? before.toNs : toNs,
    };
  }
}
