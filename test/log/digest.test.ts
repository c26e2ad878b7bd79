/** JSON lines and the log made of them give the same alerts, whatever evaluates them and in which batches. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { backendNames, backends } from "../../src/agent/backends.ts";
import { convert } from "../../src/agent/convert.ts";
import { loadRules } from "../../src/agent/load-rules.ts";
import { replay } from "../../src/agent/replay.ts";
import type { RunSummary } from "../../src/agent/summary.ts";
import { defaultLimits, type Limits } from "../../src/base/limits.ts";
import { engineVersion } from "../../src/engine/version.ts";
import type { BackendName } from "../../src/predicate/contract.ts";
import { compileRules } from "../../src/rule/compile.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-log-digest-"));
after(() => rmSync(folder, { recursive: true }));

const corpus = join(process.cwd(), "..", "shared", "corpus");
const reason = existsSync(corpus) ? false : "the corpus is not beside the repository";

function compile(path: string): RuleSet {
  return compileRules(loadRules([path]).rules, { schema: builtInSchema() }).set;
}

interface Run {
  readonly rules: RuleSet;
  readonly backend: BackendName;
  readonly batchSize: number;
  readonly limits?: Limits;
}

async function alertsOf(input: string, run: Run): Promise<string> {
  const summary: RunSummary = await replay({
    inputs: [input],
    limits: defaultLimits,
    ...run,
    backend: backends[run.backend],
    engineVersion,
    sinks: [],
    onProblem: (message) => assert.fail(message),
  });
  return `${summary.events} events, ${summary.alerts} alerts, ${summary.digest}`;
}

async function logOf(input: string, name: string, limits: Limits = defaultLimits): Promise<string> {
  const output = join(folder, `${name}.klog`);
  const { damaged } = await convert({
    inputs: [input],
    output,
    keeping: { sync: "never" },
    schema: builtInSchema(),
    limits,
    engineVersion,
    onProblem: (message) => assert.fail(message),
    onDamage: ({ why }) => assert.fail(why),
  });
  assert.equal(damaged.length, 0);
  return output;
}

test("the example, with the shipped rules", async () => {
  const rules = compile("rules");
  const example = "examples/attack.jsonl";
  const logs = [
    await logOf(example, "whole"),
    await logOf(example, "small", { ...defaultLimits, logBlockRows: 5 }),
    await logOf(example, "narrow", { ...defaultLimits, logColumns: 20 }),
  ];
  for (const backend of backendNames) {
    const expected = await alertsOf(example, { rules, backend, batchSize: 1024 });
    assert.match(expected, /^104 events, 17 alerts/);
    for (const input of logs) {
      for (const batchSize of [1, 7, 1024]) {
        const found = await alertsOf(input, { rules, backend, batchSize });
        assert.equal(found, expected, `${input}, ${backend}, batches of ${batchSize}`);
      }
    }
  }
});

test("a string table that is emptied all the time changes no alert", async () => {
  const rules = compile("rules");
  const limits = { ...defaultLimits, stringTableBytes: 2000 };
  const run = { rules, backend: "wasm", batchSize: 7, limits } as const;
  const log = await logOf("examples/attack.jsonl", "trimmed");
  assert.equal(await alertsOf(log, run), await alertsOf("examples/attack.jsonl", run));
});

test("recordings of the corpus, with all its rules", { skip: reason }, async () => {
  const rules = compile(join(corpus, "rules"));
  const events = join(corpus, "events");
  const chosen = readdirSync(events).filter((name) =>
    /^(linux_log4shell|macos_|win_evtx|win_otrf__cmd_mshta).*\.gz$/.test(name),
  );
  assert.equal(chosen.length, 4);
  for (const name of chosen) {
    const path = join(folder, `${name}.jsonl`);
    const lines = gunzipSync(readFileSync(join(events, name)))
      .toString()
      .split("\n")
      .slice(0, 500);
    writeFileSync(path, lines.join("\n"));
    const log = await logOf(path, name);
    for (const [backend, batchSize] of [
      ["wasm", 1024],
      ["wasm", 7],
      ["interpret", 1024],
      ["wasm", 1],
    ] as const) {
      const run = { rules, backend, batchSize };
      assert.equal(await alertsOf(log, run), await alertsOf(path, run), `${name}, ${backend}`);
    }
  }
});
