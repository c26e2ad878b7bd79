/** Alerts that wait for time to move on, so that they come out in their final order. */
import type { DecidedAlert } from "./alert-builder.ts";

export interface QueuedAlert {
  readonly alert: DecidedAlert;
  /** Index in the rule set, which is sorted by id and path. */
  readonly rule: number;
  /** Order of the last event. */
  readonly order: number;
}

export class AlertQueue {
  #waiting: QueuedAlert[] = [];
  #newestNs: bigint | null = null;

  push(alert: QueuedAlert): void {
    this.#waiting.push(alert);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether `timeNs` is later than every time seen before; remembers it. */
  isBehind(timeNs: bigint): boolean {
    if (this.#newestNs !== null && timeNs <= this.#newestNs) return false;
    this.#newestNs = timeNs;
    return true;
  }

  /** Takes out what was decided before `beforeNs` (null: everything), in its final order. */
  take(beforeNs: bigint | null): QueuedAlert[] {
    if (this.#waiting.length === 0) return [];
    const isDue = ({ alert }: QueuedAlert): boolean => beforeNs === null || alert.timeNs < beforeNs;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((entry) => !isDue(entry));
    return due.sort(compareQueued);
  }
}

function compareQueued(a: QueuedAlert, b: QueuedAlert): number {
  if (a.alert.timeNs !== b.alert.timeNs) return a.alert.timeNs < b.alert.timeNs ? -1 : 1;
  return a.rule - b.rule || a.order - b.order;
}
