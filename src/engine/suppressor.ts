/** Suppression: at most one alert of a rule per key and window of event time; off by default. */
import type { Limits } from "../base/limits.ts";
import { valuesAt } from "../event/json-path.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { DecidedAlert } from "./alert-builder.ts";

export class Suppressor {
  /** Alerts held back. */
  suppressed: number = 0;
  readonly #rules: RuleSet;
  readonly #limits: Limits;
  /** By rule: key to the time of the alert that opened its window, oldest first. */
  readonly #windows: Map<number, Map<string, bigint>> = new Map();

  constructor(rules: RuleSet, limits: Limits) {
    this.#rules = rules;
    this.#limits = limits;
  }

  /** Whether the alert falls into an open window; counts it, or opens a window with it. */
  suppresses(rule: number, alert: DecidedAlert): boolean {
    const { suppression } = this.#rules.rules[rule]!.rule;
    if (suppression === null) return false;
    const key = keyOf(alert, suppression.by);
    const windows = this.#windows.get(rule) ?? new Map<string, bigint>();
    this.#windows.set(rule, windows);
    const opened = windows.get(key);
    if (
      opened !== undefined &&
      alert.timeNs - opened <= BigInt(suppression.windowMs) * 1_000_000n
    ) {
      this.suppressed += 1;
      return true;
    }
    windows.delete(key);
    windows.set(key, alert.timeNs);
    const oldest = windows.keys().next().value;
    if (windows.size > this.#limits.suppressionKeys && oldest !== undefined) windows.delete(oldest);
    return false;
  }
}

/** The values of the fields in the last matched event. */
function keyOf(alert: DecidedAlert, paths: readonly string[]): string {
  const last = alert.match.findLast((step) => step.event !== null)?.event ?? "{}";
  const event: unknown = JSON.parse(last);
  return JSON.stringify(paths.map((path) => valuesAt(event, path).map(String)));
}
