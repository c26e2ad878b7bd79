/**
 * From time since boot, which sensors give, to wall time, which events carry. The difference is
 * measured, not read for each event, so that the order of two moments of a run never turns round.
 */
import { readFileSync } from "node:fs";
import { wallNs } from "../../base/clock.ts";
import { IsoTexts } from "./iso-texts.ts";

/** What a `BootClock` measures with; tests give their own. */
export interface ClockReadings {
  /** Wall time, ns since the epoch. */
  wallNs(): bigint;
  /** Time since boot in ns (CLOCK_BOOTTIME), as exact as /proc/uptime is. */
  bootNs(): bigint;
}

/** One measurement: from `sinceNs` (since boot) on, wall time is `offsetNs` more. */
interface Segment {
  readonly sinceNs: bigint;
  readonly offsetNs: bigint;
  /** Wall time of `sinceNs` as the segment before had it; no later moment lies before it. */
  readonly floorNs: bigint;
}

export class BootClock {
  readonly #readings: ClockReadings;
  #earlier: Segment | null = null;
  #current: Segment;
  readonly #texts: IsoTexts = new IsoTexts();

  /** Measures at once, which may take 10 ms: /proc/uptime counts in steps of that. */
  constructor(readings: ClockReadings = systemReadings) {
    this.#readings = readings;
    this.#current = { sinceNs: 0n, offsetNs: this.#measure().offsetNs, floorNs: -(2n ** 63n) };
  }

  /**
   * Measures again, after the wall clock was set for example. Moments before now keep their wall time;
   * later ones have the new one, or stand still until it is reached where the clock was put back.
   */
  remeasure(): void {
    const { nowNs, offsetNs } = this.#measure();
    const floorNs = this.wallNs(nowNs);
    this.#earlier = this.#current;
    this.#current = { sinceNs: nowNs, offsetNs, floorNs };
  }

  /** Now, ns since boot, to the ms. */
  nowNs(): bigint {
    return this.#readings.wallNs() - this.#current.offsetNs;
  }

  /** Wall time (ns since the epoch) of a moment since boot. */
  wallNs(bootNs: bigint): bigint {
    const { sinceNs, offsetNs, floorNs } = this.#current;
    if (bootNs < sinceNs && this.#earlier !== null) return bootNs + this.#earlier.offsetNs;
    const wall = bootNs + offsetNs;
    if (wall < floorNs) return floorNs;
    return wall;
  }

  /** The wall time of a moment since boot as `formatIso` writes it. */
  text(bootNs: bigint): string {
    return this.#texts.format(this.wallNs(bootNs));
  }

  /** Waits for the moment at which /proc/uptime moves on: there it is exact. */
  #measure(): { nowNs: bigint; offsetNs: bigint } {
    const before = this.#readings.bootNs();
    let nowNs = before;
    for (let tries = 0; nowNs === before && tries < 100_000; tries += 1) {
      nowNs = this.#readings.bootNs();
    }
    return { nowNs, offsetNs: this.#readings.wallNs() - nowNs };
  }
}

const systemReadings: ClockReadings = {
  wallNs,
  bootNs: () => {
    const [seconds = "0", hundredths = "00"] = readFileSync("/proc/uptime", "latin1")
      .split(" ", 1)[0]!
      .split(".");
    return BigInt(seconds) * 1_000_000_000n + BigInt(hundredths) * 10_000_000n;
  },
};
