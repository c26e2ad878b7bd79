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

test("each technique produced its events, and all of its rules fired", () => {
  const judge = ["scripts/judge-techniques.mjs", "--check", recording];
  const { status, stdout, stderr } = spawnSync(process.execPath, judge, { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  assert.ok(stdout.trim().split("\n").length >= 2 + 30);
});

test("the judge misses what a recording does not hold", () => {
  const judge = ["scripts/judge-techniques.mjs", "--check", "examples/attack.jsonl"];
  assert.equal(spawnSync(process.execPath, judge).status, 1);
});

test("the index of the recording is fresh", () => {
  const plain = (kinds: ReturnType<typeof recordedKinds>) =>
    kinds.map((kind) => ({ ...kind, fields: [...kind.fields].sort() }));
  assert.deepEqual(plain(shippedKinds()), plain(recordedKinds(events)));
});

test("the recording says nothing of the machine that it was made on", () => {
  for (const event of events) {
    const { host } = event as { host?: { name?: string; ip?: readonly string[] } };
    if (host !== undefined) assert.deepEqual([host.name, host.ip], ["workshop", ["192.0.2.10"]]);
  }
  assert.doesNotMatch(text, /"\/(home|work|opt|srv)\/|kestrel-techniques-/);
});
