/** What an engine with other rules can go on with: which rules are the same for their partial matches. */
import type { KeyPlan, Plan } from "../ir/plan.ts";
import { interestFields } from "../process/process-fields.ts";
import type { CompiledRule, RuleSet } from "../rule/rule-set.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";

/**
 * The index in `before` of the rule that is `after.rules[rule]`, if partial matches of the one are partial matches of
 * the other: same id, path and content, same steps, and the fields that partial matches remember have the same ids. Else
 * -1. Ascending for ascending rules, since sets are sorted by id and path.
 */
export function unchangedRule(before: RuleSet, after: RuleSet, rule: number): number {
  const now = after.rules[rule]!;
  const found = before.rules.findIndex(({ rule: old }) => isSameRule(old, now.rule));
  if (found === -1) return -1;
  const old = before.rules[found]!;
  return shapeOf(old, before.schema) === shapeOf(now, after.schema) ? found : -1;
}

/** Whether the fields that the process table reads have the same ids in both schemas. */
export function hasSameFields(before: Schema, after: Schema): boolean {
  const old = interestFields(before);
  const now = interestFields(after);
  return old.length === now.length && old.every((id, index) => id === now[index]);
}

function isSameRule(a: CompiledRule["rule"], b: CompiledRule["rule"]): boolean {
  return a.id === b.id && a.path === b.path && a.contentHash === b.contentHash;
}

/** All of a plan that partial matches depend on, as a text. */
function shapeOf({ plan }: CompiledRule, schema: Schema): string {
  const named = (id: FieldId): readonly unknown[] => [id, schema.field(id).path];
  const keysOf = (keys: readonly KeyPlan[]): unknown =>
    keys.map(({ field, optional, alwaysNull }) => [named(field), optional, alwaysNull]);
  return JSON.stringify(describe(plan, named, keysOf));
}

function describe(
  plan: Plan,
  named: (id: FieldId) => unknown,
  keysOf: (keys: readonly KeyPlan[]) => unknown,
): unknown {
  switch (plan.kind) {
    case "event":
      return ["event"];
    case "sample":
      return ["sample", String(plan.windowNs), plan.filters.map(({ keys }) => keysOf(keys))];
    case "sequence":
      return [
        "sequence",
        String(plan.maxspanNs),
        plan.until && keysOf(plan.until.keys),
        plan.steps.map(({ residual, missing, runs, keys, captures }) => [
          residual !== null,
          missing,
          runs,
          keysOf(keys),
          captures.map(named),
        ]),
      ];
  }
}
