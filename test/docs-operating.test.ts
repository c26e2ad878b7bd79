/** docs/operating.md and docs/rules.md against what the program does. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseBudget } from "../src/agent/budget.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { sha256Hex } from "../src/base/hash.ts";
import { defaultLimits } from "../src/base/limits.ts";
import { interpretBackend } from "../src/predicate/interpret/interpret.ts";
import { compileRules } from "../src/rule/compile.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import { parseSelectionFile } from "../src/rule/selection.ts";
import { builtInSchema } from "../src/schema/field-table.ts";
import { runRuleTests } from "../src/study/rule-test.ts";

const root = process.cwd();
const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const operating: string = readFileSync(join(root, "docs/operating.md"), "utf8");

/** Rows of the table whose first column is called `column`: the names in its code spans, and the rest. */
function tableOf(
  column: string,
): { readonly names: readonly string[]; readonly cells: string[] }[] {
  const table = operating.split("\n\n").find((block) => block.startsWith(`| ${column} |`));
  assert.ok(table !== undefined, `no table of ${column}`);
  return table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) => {
      const [, head = "", ...cells] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { names: [...head.matchAll(/`([^`]+)`/g)].map((match) => match[1]!), cells };
    });
}

function namesOf(column: string): string[] {
  return tableOf(column).flatMap(({ names }) => names);
}

test("the table of limits names every limit with its default", () => {
  const rows = tableOf("limit");
  const documented = rows.map(({ names, cells }) => {
    const [number = "", unit] = (cells[0] ?? "").split(" ");
    const factor = unit?.startsWith("MiB") === true ? 0x100000 : 1;
    return [names[0], Number(number.replaceAll(",", "")) * factor];
  });
  assert.deepEqual(Object.fromEntries(documented), defaultLimits);
  assert.equal(rows.length, Object.keys(defaultLimits).length);
});

/** The example's alerts and summary, from the program itself. */
function replayExample(): { alerts: Record<string, unknown>[]; summary: Record<string, unknown> } {
  const args = ["replay", "examples/attack.jsonl", "--rules", "rules", "--format", "json"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 0x4000000,
  });
  assert.equal(status, 0, stderr);
  const alerts = stdout.trimEnd().split("\n");
  return { alerts: alerts.map((line) => JSON.parse(line)), summary: JSON.parse(stderr) };
}

test("the table of the summary names every member of the summaries of replay and run", () => {
  const { summary } = replayExample();
  const slices = mkdtempSync(join(tmpdir(), "kestrel-slices-"));
  const args = [
    ...["run", "--source", "-", "--rules", "rules", "--alerts", "/dev/null"],
    ...["--flight-recorder", "64KB", "--flight-slices", slices],
  ];
  const { stdout, status, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    input: "",
    encoding: "utf8",
  });
  rmSync(slices, { recursive: true });
  assert.equal(status, 0, stderr);
  const members = new Set([...Object.keys(summary), ...Object.keys(JSON.parse(stdout))]);
  assert.deepEqual(namesOf("counter").sort(), [...members].sort());
});

/** Members that stand for all that is below them. */
const whole = /^(host|process|user|file|kestrel\.(match|ancestry))$/;

function pathsIn(value: unknown, path: string): string[] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || whole.test(path)) return [path];
  const prefix = path === "" ? "" : `${path}.`;
  return Object.entries(value).flatMap(([key, member]) => pathsIn(member, prefix + key));
}

test("the table of an alert names every member that alerts have", () => {
  const { alerts } = replayExample();
  const found = new Set(alerts.flatMap((alert) => pathsIn(alert, "")));
  assert.ok(found.size > 25);
  // No event of the example was lost, so none of its alerts gives reasons for doubt; slices are of live runs.
  const others = ["kestrel.reasons", "kestrel.slice"];
  assert.deepEqual(namesOf("member").sort(), [...found, ...others].sort());
});

test("the budget that docs/operating.md shows is understood", () => {
  const [block] = operating.matchAll(/^```yaml\n([\s\S]*?)^```$/gm);
  const ids = new Set(loadRules(["rules"]).rules.map(({ id }) => id));
  const { budget, problems } = parseBudget(block?.[1] ?? "", ids);
  assert.deepEqual(problems, []);
  assert.deepEqual([...Object.keys(budget)].sort(), ["default", "events", "rules", "total"]);
  assert.equal(budget.rules.size, 1);
});

/** The blocks of docs/rules.md in a language. */
function blocksOf(language: string): string[] {
  const text = readFileSync(join(root, "docs/rules.md"), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...blocks].map((match) => match[1]!);
}

test("the rules that docs/rules.md shows compile without a remark and pass their tests", () => {
  const schema = builtInSchema();
  for (const extension of ["eql", "yaml"]) {
    const [text] = blocksOf(extension);
    const file = parseRuleFile({ path: `shown.${extension}`, text: text! }, sha256Hex);
    const { diagnostics } = compileRules(file.rules, { schema });
    assert.deepEqual([...file.diagnostics, ...diagnostics], []);
    assert.equal(file.rules.length, 1);
    const options = { schema, backend: interpretBackend, limits: defaultLimits };
    const { results } = runRuleTests(file.rules, options);
    assert.deepEqual(
      results.filter(({ passed }) => !passed),
      [],
    );
    assert.equal(results.length, extension === "yaml" ? 1 : 0);
  }
});

test("the selection that docs/rules.md shows is understood", () => {
  const { selection, problems } = parseSelectionFile(blocksOf("yaml")[1]!);
  assert.deepEqual(problems, []);
  assert.deepEqual([selection.only.length, selection.disable.length], [2, 1]);
});
