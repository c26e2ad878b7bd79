import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { engineVersion } from "../engine/version.ts";
import { wasmBackend } from "../predicate/wasm/wasm.ts";
import { CallingSink } from "../sink/calling-sink.fixture.ts";
import { prepareRules } from "./prepare.ts";
import { replay } from "./replay.ts";
import type { RunSummary } from "./summary.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-replay-"));
after(() => rmSync(folder, { recursive: true }));

const rules = prepareRules({ rules: ["rules"], only: [], disable: [], limits: defaultLimits });
const lines: readonly string[] = readFileSync("examples/attack.jsonl", "utf8")
  .trimEnd()
  .split("\n");

interface Outcome {
  readonly summary: RunSummary;
  readonly ids: readonly string[];
  readonly rejects: readonly string[];
}

async function run(
  inputs: readonly (readonly string[])[],
  limits: Limits = defaultLimits,
): Promise<Outcome> {
  const paths = inputs.map((input, index) => {
    const path = join(folder, `${index}.jsonl`);
    writeFileSync(path, `${input.join("\n")}\n`);
    return path;
  });
  const ids: string[] = [];
  const rejectFile = join(folder, "rejects");
  const summary = await replay({
    inputs: paths,
    rules: rules.compiled.set,
    backend: wasmBackend,
    limits,
    engineVersion,
    sinks: [new CallingSink((alert) => ids.push(alert.id))],
    rejectFile,
    onProblem: assert.fail,
  });
  const rejects = readFileSync(rejectFile, "utf8").split("\n").slice(0, -1);
  return { summary, ids, rejects };
}

/** Repeats the recording a day later each time. */
function repeated(times: number): string[] {
  return Array.from({ length: times }, (_unused, time) =>
    lines.map((line) => {
      const event = JSON.parse(line) as { "@timestamp": string };
      const ms = Date.parse(event["@timestamp"]) + time * 86_400_000;
      return JSON.stringify({ ...event, "@timestamp": new Date(ms).toISOString() });
    }),
  ).flat();
}

test("the order of the lines changes nothing", async () => {
  const events = repeated(3);
  const inOrder = await run([events]);
  assert.ok(inOrder.ids.length > 10);
  const random = new Prng(3);
  const shuffled = [...events.keys()].sort(() => random.int(3) - 1).map((index) => events[index]!);
  const outcomes = [
    await run([shuffled]),
    await run([shuffled.slice(100), shuffled.slice(0, 100)]),
    await run([events.slice(0, 50), events.slice(50)]),
    await run([events.slice(50), events.slice(0, 50)]),
  ];
  for (const { summary, ids } of outcomes) {
    assert.equal(summary.alerts, inOrder.summary.alerts);
    assert.deepEqual([...ids].sort(), [...inOrder.ids].sort());
  }
  // No two events of the recording share a moment, so that even the order of arrival says nothing.
  assert.equal(outcomes[3]!.summary.digest, inOrder.summary.digest);
  assert.equal(outcomes[2]!.summary.digest, inOrder.summary.digest);
});

test("an event out of order after much that was in order starts over, and nothing is told twice", async () => {
  const events = repeated(120);
  const late = events[5]!;
  const damaged = ["{", ...events.slice(0, 5), ...events.slice(6), "not JSON", late];
  const sorted = ["{", ...events, "not JSON"];
  const [first, second] = [await run([damaged]), await run([sorted])];
  assert.equal(first.summary.digest, second.summary.digest);
  assert.deepEqual(first.ids, second.ids);
  assert.equal(first.summary.rejected, 2);
  assert.equal(first.rejects.length, 2);
  assert.equal(first.summary.events, sorted.length);
});

test("alerts that are too many to be held are released once the order is known", async () => {
  const events = repeated(120);
  const limits = { ...defaultLimits, heldAlertBytes: 1000 };
  const [held, all] = [await run([events], limits), await run([events])];
  assert.deepEqual(held.ids, all.ids);
  const late = [...events.slice(1), events[0]!];
  assert.equal((await run([late], limits)).summary.digest, all.summary.digest);
});
