/** Makes alerts out of matches. */
import type { Alert, AlertProcess, AlertRule, MatchStep } from "../alert/alert.ts";
import { alertId } from "../alert/id.ts";
import { valuesAt } from "../event/json-path.ts";
import type { ProcessTable } from "../process/process-table.ts";
import type { Rule } from "../rule/rule.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { SequenceMatch } from "../sequence/contract.ts";
import type { RowEvent } from "./row-event.ts";

/** Ancestors that an alert shows at most. */
const ancestors = 16;

/** An alert without its id, which is only made for those that go out. */
export interface DecidedAlert extends Omit<Alert, "id"> {
  /** Empty until the alert is named. */
  id: string;
}

export class AlertBuilder {
  readonly #rules: RuleSet;
  /** By rule: what its alerts say of it, once it has one. */
  readonly #described: (AlertRule | undefined)[] = [];
  readonly #processes: ProcessTable;

  constructor(rules: RuleSet, processes: ProcessTable) {
    this.#rules = rules;
    this.#processes = processes;
  }

  /** The alert of an event rule on the event at hand. */
  fromEvent(rule: number, event: RowEvent): DecidedAlert {
    const match = [{ step: 0, event: event.evidence(), timeNs: event.timeNs }];
    return this.#alert(rule, match, {
      timeNs: event.timeNs,
      keys: [],
      reasons: [],
      ancestry: this.#ancestry(event),
    });
  }

  /** The alert of a completed sequence or sample; `event` is the one at hand. */
  fromSequence(
    rule: number,
    match: SequenceMatch,
    reasons: readonly string[],
    event: RowEvent,
  ): DecidedAlert {
    const steps = match.steps.map(
      ({ step, event: source }): MatchStep =>
        source === null
          ? { step, event: null }
          : { step, event: source.json, timeNs: source.timeNs },
    );
    const isAtHand = match.lastOrder === event.order;
    return this.#alert(rule, steps, {
      timeNs: match.decidedNs,
      keys: match.keys,
      reasons,
      ancestry: isAtHand ? this.#ancestry(event) : this.#earlierAncestry(steps, event),
    });
  }

  /** Gives an alert its id. */
  name(alert: DecidedAlert): Alert {
    const { rule, match } = alert;
    alert.id = alertId(rule.id, rule.path, rule.version, match);
    return alert;
  }

  /** The ancestry of a match that a deadline decided, when its last event had long passed. */
  #earlierAncestry(steps: readonly MatchStep[], event: RowEvent): AlertProcess[] {
    const last = steps.findLast((step) => step.event !== null)?.event ?? "{}";
    const members: unknown = JSON.parse(last);
    const entityId = valuesAt(members, "process.entity_id")[0];
    if (entityId === undefined) return [];
    const hostId = valuesAt(members, "host.id")[0];
    return this.#processes.ancestryOfEntity(
      hostId === undefined ? null : String(hostId),
      String(entityId),
      event.row,
      ancestors,
    );
  }

  #ancestry(event: RowEvent): AlertProcess[] {
    return this.#processes.ancestryOf(event.row, ancestors);
  }

  #alert(
    rule: number,
    match: readonly MatchStep[],
    rest: Pick<Alert, "timeNs" | "keys" | "reasons" | "ancestry">,
  ): DecidedAlert {
    const { rule: described, plan } = this.#rules.rules[rule]!;
    this.#described[rule] ??= describe(described);
    return {
      id: "",
      rule: this.#described[rule],
      kind: plan.kind,
      match,
      confidence: rest.reasons.length === 0 ? "certain" : "degraded",
      ...rest,
    };
  }
}

function describe(rule: Rule): AlertRule {
  return {
    id: rule.id,
    path: rule.path,
    name: rule.name,
    version: rule.version,
    description: rule.description,
    severity: rule.severity,
    riskScore: rule.riskScore,
    author: rule.author,
    tags: rule.tags,
    references: rule.references,
    threat: rule.threat.map(({ framework, tactic, techniques }) => ({
      framework,
      tactic: tactic === null ? null : { id: tactic.id, name: tactic.name },
      techniques: techniques.flatMap((technique) =>
        [technique, ...technique.subtechniques].map(({ id, name }) => ({ id, name })),
      ),
    })),
    actions: rule.actions.map(({ action, field, state }) => ({ action, field, state })),
  };
}
