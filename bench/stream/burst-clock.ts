/** When events happen: a Poisson process whose rate is higher during bursts. */
import type { Prng } from "../../src/base/prng.ts";
import type { Burst } from "./profile-table.ts";

export class BurstClock {
  /** ns since the first moment; never goes back. */
  nowNs: number = 0;
  /** How many bursts have begun, and whether one goes on. */
  bursts: number = 0;
  inBurst: boolean = false;
  readonly #random: Prng;
  readonly #burst: Burst;
  /** Events in a second outside bursts. */
  readonly #quietRate: number;
  #changeNs: number;

  /** `meanRate` is events in a second over all; it must exceed what the bursts alone bring. */
  constructor(meanRate: number, burst: Burst, random: Prng) {
    const share = burst.seconds / (burst.seconds + burst.everySeconds);
    this.#random = random;
    this.#burst = burst;
    this.#quietRate = (meanRate - burst.eventsPerSecond * share) / (1 - share);
    if (this.#quietRate <= 0) throw new RangeError("bursts bring more events than there are");
    this.#changeNs = this.#exponential(burst.everySeconds);
  }

  /** Moves on to the next event. */
  advance(): void {
    for (;;) {
      const rate = this.inBurst ? this.#burst.eventsPerSecond : this.#quietRate;
      const nextNs = this.nowNs + this.#exponential(1 / rate);
      if (nextNs < this.#changeNs) {
        this.nowNs = nextNs;
        return;
      }
      this.nowNs = this.#changeNs;
      this.#toggle();
    }
  }

  #toggle(): void {
    this.inBurst = !this.inBurst;
    if (this.inBurst) this.bursts += 1;
    const { seconds, everySeconds } = this.#burst;
    this.#changeNs = this.nowNs + this.#exponential(this.inBurst ? seconds : everySeconds);
  }

  /** ns of a waiting time with the given mean. */
  #exponential(meanSeconds: number): number {
    return -Math.log(1 - this.#random.float()) * meanSeconds * 1e9;
  }
}
