/** A sink that is slow and that fails for a while, by the virtual clock. */
import type { Alert } from "../../src/alert/alert.ts";
import type { Sink } from "../../src/sink/contract.ts";
import type { SinkScript } from "./scenario.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export class SimulatedSink implements Sink {
  readonly counters: { written: number; lost: number } = { written: 0, lost: 0 };
  /** What was delivered. */
  readonly delivered: Alert[] = [];
  readonly #script: SinkScript;
  readonly #clock: VirtualClock;
  #waiting: Alert[] = [];

  constructor(script: SinkScript, clock: VirtualClock) {
    this.#script = script;
    this.#clock = clock;
  }

  write(alert: Alert): void {
    this.#waiting.push(alert);
  }

  async flush(): Promise<void> {
    const alerts = this.#waiting;
    if (alerts.length === 0) return;
    this.#waiting = [];
    const { delayMs, failsFromMs, failsToMs } = this.#script;
    if (delayMs > 0) await this.#clock.sleep(delayMs);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= failsFromMs && nowMs < failsToMs) {
      this.counters.lost += alerts.length;
      return;
    }
    this.counters.written += alerts.length;
    this.delivered.push(...alerts);
  }

  close(): Promise<void> {
    return this.flush();
  }
}
