/** Loads the rules of a job. */
import { loadRules } from "../../src/agent/load-rules.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { Prng } from "../../src/base/prng.ts";
import { compileRules } from "../../src/rule/compile.ts";
import type { Rule } from "../../src/rule/rule.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import type { RuleChoice } from "./job.ts";

/** The valid ones of the chosen rules, compiled as the program compiles them. */
export function compileChoice({ paths, share, seed }: RuleChoice): RuleSet {
  const { rules } = loadRules(share === 0 ? [] : paths);
  const chosen = share === 1 ? rules : sample(rules, share, seed);
  return compileRules(chosen, { schema: builtInSchema(), limits: defaultLimits }).set;
}

/** A part of the rules in their order. */
function sample(rules: readonly Rule[], share: number, seed: number): Rule[] {
  const random = new Prng(seed);
  const keys = rules.map((rule) => ({ rule, key: random.float() }));
  const count = Math.min(
    rules.length,
    Math.max(share > 0 ? 1 : 0, Math.round(rules.length * share)),
  );
  const chosen = new Set([...keys].sort((a, b) => a.key - b.key).slice(0, count));
  return keys.filter((entry) => chosen.has(entry)).map(({ rule }) => rule);
}
