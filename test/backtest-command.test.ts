import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "kestrel-backtest-"));
after(() => rmSync(folder, { recursive: true }));

function kestrel(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["dist/src/cli/main.js", ...args],
    { encoding: "utf8" },
  );
  return { status, out: stdout, err: stderr };
}

interface Shown {
  readonly added: Readonly<Record<string, readonly unknown[]>>;
  readonly removed: Readonly<Record<string, readonly unknown[]>>;
  readonly changed: Readonly<Record<string, readonly unknown[]>>;
  readonly unchanged: Readonly<Record<string, number>>;
  readonly totals: Readonly<Record<string, number>>;
}

test("a new rule adds its alerts, and the other way round takes them away", () => {
  const query = 'process where event.type == "start"';
  const rule = join(folder, "every-start.yaml");
  writeFileSync(rule, `id: every-start\nname: Every start\nquery: ${JSON.stringify(query)}\n`);
  const recording = "examples/attack.jsonl";
  const both = ["--rules", "rules", "--rules", rule];
  const added = kestrel("backtest", recording, ...both, "--against", "rules", "--format", "json");
  assert.equal(added.status, 0, added.err);
  const shown = JSON.parse(added.out) as Shown;
  assert.deepEqual(Object.keys(shown.added), ["every-start"]);
  assert.deepEqual([shown.removed, shown.changed], [{}, {}]);
  assert.equal(shown.totals["added"], shown.added["every-start"]!.length);
  assert.ok(shown.totals["added"]! > 5 && shown.totals["unchanged"]! > 5);
  const removed = kestrel(
    "backtest",
    recording,
    "--rules",
    "rules",
    "--against",
    rule,
    "--against",
    "rules",
    "--format",
    "json",
  );
  const back = JSON.parse(removed.out) as Shown;
  assert.deepEqual(back.removed, shown.added);
  assert.deepEqual(back.unchanged, shown.unchanged);
  const text = kestrel("backtest", recording, ...both, "--against", "rules");
  assert.match(text.out, /alerts appear, 0 disappear/);
  assert.match(text.out, /every-start/);
});

test("a replay that can't run through is no comparison", () => {
  const missing = kestrel(
    "backtest",
    join(folder, "missing"),
    "--rules",
    "rules",
    "--against",
    "rules",
  );
  assert.equal(missing.status, 2);
  const nothing = kestrel("backtest", "examples/attack.jsonl", "--rules", "rules");
  assert.equal(nothing.status, 2);
  assert.match(nothing.err, /--against/);
});
