/** Budgets: how many evaluations rules may take over a certain recording. */
import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { systemReason } from "../base/system-reason.ts";
import { positionOf } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import { type Costs, totalEvaluations } from "../engine/rule-costs.ts";
import { type Datum, kindName } from "../rule/datum.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { parseYamlText } from "../rule/text-yaml.ts";
import { CommandFailure } from "./failure.ts";

/** Limits on evaluations, each a whole number from 0 on. */
export interface Budget {
  /** Events of the inputs that it was written for. */
  readonly events?: number;
  /** For all predicates together, each counted once. */
  readonly total?: number;
  /** For each rule that `rules` does not name. */
  readonly default?: number;
  /** By rule id; rules that share an id share its limit. */
  readonly rules: ReadonlyMap<string, number>;
}

/** A budget, and a message for each thing that is wrong with its text. */
export interface ParsedBudget {
  readonly budget: Budget;
  readonly problems: readonly BudgetProblem[];
}

export interface BudgetProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** How a replay compares with its budget. */
export interface BudgetVerdict {
  readonly within: boolean;
  /** In the order of rule ids; the total last. */
  readonly exceeded: readonly Overrun[];
}

export interface Overrun {
  /** Id of the rule; null for the total. */
  readonly rule: string | null;
  readonly evaluations: number;
  readonly limit: number;
}

const numberKeys = ["events", "total", "default"] as const;
const keys: readonly string[] = [...numberKeys, "rules"];

/**
 * Reads a budget from a YAML or JSON file. Throws a CommandFailure with all that is wrong: the text,
 * or a rule that is not among `ruleIds`.
 */
export function loadBudget(path: string, ruleIds: ReadonlySet<string>): Budget {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
  const { budget, problems } = parseBudget(text, ruleIds);
  if (problems.length === 0) return budget;
  throw new CommandFailure(
    problems.map(({ line, message }) => `${path}:${line}: ${message}`).join("\n"),
  );
}

/** A map with the keys `events`, `total`, `default` and `rules`, all optional. Never throws. */
export function parseBudget(text: string, ruleIds: ReadonlySet<string>): ParsedBudget {
  const reader = new BudgetReader(text, ruleIds);
  const parsed = parseYamlText(text);
  if (parsed.kind === "failed") {
    for (const { message, span } of parsed.problems) reader.report(message, span.start);
  } else {
    const [document, extra] = parsed.documents;
    if (document?.kind === "map" && extra === undefined) reader.read(document);
    else reader.report(`a budget is one map with the keys ${keys.join(", ")}`, 0);
  }
  const { numbers, rules, problems } = reader;
  return { budget: { ...numbers, rules }, problems };
}

class BudgetReader {
  readonly problems: BudgetProblem[] = [];
  readonly numbers: { events?: number; total?: number; default?: number } = {};
  readonly rules: Map<string, number> = new Map();
  readonly #text: string;
  readonly #ruleIds: ReadonlySet<string>;

  constructor(text: string, ruleIds: ReadonlySet<string>) {
    this.#text = text;
    this.#ruleIds = ruleIds;
  }

  report(message: string, offset: number): void {
    this.problems.push({ line: positionOf(this.#text, offset).line, message });
  }

  read(document: Extract<Datum, { kind: "map" }>): void {
    for (const [key, { keySpan, value }] of document.entries) {
      const known = numberKeys.find((name) => name === key);
      if (known !== undefined) {
        const number = this.#limit(key, value);
        if (number !== undefined) this.numbers[known] = number;
      } else if (key === "rules") this.#readRules(value);
      else this.report(`unknown key \`${key}\`${hintFor(key, keys)}`, keySpan.start);
    }
  }

  #readRules(value: Datum): void {
    if (value.kind !== "map") {
      const found = kindName(value.kind);
      this.report(`\`rules\` must be a map of rule ids to limits, not ${found}`, value.span.start);
      return;
    }
    for (const [id, entry] of value.entries) {
      const limit = this.#limit(id, entry.value);
      if (!this.#ruleIds.has(id)) {
        this.report(`no rule \`${id}\`${hintFor(id, [...this.#ruleIds])}`, entry.keySpan.start);
      } else if (limit !== undefined) this.rules.set(id, limit);
    }
  }

  #limit(key: string, value: Datum): number | undefined {
    if (value.kind === "number" && Number.isSafeInteger(value.value) && value.value >= 0) {
      return value.value;
    }
    const found = value.kind === "number" ? value.written : kindName(value.kind);
    this.report(`\`${key}\` must be a whole number from 0 on, not ${found}`, value.span.start);
    return undefined;
  }
}

function hintFor(name: string, candidates: readonly string[]): string {
  const similar = suggest(name, candidates);
  return similar === undefined ? "" : `: did you mean \`${similar}\`?`;
}

/** What is over its limit. Throws a CommandFailure where the budget is for other inputs. */
export function checkBudget(budget: Budget, costs: Costs, rules: RuleSet): BudgetVerdict {
  if (budget.events !== undefined && budget.events !== costs.events) {
    throw new CommandFailure(
      `the budget is for other inputs: for ${budget.events} events, and these hold ${costs.events}`,
    );
  }
  const exceeded: Overrun[] = [];
  const compare = (rule: string | null, evaluations: number, limit: number | undefined): void => {
    if (limit !== undefined && evaluations > limit) exceeded.push({ rule, evaluations, limit });
  };
  for (const [id, evaluations] of evaluationsById(costs, rules)) {
    compare(id, evaluations, budget.rules.get(id) ?? budget.default);
  }
  compare(null, totalEvaluations(costs), budget.total);
  return { within: exceeded.length === 0, exceeded };
}

/**
 * Writes what a replay cost as a budget, JSON where the path ends in `.json`, else YAML. Throws a
 * CommandFailure.
 */
export function writeBudget(path: string, costs: Costs, rules: RuleSet): void {
  const budget = {
    events: costs.events,
    total: totalEvaluations(costs),
    rules: Object.fromEntries(evaluationsById(costs, rules)),
  };
  const text = path.endsWith(".json")
    ? `${JSON.stringify(budget, null, 2)}\n`
    : stringify(budget, { lineWidth: 0 });
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
  }
}

/** By rule id, in the order of the rule set; those of rules that share an id add up. */
function evaluationsById(costs: Costs, rules: RuleSet): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [index, { evaluations }] of costs.rules.entries()) {
    const { id } = rules.rules[index]!.rule;
    sums.set(id, (sums.get(id) ?? 0) + evaluations);
  }
  return sums;
}
