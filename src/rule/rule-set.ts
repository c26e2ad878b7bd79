/** Rules compiled together: one schema, one predicate program, one plan a rule. Immutable. */
import type { Plan } from "../ir/plan.ts";
import type { Program } from "../ir/predicate.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";
import type { Rule } from "./rule.ts";

export interface CompiledRule {
  readonly rule: Rule;
  readonly plan: Plan;
  /** Static cost of its predicates for one event, in units of one comparison. */
  readonly cost: number;
}

export interface RuleSet {
  /** Sorted by (id, path), by code point: the order of alerts that are decided at the same moment. */
  readonly rules: readonly CompiledRule[];
  /** The schema that the rules were checked against, with what they registered. */
  readonly schema: Schema;
  readonly program: Program;
  /** Fields that predicates, keys, captures and suppression read. */
  readonly interest: readonly FieldId[];
  /** SHA-256 over the rules' ids, paths and content hashes. */
  readonly packHash: string;
}
