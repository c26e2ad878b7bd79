/** A live source that gives what a script says, by the virtual clock. */
import {
  type Source,
  type SourceCounters,
  SourceError,
  type SourceItem,
  type SourceName,
} from "../../src/collect/source.ts";
import { heartbeatJson } from "../../src/event/stream-record.ts";
import { type Given, itemOf } from "./record.ts";
import { quietNs, type SourceScript } from "./scenario.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** At the least, something is yielded in this time, ms. */
const idleMs = 100;

/** Where a source stands over all runs of a scenario. */
export interface SourcePlace {
  /** The portion that comes next. */
  next: number;
  hasDied: boolean;
}

export class SimulatedSource implements Source {
  readonly name: SourceName;
  readonly horizonMs: number;
  readonly tellsTime: boolean;
  readonly counters: SourceCounters = { received: 0, dropped: 0, filteredInKernel: 0, gaps: 0 };
  /** All that was taken from it. */
  readonly given: Given[] = [];
  readonly #script: SourceScript;
  readonly #clock: VirtualClock;
  readonly #place: SourcePlace;
  #isClosed = false;

  /** After a restart another source goes on at `place`. */
  constructor(script: SourceScript, clock: VirtualClock, place: SourcePlace) {
    this.name = script.name;
    this.horizonMs = script.horizonMs;
    this.tellsTime = script.beats;
    this.#script = script;
    this.#clock = clock;
    this.#place = place;
    // The kernel forgets what nobody collects, a file does not.
    const nowMs = clock.monotonicMs();
    while (!script.canWait && (this.#portion?.atMs ?? nowMs) < nowMs) place.next += 1;
  }

  get #portion(): SourceScript["portions"][number] | undefined {
    return this.#script.portions[this.#place.next];
  }

  async *items(signal: AbortSignal): AsyncGenerator<readonly SourceItem[]> {
    const { endsMs, beats } = this.#script;
    const diesMs = this.#place.hasDied ? Number.POSITIVE_INFINITY : this.#script.diesMs;
    while (!signal.aborted && !this.#isClosed) {
      const nowMs = this.#clock.monotonicMs();
      if (nowMs >= diesMs) {
        this.#place.hasDied = true;
        throw new SourceError(this.name, "life", `${this.name} can't go on`);
      }
      const portion = this.#portion;
      if (portion !== undefined && portion.atMs <= nowMs) {
        yield this.#take(portion.given);
        continue;
      }
      if (portion === undefined && nowMs >= endsMs) return;
      const dueMs = Math.min(portion?.atMs ?? endsMs, diesMs);
      await this.#pause(Math.min(dueMs - nowMs, idleMs), signal);
      if (signal.aborted || this.#clock.monotonicMs() >= dueMs) continue;
      const atMs = this.#clock.monotonicMs();
      yield beats ? [this.#beat(atMs)] : [];
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** As text or not: sensors say it without. */
  #beat(atMs: number): SourceItem {
    const timeNs = quietNs({ ...this.#script, atMs });
    return this.name === "ebpf" ? { kind: "heartbeat", timeNs } : heartbeatJson(timeNs);
  }

  #take(given: readonly Given[]): readonly SourceItem[] {
    this.#place.next += 1;
    for (const item of given) {
      this.given.push(item);
      if (item.kind === "event" || item.kind === "trap") this.counters.received += 1;
      if (item.kind !== "gap") continue;
      this.counters.received += item.lost;
      this.counters.dropped += item.lost;
      this.counters.gaps += 1;
    }
    return given.map(itemOf);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }
}
