/** Adds to rules what a configuration says of them: exceptions and suppression. */
import { sha256Hex } from "../base/hash.ts";
import type { Rule } from "../rule/rule.ts";
import type { AgentConfig } from "./config.ts";

/**
 * The rules with what the configuration adds. A rule that is changed has another content hash, so that the pack's
 * hash in alerts tells it.
 */
export function addToRules(rules: readonly Rule[], config: AgentConfig): readonly Rule[] {
  return rules.map((rule) => {
    const exceptions = config.exceptions.filter((entry) => entry.rule === rule.id);
    const suppression = config.suppression.findLast((entry) => entry.rule === rule.id);
    if (exceptions.length === 0 && suppression === undefined) return rule;
    const added = exceptions.map((entry) => entry.added);
    const conditions = added.map(({ step, condition, expires }) => [step, condition, expires]);
    const suppressed = suppression?.added ?? rule.suppression;
    return {
      ...rule,
      exceptions: [...rule.exceptions, ...added],
      suppression: suppressed,
      contentHash: sha256Hex(JSON.stringify([rule.contentHash, conditions, suppressed])),
    };
  });
}

/** Ids that the configuration adds to and that no rule has. */
export function unknownRules(rules: readonly Rule[], config: AgentConfig): string[] {
  const known = new Set(rules.map(({ id }) => id));
  const named = [...config.exceptions, ...config.suppression].map(({ rule }) => rule);
  return [...new Set(named)].filter((id) => !known.has(id));
}
