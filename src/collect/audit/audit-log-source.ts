/** The source `audit:PATH`: follows a log that auditd writes, or that `ausearch --raw` wrote. */

import type { Limits } from "../../base/limits.ts";
import { CountedEvents, type Seen } from "../counted-events.ts";
import { BootClock } from "../host/boot-clock.ts";
import { HostEvents } from "../host/host-events.ts";
import type { HostFacts } from "../host/host-facts.ts";
import { followLines } from "../jsonl/follow.ts";
import type { LineItem } from "../jsonl/line-splitter.ts";
import type { Source, SourceCounters, SourceItem } from "../source.ts";
import { AuditReader } from "./audit-reader.ts";

export interface AuditLogOptions {
  /** `-` is standard input. */
  readonly path: string;
  readonly limits: Limits;
  /** The host that the log is of. */
  readonly host: HostFacts;
  readonly onNotice: (message: string) => void;
}

/** An event waits this long, by the records' time, for the rest of its records. */
const horizonMs = 3000;

/**
 * Times are those of the records, whatever the clock says, and no process is looked up: the log may
 * be of long ago.
 */
export class AuditLogSource implements Source {
  readonly name = "audit";
  readonly horizonMs: number = horizonMs;
  readonly #options: AuditLogOptions;
  readonly #events: CountedEvents;
  readonly #reader: AuditReader;
  readonly #end: AbortController = new AbortController();
  #newestNs: bigint | null = null;

  /** `path` is opened when the items are asked for. */
  constructor(options: AuditLogOptions) {
    const { limits, host } = options;
    this.#options = options;
    const startOf = (): null => null;
    this.#reader = new AuditReader({ limits, host, offsetNs: 0n, startOf });
    const clock = recordClock();
    this.#events = new CountedEvents(
      (emit) =>
        new HostEvents({ emit, provider: "audit", host, limits, clock, admits: () => false }),
    );
  }

  get counters(): Readonly<SourceCounters> {
    return this.#events.counters;
  }

  /** Throws an InputError where the file can't be opened at first. */
  async *items(signal: AbortSignal): AsyncGenerator<readonly SourceItem[]> {
    const { path, limits, onNotice } = this.#options;
    const either = AbortSignal.any([signal, this.#end.signal]);
    for await (const lines of followLines(path, { limits, signal: either, onNotice })) {
      for (const line of lines) this.#read(line);
      this.#beat();
      yield this.#take();
    }
    this.#tell(this.#reader.end());
    if (this.#events.waiting > 0) yield this.#take();
  }

  close(): void {
    this.#end.abort();
    this.#events.close();
  }

  #read(line: LineItem): void {
    if (typeof line === "string") this.#tell(this.#reader.read(line));
    else this.#reader.reject();
  }

  #tell(seen: readonly Seen[]): void {
    for (const it of seen) {
      const timeNs =
        it.kind === "extended" ? it.activity.timeNs : "timeNs" in it ? it.timeNs : null;
      if (timeNs !== null && (this.#newestNs === null || timeNs > this.#newestNs)) {
        this.#newestNs = timeNs;
      }
      this.#events.accept(it);
    }
  }

  /** Time moves on with the log. */
  #beat(): void {
    if (this.#newestNs === null) return;
    const quietNs = this.#newestNs - BigInt(horizonMs) * 1_000_000n;
    if (quietNs > 0n) this.#events.beat(quietNs);
  }

  #take(): readonly SourceItem[] {
    this.#events.counters.rejected = this.#reader.rejected;
    return this.#events.take();
  }
}

/** A clock on which time since boot is time since the epoch. */
function recordClock(): BootClock {
  let tick = 0n;
  return new BootClock({
    wallNs: () => tick,
    bootNs: () => {
      tick += 1n;
      return tick;
    },
  });
}
