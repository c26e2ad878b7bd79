/** Where alerts go. `contract.suite.ts` is the test that every sink runs. */
import type { Alert } from "../alert/alert.ts";

/** A sink takes every alert without throwing: what it can't deliver is counted as lost. */
export interface Sink {
  /** Takes an alert; it may be held until `flush`. After `close` it is lost. */
  write(alert: Alert): void;
  /** Resolves when what was written is delivered or counted as lost. Never rejects. */
  flush(): Promise<void>;
  /** Flushes and gives the resource back; a second call does nothing. */
  close(): Promise<void>;
  readonly counters: SinkCounters;
}

export interface SinkCounters {
  /** Alerts delivered. */
  readonly written: number;
  /** Alerts that could not be delivered. */
  readonly lost: number;
}

/** Makes the text of an alert, with its line end. */
export type AlertFormat = (alert: Alert) => string;
