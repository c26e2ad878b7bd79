/** Replays a slice through the rule that raised its alert, and says whether the same alert comes of it. */
import type { Alert } from "../../alert/alert.ts";
import { digestLine } from "../../alert/digest.ts";
import type { Limits } from "../../base/limits.ts";
import type { TimeUnit } from "../../base/time.ts";
import type { EngineObserver, ObservedEngine } from "../../engine/observer.ts";
import type { RowEvent } from "../../engine/row-event.ts";
import { engineVersion } from "../../engine/version.ts";
import type { DecodedRecord } from "../../event/decode.ts";
import type { Plan } from "../../ir/plan.ts";
import type { NodeId } from "../../ir/predicate.ts";
import { plainBackend } from "../../predicate/interpret/interpret.ts";
import { compileRules } from "../../rule/compile.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import { RowVerdicts } from "../../study/row-verdicts.ts";
import { Pipeline } from "../pipeline.ts";

/**
 * `same`: rule, events, time, keys and confidence are those of the alert. `differs`: an alert of that rule and these
 * events came, with another time, keys or confidence. `none`: no such alert came.
 */
export type SliceVerdict = "same" | "differs" | "none";

export interface SliceCheck {
  readonly verdict: SliceVerdict;
  /** Places in the list of records of events for which a step of the rule holds, or its `until`. */
  readonly hits: ReadonlySet<number>;
}

export interface TimedRecord {
  readonly record: DecodedRecord;
  readonly timeNs: bigint;
}

export interface CheckOptions {
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** Whether the values of keys count: not where something was taken out of the events. */
  readonly comparesKeys: boolean;
}

export class SliceChecker {
  readonly #options: CheckOptions;
  /** Rules by themselves, of sets that are in use. */
  readonly #alone: WeakMap<RuleSet, Map<string, RuleSet>> = new WeakMap();

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /** `rules` is the set that raised the alert, `records` are in order. */
  check(alert: Alert, rules: RuleSet, records: readonly TimedRecord[]): SliceCheck {
    const rule = this.#ruleAlone(alert, rules);
    const watcher = new StepWatcher(rule);
    const found: Alert[] = [];
    const { limits } = this.#options;
    const pipeline = new Pipeline({
      ...this.#options,
      rules: rule,
      // It needs no preparation, which would take longer than so few events.
      backend: plainBackend,
      engineVersion,
      nextBatchSize: () => limits.batchEvents,
      createObserver: () => watcher,
      onAlert: (raised) => found.push(raised),
    });
    for (const { record, timeNs } of records) pipeline.push(record, timeNs);
    pipeline.finish();
    return { verdict: this.#verdict(alert, found), hits: watcher.hits };
  }

  /** How long before its first event the rule that raised the alert looks back, ns. */
  lookBackNs(alert: Alert, rules: RuleSet): bigint {
    const plan = this.#ruleAlone(alert, rules).rules[0]?.plan;
    if (plan?.kind !== "sequence" || plan.steps[0]?.missing !== true) return 0n;
    return plan.maxspanNs ?? 0n;
  }

  #verdict(alert: Alert, found: readonly Alert[]): SliceVerdict {
    const same = found.filter(({ id }) => id === alert.id);
    if (same.length === 0) return "none";
    const { comparesKeys } = this.#options;
    const lineOf = (other: Alert): string =>
      digestLine(comparesKeys ? other : { ...other, keys: [] });
    return same.some((other) => lineOf(other) === lineOf(alert)) ? "same" : "differs";
  }

  #ruleAlone({ rule: { id, path } }: Alert, rules: RuleSet): RuleSet {
    const known = this.#alone.get(rules) ?? new Map<string, RuleSet>();
    this.#alone.set(rules, known);
    const key = `${id}\n${path}`;
    let set = known.get(key);
    if (set === undefined) {
      const one = rules.rules.filter(({ rule }) => rule.id === id && rule.path === path);
      // Fields that the rules registered are in the schema already.
      set = compileRules(
        one.map(({ rule }) => rule),
        { schema: rules.schema, mode: "open", limits: this.#options.limits },
      ).set;
      known.set(key, set);
    }
    return set;
  }
}

/** Notes the events for which some step holds. */
class StepWatcher implements EngineObserver {
  readonly hits: Set<number> = new Set();
  readonly #predicates: readonly NodeId[];
  readonly #rules: RuleSet;
  #verdicts: RowVerdicts | null = null;

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#predicates = rules.rules.flatMap(({ plan }) => predicatesOf(plan));
  }

  begin(engine: ObservedEngine): void {
    this.#verdicts = new RowVerdicts(engine.evaluator, this.#rules.schema);
  }

  evaluated(): void {
    this.#verdicts?.restart();
  }

  event(event: RowEvent): void {
    const holds = (node: NodeId): boolean => this.#verdicts?.holds(node, event.row) === true;
    if (this.#predicates.some(holds)) this.hits.add(event.order);
  }

  reaches(): void {}
  gap(): void {}
  decided(): void {}
  raised(): void {}
  finished(): void {}
  extended(): void {}
  refused(): void {}
  ended(): void {}
  completed(): void {}
  sampled(): void {}
}

function predicatesOf(plan: Plan): readonly NodeId[] {
  switch (plan.kind) {
    case "event":
      return [plan.predicate];
    case "sample":
      return plan.filters.map(({ predicate }) => predicate);
    case "sequence":
      return [...plan.steps, ...(plan.until === null ? [] : [plan.until])].map(
        ({ predicate }) => predicate,
      );
  }
}
