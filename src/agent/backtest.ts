/** What a change of rules would have changed: the same recording through the rules as they were and as they are. */

import type { Alert } from "../alert/alert.ts";
import { canonicalMatch } from "../alert/id.ts";
import { sha256Hex } from "../base/hash.ts";
import { formatIso } from "../base/time.ts";
import type { Sink, SinkCounters } from "../sink/contract.ts";

/** An alert as far as a comparison shows it. */
export interface ComparedAlert {
  readonly id: string;
  /** The deciding time, ISO 8601. */
  readonly time: string;
  readonly confidence: Alert["confidence"];
}

/** What became of the alerts of one rule. */
export interface RuleChange {
  /** The rule's id; rules that share one add up. */
  readonly rule: string;
  readonly name: string;
  readonly added: readonly ComparedAlert[];
  readonly removed: readonly ComparedAlert[];
  /** Alerts on the same last event whose other events, or whose confidence, differ. */
  readonly changed: readonly { readonly before: ComparedAlert; readonly after: ComparedAlert }[];
  /** How many are the same. */
  readonly unchanged: number;
}

/** All rules that raised an alert before or after, by id. */
export interface Backtest {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rules: readonly RuleChange[];
}

interface Entry {
  readonly alert: ComparedAlert;
  readonly rule: string;
  readonly name: string;
  /** Hash of the matched events, and of the last of them. */
  readonly match: string;
  readonly last: string;
}

/** Remembers alerts for a comparison: hashes of their events, not the events. */
export class AlertRecorder implements Sink {
  readonly entries: Entry[] = [];
  readonly counters: SinkCounters = { written: 0, lost: 0 };

  write(alert: Alert): void {
    const { rule, match } = alert;
    const last = match.findLast((step) => step.event !== null);
    this.entries.push({
      alert: { id: alert.id, time: formatIso(alert.timeNs), confidence: alert.confidence },
      rule: rule.id,
      name: rule.name,
      match: sha256Hex(canonicalMatch(match)),
      last: sha256Hex(canonicalMatch(last === undefined ? [] : [{ ...last, step: 0 }])),
    });
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Compares the alerts of two replays of the same events. */
export function compareAlerts(before: AlertRecorder, after: AlertRecorder): Backtest {
  const ids = new Set([...before.entries, ...after.entries].map(({ rule }) => rule));
  const rules = [...ids].sort().map((rule) => {
    const ofRule = (entry: Entry): boolean => entry.rule === rule;
    return compareRule(rule, before.entries.filter(ofRule), after.entries.filter(ofRule));
  });
  return {
    added: sum(rules, (change) => change.added.length),
    removed: sum(rules, (change) => change.removed.length),
    changed: sum(rules, (change) => change.changed.length),
    unchanged: sum(rules, (change) => change.unchanged),
    rules,
  };
}

/** Whether anything differs. */
export function isDifferent({ added, removed, changed }: Backtest): boolean {
  return added + removed + changed > 0;
}

function compareRule(rule: string, before: readonly Entry[], after: readonly Entry[]): RuleChange {
  const same = ({ match, alert }: Entry): string => `${match} ${alert.confidence}`;
  const left = pairOff(before, after, same);
  const rest = pairOff(left.before, left.after, ({ last }) => last);
  return {
    rule,
    name: (after[0] ?? before[0])?.name ?? "",
    added: rest.after.map(({ alert }) => alert),
    removed: rest.before.map(({ alert }) => alert),
    changed: rest.pairs.map(([old, now]) => ({ before: old.alert, after: now.alert })),
    unchanged: left.pairs.length,
  };
}

interface Pairing {
  readonly pairs: readonly (readonly [before: Entry, after: Entry])[];
  readonly before: readonly Entry[];
  readonly after: readonly Entry[];
}

/** Pairs entries with equal keys, in order; the others are left over. */
function pairOff(
  before: readonly Entry[],
  after: readonly Entry[],
  keyOf: (entry: Entry) => string,
): Pairing {
  const waiting = new Map<string, Entry[]>();
  for (const entry of before) {
    const known = waiting.get(keyOf(entry));
    if (known === undefined) waiting.set(keyOf(entry), [entry]);
    else known.push(entry);
  }
  const pairs: [Entry, Entry][] = [];
  const unpaired: Entry[] = [];
  for (const entry of after) {
    const partner = waiting.get(keyOf(entry))?.shift();
    if (partner === undefined) unpaired.push(entry);
    else pairs.push([partner, entry]);
  }
  const paired = new Set(pairs.map(([old]) => old));
  return { pairs, before: before.filter((entry) => !paired.has(entry)), after: unpaired };
}

function sum(rules: readonly RuleChange[], count: (change: RuleChange) => number): number {
  return rules.reduce((total, change) => total + count(change), 0);
}
