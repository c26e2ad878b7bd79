/** What a live run costs and how fast it is: processor time, memory, rate, time from event to alert. */
import type { Clock } from "../base/clock.ts";
import { Histogram } from "../base/histogram.ts";

/** The rate is taken over at least this long, ms. */
const rateMs = 2000;
const mebibyte = 0x100000;

export interface MeterTotals {
  readonly cpu_seconds: number;
  readonly rss_mb: number;
  readonly peak_rss_mb: number;
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
}

export class Meter {
  readonly #startCpu: NodeJS.CpuUsage = process.cpuUsage();
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #latencyMs: Histogram = new Histogram(0.01);
  #rate = 0;
  #rateSinceMs: number;
  #rateSinceEvents = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    this.#rateSinceMs = this.#startMs;
  }

  /** An alert on an event of `timeNs` was handed to the sinks just now. */
  alert(timeNs: bigint): void {
    this.#latencyMs.add(Number(this.#clock.wallNs() - timeNs) / 1e6);
  }

  /** So many events were evaluated till `nowMs` of the monotonic clock. */
  tick(evaluated: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#rateSinceMs;
    if (elapsedMs < rateMs) return;
    this.#rate = ((evaluated - this.#rateSinceEvents) * 1000) / elapsedMs;
    this.#rateSinceMs = nowMs;
    this.#rateSinceEvents = evaluated;
  }

  /** Processor time since the start, ms, all threads. */
  get cpuMs(): number {
    const { user, system } = process.cpuUsage(this.#startCpu);
    return (user + system) / 1000;
  }

  /** Events a second, over the last seconds. */
  get rate(): number {
    return Math.round(this.#rate);
  }

  get uptimeSeconds(): number {
    return rounded((this.#clock.monotonicMs() - this.#startMs) / 1000);
  }

  get totals(): MeterTotals {
    return {
      cpu_seconds: rounded(this.cpuMs / 1000),
      rss_mb: rounded(process.memoryUsage.rss() / mebibyte),
      // Node gives KiB.
      peak_rss_mb: rounded(process.resourceUsage().maxRSS / 1024),
      latency_ms: {
        p50: roundedOrNull(this.#latencyMs.percentile(0.5)),
        p99: roundedOrNull(this.#latencyMs.percentile(0.99)),
      },
    };
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}
