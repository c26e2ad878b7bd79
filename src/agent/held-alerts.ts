/** Alerts that wait for the input to show its order; once released, they are handed on at once. */
import type { Alert } from "../alert/alert.ts";
import type { Limits } from "../base/limits.ts";
import type { Sink } from "../sink/contract.ts";

export class HeldAlerts {
  readonly #sinks: readonly Sink[];
  readonly #limits: Limits;
  #alerts: Alert[] | null = [];
  #heldBytes: number = 0;

  constructor({ sinks, limits }: { readonly sinks: readonly Sink[]; readonly limits: Limits }) {
    this.#sinks = sinks;
    this.#limits = limits;
  }

  /** Whether so many are held that the order must be found out first. */
  get isFull(): boolean {
    return this.#alerts !== null && this.#heldBytes > this.#limits.heldAlertBytes;
  }

  take(alert: Alert): void {
    if (this.#alerts === null) {
      this.#write(alert);
      return;
    }
    this.#alerts.push(alert);
    for (const { event } of alert.match) this.#heldBytes += event?.length ?? 0;
  }

  release(): void {
    const held = this.#alerts ?? [];
    this.#alerts = null;
    for (const alert of held) this.#write(alert);
  }

  #write(alert: Alert): void {
    for (const sink of this.#sinks) sink.write(alert);
  }
}
