/** Gathers what was dropped of one source into gap records. */
import type { PiecedEvent } from "../event/pieced-event.ts";
import { gapJson } from "../event/stream-record.ts";
import { glanceCategory, glanceTime } from "./record-glance.ts";

/** Distinct categories that one gap record names; with more it names none, which means any. */
const namedCategories = 16;

/** One gap record is made of all that was dropped since the last one. */
export class Loss {
  /** Events dropped since the last gap record. */
  pending: number = 0;
  readonly #source: string;
  readonly #wallNs: () => bigint;
  #fromNs: bigint | null = null;
  #toNs: bigint | null = null;
  #categories: Set<string> | null = new Set();

  /** `source` is what gap records call it; `wallNs` gives the time where an event does not say its own. */
  constructor(source: string, wallNs: () => bigint) {
    this.#source = source;
    this.#wallNs = wallNs;
  }

  /** Counts an event that is dropped. */
  add(event: string | PiecedEvent): void {
    this.pending += 1;
    const timeNs = glanceTime(event) ?? this.#wallNs();
    if (this.#fromNs === null || timeNs < this.#fromNs) this.#fromNs = timeNs;
    if (this.#toNs === null || timeNs > this.#toNs) this.#toNs = timeNs;
    const category = glanceCategory(event);
    if (category === null) this.#categories = null;
    else this.#categories?.add(category);
    if ((this.#categories?.size ?? 0) > namedCategories) this.#categories = null;
  }

  /** The gap record of what was dropped since the last call; null if that was nothing. */
  take(): string | null {
    if (this.pending === 0) return null;
    const fromNs = this.#fromNs ?? this.#wallNs();
    const toNs = this.#toNs ?? fromNs;
    const lost = this.pending;
    const categories = [...(this.#categories ?? [])].sort();
    this.pending = 0;
    this.#fromNs = null;
    this.#toNs = null;
    this.#categories = new Set();
    return gapJson({ source: this.#source, fromNs, toNs, lost, categories }, toNs);
  }
}
