/** What a replay cost, as the object that `profile` and `replay --profile` print. */
import { monotonicMs } from "../base/clock.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import {
  type Costs,
  type PredicateCost,
  type RuleCost,
  totalEvaluations,
} from "../engine/rule-costs.ts";
import { printNode } from "../ir/print.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { BudgetVerdict } from "./budget.ts";

/** The dearest first. Counts are the same in every replay of the same input; shares of time are not. */
export interface CostReport {
  readonly events: number;
  /** Rows looked at by all predicates together, each predicate counted once however many rules use it. */
  readonly evaluations: number;
  readonly sampled_batches: number;
  readonly rules: readonly ReportedRule[];
  readonly predicates: readonly ReportedPredicate[];
  readonly fields: readonly ReportedField[];
  /** What became of `--budget`; absent without it. */
  readonly budget?: BudgetVerdict;
}

export interface ReportedRule {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly kind: "event" | "sequence" | "sample";
  readonly evaluations: number;
  readonly evaluations_per_1000_events: number;
  readonly hits: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** Of the time that was sampled, 0 to 1; null where none was. */
  readonly time_share: number | null;
  /** Null for event rules. */
  readonly partials: ReportedPartials | null;
}

/** Partial matches of a rule, at the end and at most; bytes are those that the limit counts. */
export interface ReportedPartials {
  readonly live: number;
  readonly live_peak: number;
  readonly bytes: number;
  readonly bytes_peak: number;
  readonly evicted: number;
}

export interface ReportedPredicate {
  readonly predicate: string;
  /** Ids of the rules that use it. */
  readonly rules: readonly string[];
  readonly evaluations: number;
  readonly evaluations_per_1000_events: number;
  readonly hits: number;
  readonly time_share: number | null;
}

export interface ReportedField {
  readonly field: string;
  readonly values: number;
  readonly scans: number;
  /** UTF-16 units scanned. */
  readonly chars: number;
}

/** Rows of each list unless something else is asked for. */
export const defaultTop = 10;

/** Times one batch in sixteen. */
export const profiler: Profiler = { nowMs: monotonicMs, everyBatches: 16 };

/** The `top` dearest rules and predicates by evaluations, and fields by the text scanned. */
export function reportCosts(costs: Costs, rules: RuleSet, top: number): CostReport {
  const scale: Scale = {
    events: costs.events,
    sampledMs: costs.rules.reduce((sum, { ms }) => sum + ms, 0),
  };
  return {
    events: costs.events,
    evaluations: totalEvaluations(costs),
    sampled_batches: costs.sampledBatches,
    rules: dearest(costs.rules, top, ({ evaluations }) => evaluations).map(([cost, index]) =>
      reportRule(cost, rules.rules[index]!, scale),
    ),
    predicates: dearest(costs.predicates, top, ({ evaluations }) => evaluations).map(([cost]) =>
      reportPredicate(cost, rules, scale),
    ),
    fields: dearest(costs.fields, top, ({ chars }) => chars).map(
      ([{ field, values, scans, chars }]) => ({
        field: rules.schema.field(field).path,
        values,
        scans,
        chars,
      }),
    ),
  };
}

interface Scale {
  readonly events: number;
  readonly sampledMs: number;
}

/** The `top` items that cost most, each with its index; equal ones in their order. */
function dearest<Item>(
  items: readonly Item[],
  top: number,
  costOf: (item: Item) => number,
): (readonly [item: Item, index: number])[] {
  return items
    .map((item, index) => [item, index] as const)
    .sort((a, b) => costOf(b[0]) - costOf(a[0]) || a[1] - b[1])
    .slice(0, top);
}

function reportRule(
  cost: RuleCost,
  { rule, plan }: RuleSet["rules"][number],
  scale: Scale,
): ReportedRule {
  const { evaluations, hits, alerts, suppressed, partials } = cost;
  return {
    id: rule.id,
    name: rule.name,
    path: rule.path,
    kind: plan.kind,
    evaluations,
    evaluations_per_1000_events: perThousand(evaluations, scale),
    hits,
    alerts,
    suppressed,
    time_share: shareOf(cost.ms, scale),
    partials:
      partials === null
        ? null
        : {
            live: partials.live,
            live_peak: partials.livePeak,
            bytes: partials.bytes,
            bytes_peak: partials.bytesPeak,
            evicted: partials.evicted,
          },
  };
}

function reportPredicate(cost: PredicateCost, rules: RuleSet, scale: Scale): ReportedPredicate {
  const { node, evaluations, hits } = cost;
  return {
    predicate: printNode(rules.program, rules.schema, node),
    rules: cost.rules.map((rule) => rules.rules[rule]!.rule.id),
    evaluations,
    evaluations_per_1000_events: perThousand(evaluations, scale),
    hits,
    time_share: shareOf(cost.ms, scale),
  };
}

/** To one decimal. */
function perThousand(evaluations: number, { events }: Scale): number {
  return events === 0 ? 0 : Math.round((evaluations / events) * 10_000) / 10;
}

/** To a hundredth of a per cent. */
function shareOf(ms: number, { sampledMs }: Scale): number | null {
  return sampledMs === 0 ? null : Math.round((ms / sampledMs) * 10_000) / 10_000;
}
