/** One sink made of several: each gets every alert. */
import type { Alert } from "../alert/alert.ts";
import type { Sink, SinkCounters } from "./contract.ts";

/** Counters are sums over `sinks`, which closing closes. */
export function fanOut(sinks: readonly Sink[]): Sink {
  return new FanOut(sinks);
}

class FanOut implements Sink {
  readonly #sinks: readonly Sink[];

  constructor(sinks: readonly Sink[]) {
    this.#sinks = sinks;
  }

  get counters(): SinkCounters {
    const all = this.#sinks.map(({ counters }) => counters);
    return {
      written: all.reduce((sum, { written }) => sum + written, 0),
      lost: all.reduce((sum, { lost }) => sum + lost, 0),
    };
  }

  write(alert: Alert): void {
    for (const sink of this.#sinks) sink.write(alert);
  }

  async flush(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.flush()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.close()));
  }
}
