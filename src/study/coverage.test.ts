import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex } from "../base/hash.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { CoverageStudy, type RuleCoverage } from "./coverage.ts";
import { recordedKinds } from "./recorded-kinds.ts";

const kinds = recordedKinds([
  {
    event: { category: ["process"], type: ["start"], action: "exec" },
    process: { name: "sh", args: [], entity_id: "a" },
  },
  { event: { category: ["file"], type: ["creation"], action: "creation" }, file: { path: "/a" } },
]);

function coverage(query: string): RuleCoverage {
  const { rules } = parseRuleFile({ path: "rule.eql", text: query }, sha256Hex);
  const { set } = compileRules(rules, { schema: builtInSchema() });
  return new CoverageStudy(set, "linux", kinds).coverageOf(set.rules[0]!);
}

test("a rule is covered where one kind of event has all that it asks for", () => {
  const full = { level: "full", missing: [] };
  assert.deepEqual(coverage('process where event.action == "exec" and process.name == "sh"'), full);
  assert.deepEqual(coverage('any where process.name == "sh" or user.id == "0"'), full);
  assert.deepEqual(coverage('process where not file.path == "/a"'), full);
});

test("what no event supplies is named", () => {
  const args = coverage('process where event.action == "exec" and process.args == "x"');
  assert.deepEqual(args, { level: "none", missing: ["process.args"] });
  const action = coverage('driver where event.action == "load_module"');
  assert.deepEqual(action, { level: "none", missing: ["event.action: load_module"] });
  const excluded = coverage('process where process.name == "sh" and not user.id == "0"');
  assert.deepEqual(excluded, { level: "partial", missing: ["user.id"] });
});

test("every step, with its keys, has to be covered", () => {
  const query = (key: string): string =>
    `sequence by ${key} [process where process.name == "sh"] [process where event.action == "exec"]`;
  assert.equal(coverage(query("process.entity_id")).level, "full");
  assert.deepEqual(coverage(query("host.id")), { level: "none", missing: ["host.id"] });
});
