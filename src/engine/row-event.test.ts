import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex } from "../base/hash.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { Detector } from "./detector.ts";

/** The keys under which two events join by the fields: one `a`, one `b`. */
function keysOf(fields: string, events: readonly Readonly<Record<string, unknown>>[]): string[] {
  const file = parseRuleFile(
    {
      path: "join.eql",
      text: `sample by ${fields} [process where process.name == "a"] [process where process.name == "b"]`,
    },
    sha256Hex,
  );
  const { set, diagnostics } = compileRules(file.rules, { schema: builtInSchema() });
  assert.deepEqual([...file.diagnostics, ...diagnostics], []);
  const keys: string[] = [];
  const detector = new Detector({
    rules: set,
    onAlert: (alert) => keys.push(alert.keys.join("+")),
  });
  for (const [second, event] of events.entries()) {
    const time = `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
    detector.push({ "@timestamp": time, event: { category: "process" }, ...event });
  }
  detector.close();
  return keys;
}

function starts(
  name: string,
  pids: readonly (number | null)[],
): Readonly<Record<string, unknown>>[] {
  return pids.map((pid) => ({
    host: { id: "h" },
    process: pid === null ? { name } : { name, pid },
  }));
}

test("numbers join with equal numbers only, small or large, and not where there is none", () => {
  const pids = [0, 1, -1, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x100000000, 0x100000001, 67_108_863];
  const others = [2, -2, 0x100000002, 0x7ffffffd, 67_108_864];
  const expected = pids.map(String).sort();
  const events = [...starts("a", [...pids, null]), ...starts("b", [...others, null, ...pids])];
  assert.deepEqual(keysOf("process.pid", events).sort(), expected);
  assert.deepEqual(
    keysOf("host.id, process.pid", events).sort(),
    expected.map((pid) => `h+${pid}`).sort(),
  );
});
