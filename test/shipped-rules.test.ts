import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sha256Hex } from "../src/base/hash.ts";
import { parseQuery } from "../src/eql/parser.ts";
import { duplicateIdWarnings } from "../src/rule/duplicate.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import { mapQueryOffset } from "../src/rule/query-place.ts";
import type { Rule } from "../src/rule/rule.ts";

const tactics: ReadonlyMap<string, string> = new Map([
  ["execution", "TA0002"],
  ["persistence", "TA0003"],
  ["privilege_escalation", "TA0004"],
  ["defense_evasion", "TA0005"],
  ["credential_access", "TA0006"],
  ["discovery", "TA0007"],
  ["lateral_movement", "TA0008"],
  ["exfiltration", "TA0010"],
  ["command_and_control", "TA0011"],
  ["impact", "TA0040"],
]);

/** All shipped rules; tests run in the project's folder. */
function shippedRules(): Rule[] {
  const paths = readdirSync("rules", { recursive: true, encoding: "utf8" }).sort();
  return paths
    .filter((path) => path.endsWith(".yaml"))
    .flatMap((path) => {
      const text = readFileSync(join("rules", path), "utf8");
      const { rules, diagnostics } = parseRuleFile({ path, text }, sha256Hex);
      assert.deepEqual(
        diagnostics.map(({ code, message }) => `${path}: ${code}: ${message}`),
        [],
      );
      return rules;
    });
}

test("the shipped rules cover every tactic folder, each rule mapped to its folder's tactic", () => {
  const rules = shippedRules();
  assert.ok(rules.length >= 20);
  const folders = new Set<string>();
  for (const rule of rules) {
    const folder = rule.path.split("/")[0] ?? "";
    folders.add(folder);
    assert.equal(rule.threat[0]?.tactic?.id, tactics.get(folder), rule.path);
    assert.ok(
      rule.threat.every(({ techniques }) =>
        techniques.every(({ id, subtechniques }) =>
          subtechniques.every((subtechnique) => subtechnique.id.startsWith(`${id}.`)),
        ),
      ),
      rule.path,
    );
  }
  assert.deepEqual([...folders].sort(), [...tactics.keys()].sort());
});

test("every shipped rule is complete", () => {
  const rules = shippedRules();
  assert.deepEqual(duplicateIdWarnings(rules), []);
  for (const rule of rules) {
    assert.match(rule.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(rule.description, /Known\s+false\s+positives:\s/, rule.path);
    assert.notEqual(rule.riskScore, null, rule.path);
    const counts = rule.tests.map(({ expect }) =>
      typeof expect === "number" ? expect : expect.length,
    );
    assert.ok(
      counts.some((count) => count > 0),
      `${rule.path} has no test that fires`,
    );
    assert.ok(counts.includes(0), `${rule.path} has no test that stays silent`);
  }
});

test("every shipped query parses, and the forms that sequences have are all in use", () => {
  const rules = shippedRules();
  const queries = rules.map((rule) => {
    const mapOffset = (offset: number) => mapQueryOffset(rule, offset);
    const { query, diagnostics } = parseQuery(rule.source, rule.query, mapOffset);
    assert.deepEqual(diagnostics, [], rule.path);
    return query?.base;
  });
  const sequences = queries.flatMap((base) => (base?.kind === "sequence" ? [base] : []));
  assert.ok(sequences.length >= 8);
  const steps = sequences.flatMap((sequence) => sequence.steps);
  assert.ok(sequences.some(({ until }) => until !== null));
  assert.ok(steps.some(({ missing }) => missing));
  assert.ok(steps.some(({ runs }) => runs !== null));
  assert.ok(steps.some(({ alias }) => alias !== null));
  assert.ok(rules.some(({ query }) => query.includes("descendant of")));
});

test("the example recording is what its script writes, byte for byte", () => {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-example-"));
  try {
    const path = join(folder, "attack.jsonl");
    execFileSync(process.execPath, ["scripts/make-example.mjs", path]);
    assert.ok(readFileSync(path).equals(readFileSync("examples/attack.jsonl")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
