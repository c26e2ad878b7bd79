/** Exceptions and suppression of rules, from the rule file to the alerts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex } from "../src/base/hash.ts";
import { parseIso } from "../src/base/time.ts";
import { Detector } from "../src/engine/detector.ts";
import { type Compiled, compileRules } from "../src/rule/compile.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

function compile(rule: object, now?: string): Compiled {
  const file = { path: "rule.json", text: JSON.stringify({ id: "r", name: "r", ...rule }) };
  const { rules, diagnostics } = parseRuleFile(file, sha256Hex);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    [],
  );
  const nowNs = now === undefined ? null : parseIso(now);
  return compileRules(rules, { schema: builtInSchema(), nowNs });
}

/** Ids of the last event of each alert. */
function run(rule: object, events: readonly object[]): { ids: unknown[]; suppressed: number } {
  const ids: unknown[] = [];
  const detector = new Detector({
    rules: compile(rule).set,
    onAlert: ({ match }) => {
      const last = JSON.parse(match.at(-1)?.event ?? "{}") as { event: { id: string } };
      ids.push(last.event.id);
    },
  });
  for (const event of events) detector.push(event);
  detector.close();
  return { ids, suppressed: detector.counters.suppressed };
}

function event(id: string, second: number, name: string, user = "0"): object {
  return {
    "@timestamp": `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
    event: { id, category: ["process"] },
    process: { name },
    user: { id: user },
  };
}

const query = 'process where process.name == "nc"';
const reasoned = { reason: "the backup uses it", owner: "operations" };

test("an exception keeps the rule silent where its condition holds, until it expires", () => {
  const exceptions = [
    { condition: 'user.id == "7"', expires: "2026-01-01T00:00:10Z", ...reasoned },
  ];
  const events = [event("1", 1, "nc"), event("2", 2, "nc", "7"), event("3", 10, "nc", "7")];
  assert.deepEqual(run({ query, exceptions }, events).ids, ["1", "3"]);
});

test("an exception is scoped to its step", () => {
  const sequence =
    'sequence [process where process.name == "a"] [process where process.name == "b"]';
  const exceptions = [{ step: 1, condition: 'user.id == "7"', ...reasoned }];
  const events = [event("1", 1, "a", "7"), event("2", 2, "b", "7"), event("3", 3, "b")];
  assert.deepEqual(run({ query: sequence, exceptions }, events).ids, ["3"]);
});

test("an exception that swallows a step, has expired or names no step is reported", () => {
  const codes = (exception: object, now?: string): string[] =>
    compile({ query, exceptions: [{ ...reasoned, ...exception }] }, now).diagnostics.map(
      ({ code }) => code,
    );
  // The rule itself can then never match, which is said too.
  assert.deepEqual(codes({ condition: "true" }).sort(), [
    "exception-swallows-step",
    "never-matches",
  ]);
  assert.deepEqual(codes({ condition: 'user.id == "7"', step: 3 }), ["bad-value"]);
  const expires = "2026-01-01T00:00:00Z";
  const expired = { condition: 'user.id == "7"', expires };
  assert.deepEqual(codes(expired, "2026-02-01T00:00:00Z"), ["exception-expired"]);
  assert.deepEqual(codes(expired, "2025-12-01T00:00:00Z"), []);
});

test("suppression lets one alert through per key and window, and counts the others", () => {
  const suppression = { by: ["user.id"], window: "5s" };
  const events = [
    event("1", 1, "nc"),
    event("2", 3, "nc"),
    event("3", 4, "nc", "7"),
    event("4", 6, "nc"),
    event("5", 7, "nc"),
  ];
  assert.deepEqual(run({ query, suppression }, events), { ids: ["1", "3", "5"], suppressed: 2 });
  assert.equal(run({ query }, events).ids.length, 5);
});
