/** `kestrel profile` and `replay --profile` as their users run them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-profile-"));
after(() => rmSync(folder, { recursive: true }));

function kestrel(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

function put(path: string, content: string | Buffer): string {
  writeFileSync(join(folder, path), content);
  return path;
}

mkdirSync(join(folder, "rules"));
put("rules/shell.eql", 'process where process.name == "sh"');
put(
  "rules/pair.json",
  JSON.stringify({
    id: "pair",
    name: "Shell then curl",
    severity: "high",
    query:
      'sequence by host.id with maxspan=1m [process where process.name == "sh"] [process where process.name == "curl"]',
  }),
);
const lines: readonly string[] = ["sh", "ls", "curl", "sh"].map((name, second) =>
  JSON.stringify({
    "@timestamp": `2024-01-01T00:00:0${second}Z`,
    event: { category: "process", type: "start" },
    host: { id: "h" },
    process: { name },
  }),
);
const recording = put("events.jsonl", `${lines.join("\n")}\n`);
const profile = ["profile", recording, "--rules", "rules"];

test("profile names the dearest rules, predicates and fields as JSON", () => {
  const { status, out, err } = kestrel(...profile, "--format", "json");
  assert.equal(status, 0, err);
  assert.equal(err, "");
  const report = JSON.parse(out);
  assert.deepEqual([report.events, report.evaluations, report.sampled_batches], [4, 3, 1]);
  const [pair, shell] = report.rules;
  assert.deepEqual(
    [pair.id, pair.kind, pair.evaluations, pair.evaluations_per_1000_events, pair.hits],
    ["pair", "sequence", 3, 750, 3],
  );
  assert.deepEqual([pair.alerts, pair.suppressed, pair.partials.live], [1, 0, 1]);
  assert.deepEqual([pair.partials.live_peak, pair.partials.evicted], [1, 0]);
  assert.ok(pair.partials.bytes_peak >= pair.partials.bytes && pair.partials.bytes > 0);
  assert.deepEqual([shell.id, shell.evaluations, shell.partials], ["shell.eql", 2, null]);
  assert.ok(Math.abs(pair.time_share + shell.time_share - 1) < 0.001);
  const [dearest] = report.predicates;
  assert.match(dearest.predicate, /process\.name equals\("sh"\)/);
  assert.deepEqual([dearest.rules, dearest.evaluations], [["pair", "shell.eql"], 2]);
  assert.deepEqual(
    report.fields.map((field: { field: string }) => field.field),
    ["process.name", "event.category"],
  );
  assert.equal(report.budget, undefined);
});

test("profile as text has the same figures, and --top cuts every table", () => {
  const { status, out } = kestrel(...profile, "--top", "1");
  assert.equal(status, 0);
  assert.match(out, /^3 evaluations for 4 events; times are from 1 batch$/m);
  assert.match(out, /^pair +3 +750\.0 +3 .* Shell then curl$/m);
  assert.match(out, /^ +2 +2 +500\.0 +2 .*process\.name equals\("sh"\)/m);
  assert.match(out, /^process\.name +4 +3 +8$/m);
  assert.doesNotMatch(out, /shell\.eql|event\.category +\d/);
  assert.equal(kestrel(...profile, "--top", "0").status, 2);
});

test("counts are the same on every back end", () => {
  const countsOn = (backend: string): unknown => {
    const report = JSON.parse(kestrel(...profile, "--backend", backend, "--format", "json").out);
    return [report.evaluations, ...report.rules.map((rule: { hits: number }) => rule.hits)];
  };
  assert.deepEqual(countsOn("wasm"), countsOn("interpret"));
});

test("a budget that was written is kept to, in YAML and in JSON", () => {
  for (const path of ["budget.yaml", "budget.json"]) {
    assert.equal(kestrel(...profile, "--write-budget", path).status, 0);
    const { status, out } = kestrel(...profile, "--budget", path);
    assert.equal(status, 0, out);
    assert.match(out, /^within the budget$/m);
  }
  assert.equal(
    readFileSync(join(folder, "budget.yaml"), "utf8"),
    "events: 4\ntotal: 3\nrules:\n  pair: 3\n  shell.eql: 2\n",
  );
});

test("a rule over its budget is named with its figure and its limit, and the exit code is 1", () => {
  put("tight.yaml", "total: 2\ndefault: 1\nrules:\n  pair: 3\n");
  const text = kestrel(...profile, "--budget", "tight.yaml", "--top", "1");
  assert.equal(text.status, 1);
  const told = text.out.split("\n").filter((line) => line.startsWith("over the budget"));
  assert.deepEqual(told, [
    "over the budget: rule shell.eql: 2 evaluations, at most 1 allowed",
    "over the budget: all predicates together: 3 evaluations, at most 2 allowed",
  ]);
  const json = kestrel(...profile, "--budget", "tight.yaml", "--format", "json");
  assert.equal(json.status, 1);
  assert.deepEqual(JSON.parse(json.out).budget, {
    within: false,
    exceeded: [
      { rule: "shell.eql", evaluations: 2, limit: 1 },
      { rule: null, evaluations: 3, limit: 2 },
    ],
  });
});

test("a budget may be checked and written anew in one go", () => {
  put("old.yaml", "rules: {pair: 0}\n");
  const { status } = kestrel(...profile, "--budget", "old.yaml", "--write-budget", "old.yaml");
  assert.equal(status, 1);
  assert.equal(kestrel(...profile, "--budget", "old.yaml").status, 0);
});

test("a wrong budget ends with 2 and the place of what is wrong, before the replay", () => {
  put("wrong.yaml", "total: -1\nrules:\n  pari: 3\n");
  const { status, out, err } = kestrel("profile", "none.jsonl", "--budget", "wrong.yaml");
  assert.equal(status, 2);
  assert.equal(out, "");
  assert.equal(
    err,
    "error: wrong.yaml:1: `total` must be a whole number from 0 on, not -1\n" +
      "wrong.yaml:3: no rule `pari`: did you mean `pair`?\n",
  );
  const missing = kestrel(...profile, "--budget", "missing.yaml");
  assert.equal(missing.status, 2);
  assert.match(missing.err, /^error: can't read missing\.yaml: no such file or folder$/m);
  const unwritable = kestrel(...profile, "--write-budget", "no/such/budget.yaml");
  assert.equal(unwritable.status, 2);
  assert.match(unwritable.err, /can't write no\/such\/budget\.yaml: no such file/);
});

test("a budget for other events is refused with 2", () => {
  put("other.yaml", "events: 5\n");
  const { status, err } = kestrel(...profile, "--budget", "other.yaml");
  assert.equal(status, 2);
  assert.match(err, /the budget is for other inputs: for 5 events, and these hold 4/);
});

test("a budget may name a rule that is switched off, and neither checks nor writes half an input", () => {
  put("both.yaml", "rules: {pair: 0, shell.eql: 2}\n");
  const off = kestrel(...profile, "--disable", "pair", "--budget", "both.yaml");
  assert.equal(off.status, 0, off.err);
  put("cut.jsonl.gz", gzipSync(`${lines.join("\n")}\n`).subarray(0, -6));
  const cut = kestrel("profile", "cut.jsonl.gz", "--budget", "both.yaml", "--write-budget", "c");
  assert.equal(cut.status, 2);
  assert.match(cut.err, /not all of the input was read: budgets are neither checked nor written/);
  assert.throws(() => readFileSync(join(folder, "c")), { code: "ENOENT" });
});

test("replay --profile adds the costs to the summary, and changes no alert", () => {
  const args = ["replay", recording, "--rules", "rules", "--format"];
  const plain = kestrel(...args, "json");
  const profiled = kestrel(...args, "json", "--profile");
  assert.equal(profiled.status, 0);
  assert.equal(profiled.out, plain.out);
  const summary = JSON.parse(profiled.err);
  assert.equal(JSON.parse(plain.err).profile, undefined);
  assert.deepEqual([summary.alerts, summary.profile.evaluations], [3, 3]);
  const text = kestrel(...args, "text", "--profile");
  assert.match(text.err, /^3 alerts from 2 rules$[\s\S]*^3 evaluations for 4 events/m);
});
