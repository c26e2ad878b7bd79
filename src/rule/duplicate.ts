/** Finds rules that share an id. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { duplicateId } from "./errors.ts";
import type { Rule } from "./rule.ts";

/** A warning for every rule but the first of each id, in the order given. */
export function duplicateIdWarnings(rules: readonly Rule[]): Diagnostic[] {
  const first = new Map<string, Rule>();
  const warnings: Diagnostic[] = [];
  for (const rule of rules) {
    const other = first.get(rule.id);
    if (other === undefined) {
      first.set(rule.id, rule);
    } else {
      const at = rule.source.text.indexOf(rule.id);
      const span = at === -1 ? { start: 0, end: 0 } : { start: at, end: at + rule.id.length };
      warnings.push(duplicateId(rule.source, span, rule.id, other.path));
    }
  }
  return warnings;
}
