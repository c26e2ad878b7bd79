/** The recording of the techniques: what it holds, what it is indexed as, and which rules detect it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../src/base/json.ts";
import { shippedKinds } from "../src/schema/recorded-kind.ts";
import { recordedKinds } from "../src/study/recorded-kinds.ts";

const recording = "examples/techniques.jsonl.gz";
const text: string = gunzipSync(readFileSync(recording)).toString();
const events: readonly JsonObject[] = text
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as JsonObject);

function alertPaths(): Set<string> {
  const program = ["dist/src/cli/main.js", "replay", recording, "--rules", "rules"];
  const { stdout } = spawnSync(process.execPath, [...program, "--format", "text"], {
    encoding: "utf8",
  });
  return new Set([...stdout.matchAll(/\/([a-z-]+)\.yaml\)$/gm)].map(([, name]) => name!));
}

test("each technique is detected by the rules that its row names", () => {
  const table = readFileSync("examples/techniques/table.mjs", "utf8");
  const rows = [...table.matchAll(/^ {4}id: "(T[\d.]+)"[\s\S]*?^ {4}rules: \[(.*?)\]/gm)];
  assert.ok(rows.length >= 30);
  const fired = alertPaths();
  const silent = rows.flatMap(([, id, rules]) =>
    [...rules!.matchAll(/"([a-z-]+)"/g)]
      .map(([, rule]) => rule!)
      .filter((r) => !fired.has(r))
      .map((r) => `${id}: ${r}`),
  );
  assert.deepEqual(silent, []);
});

test("the index of the recording is fresh", () => {
  const plain = (kinds: ReturnType<typeof recordedKinds>) =>
    kinds.map((kind) => ({ ...kind, fields: [...kind.fields].sort() }));
  assert.deepEqual(plain(shippedKinds()), plain(recordedKinds(events)));
});

test("the recording says nothing of the machine that it was made on", () => {
  for (const event of events) {
    const { host } = event as { host?: { name?: string; ip?: string } };
    if (host !== undefined) assert.deepEqual([host.name, host.ip], ["workshop", "192.0.2.10"]);
  }
  assert.doesNotMatch(text, /"\/(home|work|opt|srv)\/|kestrel-techniques-/);
});
