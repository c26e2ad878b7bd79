/** A source made of a sensor that is emptied by a timer: no wake-up for each event. */
import { setImmediate } from "node:timers/promises";
import { monotonicMs, wallNs } from "../base/clock.ts";
import type { Interest } from "../schema/interest.ts";
import { CountedEvents, type MakeEvents, type Seen } from "./counted-events.ts";
import type { Source, SourceCounters, SourceItem, SourceName } from "./source.ts";

/** Hears of what a sensor saw. */
export type Accept = (seen: Seen) => void;

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
  /** Whether `drain` would have nothing to tell: asked often, so it costs next to nothing. */
  isQuiet?(): boolean;
  /** Resolves when there is something to drain, after `ms` at the latest: so one that is quiet costs nothing. */
  sleep?(ms: number): Promise<void>;
  /** Tells what came, up to a bound. Throws a SourceError where it can't go on. */
  drain(accept: Accept): DrainResult;
  /** Other rules are about to run; a sensor that keeps back what none can match has it. */
  setInterest?(interest: Interest): void;
  /** Detaches; safe to call twice. */
  close(): void;
}

/** `more`: the bound was reached and more waits; `ended`: nothing will come any more. */
export type DrainResult = "empty" | "more" | "ended";

/**
 * At the least, something is yielded in this time: of a host on which nothing happens, what is decided by time alone
 * waits so long, and each time costs a ms of code gone cold.
 */
const idleMs = 250;
const nsPerMs = 1_000_000n;
/** How far an event's time may be after the clock that was read with it: both are measured to the ms. */
const clockNs = 2n * nsPerMs;

export class DrainedSource implements Source {
  readonly name: SourceName;
  readonly horizonMs: number;
  readonly tellsTime = true;
  readonly #sensor: Sensor;
  readonly #events: CountedEvents;
  #closed = false;

  /** The sensor is attached; with the source it is closed. */
  constructor(name: SourceName, sensor: Sensor, makeEvents: MakeEvents) {
    this.name = name;
    this.horizonMs = sensor.horizonMs;
    this.#sensor = sensor;
    this.#events = new CountedEvents(makeEvents);
    this.#events.seed();
  }

  /** What the sensor counts is asked of it only here. */
  get counters(): Readonly<SourceCounters> {
    const { counters } = this.#events;
    counters.filteredByScope = this.#sensor.filtered + this.#events.outside;
    counters.rejected = this.#sensor.rejected;
    counters.filteredInKernel = this.#sensor.filteredInKernel ?? 0;
    return counters;
  }

  async *items(signal: AbortSignal): AsyncGenerator<readonly SourceItem[]> {
    const pause = new Pause(this.#sensor, signal);
    const horizonNs = BigInt(this.horizonMs) * nsPerMs;
    let yieldedMs = monotonicMs();
    let newestNs = wallNs();
    let result: DrainResult = "empty";
    while (!signal.aborted && !this.#closed && result !== "ended") {
      const nowNs = wallNs();
      const quietNs = nowNs - horizonNs;
      result = this.#drain();
      const nowMs = monotonicMs();
      // Whoever has the events waits to hear that time has passed the last of them.
      if (this.#events.waiting > 0 || quietNs <= newestNs || nowMs - yieldedMs >= idleMs) {
        yieldedMs = nowMs;
        if (this.#events.waiting > 0) newestNs = wallNs() + clockNs;
        // What comes later has happened later, but for what is still under way.
        if (result === "empty") this.#events.beat(quietNs);
        yield this.#events.take();
      }
      if (result === "empty") {
        // Whoever waits for time to pass is told at the next drain, else as late as may be.
        const untilMs = quietNs <= newestNs ? nowMs : yieldedMs + idleMs;
        await pause.wait(untilMs);
      }
      // Whoever takes the events shall come to his turn as well.
      else if (result === "more") await setImmediate();
    }
    // What was collected till now, which may be much.
    do {
      result = this.#closed || result === "ended" ? "ended" : this.#drain();
      if (this.#events.waiting > 0) yield this.#events.take();
    } while (result === "more");
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
    return this.#sensor.drain((seen) => this.#events.accept(seen));
  }
}

/** So many times in a row a sensor is looked at in vain before it is slept on. */
const restlessTicks = 8;

/** The waits between two drains of a sensor, which an aborted signal ends: one listener serves all of them. */
class Pause {
  readonly #sensor: Sensor;
  readonly #ms: number;
  readonly #signal: AbortSignal;
  /** How often the sensor was quiet since it last was not. */
  #quietTicks: number = 0;
  #end: () => void = () => undefined;

  constructor(sensor: Sensor, signal: AbortSignal) {
    this.#sensor = sensor;
    this.#ms = Math.min(sensor.intervalMs, idleMs);
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** Resolves after the sensor's interval; while it is quiet, later, but not after `untilMs`. Never at once. */
  async wait(untilMs: number): Promise<void> {
    // Of one that slept till now, something would have been heard.
    if (this.#quietTicks < restlessTicks || untilMs <= monotonicMs())
      await this.#interval(this.#ms);
    while (!this.#signal.aborted && this.#isQuiet) {
      const leftMs = untilMs - monotonicMs();
      if (leftMs <= 0) return;
      if (this.#quietTicks < restlessTicks || this.#sensor.sleep === undefined) {
        await this.#interval(Math.min(this.#ms, leftMs));
        continue;
      }
      await this.#sensor.sleep(leftMs);
      // What woke it up is rarely alone, so it is drained an interval later, as always.
      if (!this.#isQuiet) await this.#interval(this.#ms);
    }
  }

  get #isQuiet(): boolean {
    const isQuiet = this.#sensor.isQuiet?.() === true;
    this.#quietTicks = isQuiet ? this.#quietTicks + 1 : 0;
    return isQuiet;
  }

  #interval(ms: number): Promise<void> {
    if (this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
