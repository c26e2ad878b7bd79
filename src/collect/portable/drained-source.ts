/** A source made of a sensor that is emptied by a timer: no wake-up for each event. */
import { setTimeout as delay } from "node:timers/promises";
import { monotonicMs, wallNs } from "../../base/clock.ts";
import { heartbeatJson } from "../../event/stream-record.ts";
import type { Interest } from "../../schema/interest.ts";
import type { Activity, LostActivity } from "../host/activity.ts";
import type { LineItem } from "../jsonl/line-splitter.ts";
import type { Source, SourceCounters, SourceName } from "../source.ts";

/** Hears of what a sensor saw. */
export type Accept = (activity: Activity | LostActivity) => void;

/** Something that sees what happens on the host, and is asked for it from time to time. */
export interface Sensor {
  /** Between two drains, ms. */
  readonly intervalMs: number;
  /** How far apart from their order activities may be by time, ms. */
  readonly horizonMs: number;
  /** Activities that were left out because they are outside the scope; only grows. */
  readonly filtered: number;
  /** Activities that were left out in the kernel; only grows. */
  readonly filteredInKernel?: number;
  /** Things that could not be read as activities; only grows. */
  readonly rejected: number;
  /** Tells what came, up to a bound. Throws a SourceError where it can't go on. */
  drain(accept: Accept): DrainResult;
  /** Other rules are about to run; a sensor that keeps back what none can match has it. */
  setInterest?(interest: Interest): void;
  /** Detaches; safe to call twice. */
  close(): void;
}

/** `more`: the bound was reached and more waits; `ended`: nothing will come any more. */
export type DrainResult = "empty" | "more" | "ended";

/** Makes events of activities, as HostEvents does; their JSON texts go where its `emit` says. */
export interface EventMaker {
  /** Tells what runs already; called once the sensor is attached. */
  seed(): void;
  accept(activity: Activity | LostActivity): void;
  close(): void;
}

/** Makes the maker of a source's events. */
export type MakeEvents = (emit: (json: string) => void) => EventMaker;

/** At the least, something is yielded in this time. */
const idleMs = 100;

export class DrainedSource implements Source {
  readonly name: SourceName;
  readonly horizonMs: number;
  readonly counters: SourceCounters;
  readonly #sensor: Sensor;
  readonly #events: EventMaker;
  #lines: string[] = [];
  #losing = false;
  #closed = false;

  constructor(name: SourceName, sensor: Sensor, makeEvents: MakeEvents) {
    this.name = name;
    this.horizonMs = sensor.horizonMs;
    this.counters = {
      received: 0,
      dropped: 0,
      filteredInKernel: 0,
      gaps: 0,
      filteredByScope: 0,
      rejected: 0,
    };
    this.#sensor = sensor;
    this.#events = makeEvents((json) => this.#emit(json));
    this.#events.seed();
  }

  async *items(signal: AbortSignal): AsyncGenerator<readonly LineItem[]> {
    let yieldedMs = monotonicMs();
    let result: DrainResult = "empty";
    while (!signal.aborted && !this.#closed && result !== "ended") {
      const quietNs = wallNs() - BigInt(this.horizonMs) * 1_000_000n;
      result = this.#drain();
      if (this.#lines.length > 0 || monotonicMs() - yieldedMs >= idleMs) {
        yieldedMs = monotonicMs();
        // What comes later has happened later, but for what is still under way.
        if (result === "empty") this.#lines.push(heartbeatJson(quietNs));
        yield this.#take();
      }
      if (result === "empty") await pause(this.#sensor.intervalMs, signal);
    }
    if (!this.#closed && result !== "ended") this.#drain();
    if (this.#lines.length > 0) yield this.#take();
  }

  setInterest(interest: Interest): void {
    if (!this.#closed) this.#sensor.setInterest?.(interest);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sensor.close();
    this.#events.close();
  }

  #drain(): DrainResult {
    const result = this.#sensor.drain((activity) => this.#accept(activity));
    this.counters.filteredByScope = this.#sensor.filtered;
    this.counters.rejected = this.#sensor.rejected;
    this.counters.filteredInKernel = this.#sensor.filteredInKernel ?? 0;
    return result;
  }

  #accept(activity: Activity | LostActivity): void {
    if (activity.kind === "lost") {
      this.counters.gaps += 1;
      this.counters.dropped += activity.count;
      this.counters.received += activity.count;
    }
    this.#losing = activity.kind === "lost";
    this.#events.accept(activity);
    this.#losing = false;
  }

  #emit(json: string): void {
    if (!this.#losing) this.counters.received += 1;
    this.#lines.push(json);
  }

  #take(): readonly LineItem[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
