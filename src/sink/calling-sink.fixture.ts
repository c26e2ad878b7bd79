/** A sink of tests: hands each alert on, and loses none. */
import type { Alert } from "../alert/alert.ts";
import type { Sink } from "./contract.ts";

export class CallingSink implements Sink {
  readonly counters: { written: number; lost: number } = { written: 0, lost: 0 };
  readonly #take: (alert: Alert) => void;

  constructor(take: (alert: Alert) => void) {
    this.#take = take;
  }

  write(alert: Alert): void {
    this.counters.written += 1;
    this.#take(alert);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}
