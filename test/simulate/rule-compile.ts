/** Rule models to compiled rule sets, by the way that rule files go. */
import assert from "node:assert/strict";
import { sha256Hex } from "../../src/base/hash.ts";
import { compileRules } from "../../src/rule/compile.ts";
import { parseRuleFile } from "../../src/rule/parse.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import type { Schema } from "../../src/schema/schema.ts";
import type { RuleModel } from "./rule-model.ts";

/** Throws where a rule is refused: all that are drawn are valid. */
export function compileModels(models: readonly RuleModel[], schema: Schema): RuleSet {
  const rules = models.flatMap(({ path, text }) => {
    const parsed = parseRuleFile({ path, text }, sha256Hex);
    const errors = parsed.diagnostics.filter(({ severity }) => severity === "error");
    assert.deepEqual(
      errors.map(({ message }) => message),
      [],
      text,
    );
    return parsed.rules;
  });
  const { set, diagnostics, invalid } = compileRules(rules, { schema });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const said = errors.map(({ message }) => message).join("\n");
  assert.deepEqual(
    invalid.map(({ path }) => path),
    [],
    said,
  );
  return set;
}
