/**
 * Alerts of several engines, each with some of the rules, in the order that one engine with all of them
 * gives. That order is by (deciding time, rule, event order). After a batch an engine has released just
 * the alerts of its rules that were decided before the newest time of the batch: that is the same time
 * for all engines. So what all released together comes before all that is still to come, and sorting it
 * gives the order. Alerts of one rule on one event come from one engine and stay as they are, since the
 * sort is stable.
 */
import type { ReleasedAlert } from "./messages.ts";

export class AlertMerge {
  /** By engine: what it released, a list for each batch that not all engines are done with. */
  readonly #waiting: (readonly ReleasedAlert[])[][];
  readonly #onAlert: (released: ReleasedAlert) => void;

  constructor(engines: number, onAlert: (released: ReleasedAlert) => void) {
    this.#waiting = Array.from({ length: engines }, () => []);
    this.#onAlert = onAlert;
  }

  /** Takes what an engine released for its next batch, with rules counted in the whole set. */
  add(engine: number, alerts: readonly ReleasedAlert[]): void {
    this.#waiting[engine]!.push(alerts);
    while (this.#waiting.every((lists) => lists.length > 0)) {
      const batch = this.#waiting.flatMap((lists) => lists.shift()!);
      for (const released of batch.sort(compareReleased)) this.#onAlert(released);
    }
  }
}

function compareReleased(a: ReleasedAlert, b: ReleasedAlert): number {
  if (a.alert.timeNs !== b.alert.timeNs) return a.alert.timeNs < b.alert.timeNs ? -1 : 1;
  return a.rule - b.rule || a.order - b.order;
}
