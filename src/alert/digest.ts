/**
 * The digest of a run's alerts: equal digests mean the same alerts in the same order.
 *
 * It is SHA-256 over one line for each alert, in the order in which they were raised. A line is the
 * canonical JSON (base/json.ts: sorted keys, no blanks, one form of each number and text) of
 *
 * ```
 * [rule id, path, version, time, kind, [[step, event], ...], keys, confidence, reasons]
 * ```
 *
 * followed by a line feed. `time` is the deciding time in ns since the epoch as decimal text, `event`
 * the whole source event or null. What only describes the rule (its name, severity, ATT&CK mapping) or
 * the run (engine version) is left out, and so is the ancestry, which is bounded memory.
 */
import { Sha256 } from "../base/hash.ts";
import type { Alert } from "./alert.ts";
import { canonicalMatch } from "./id.ts";

/** A digest that grows with each alert. */
export class AlertDigest {
  /** Alerts added so far. */
  count: number = 0;
  readonly #hash: Sha256 = new Sha256();

  add(alert: Alert): void {
    this.#hash.update(`${digestLine(alert)}\n`);
    this.count += 1;
  }

  /** 64 lower-case hex digits over the alerts so far; more may be added afterwards. */
  hex(): string {
    return this.#hash.hex();
  }
}

/** What the digest reads of one alert. */
export function digestLine(alert: Alert): string {
  const { rule } = alert;
  const parts = [
    ...[rule.id, rule.path, rule.version, alert.timeNs.toString(), alert.kind].map(quote),
    canonicalMatch(alert.match),
    JSON.stringify(alert.keys),
    quote(alert.confidence),
    JSON.stringify(alert.reasons),
  ];
  return `[${parts.join(",")}]`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
