/** Any batch size and any split of the input give the same alerts, byte for byte. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { backendNames, findBackend } from "../src/agent/backends.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { AlertDigest } from "../src/alert/digest.ts";
import { alertJson } from "../src/alert/serialize.ts";
import { Prng } from "../src/base/prng.ts";
import { Detector } from "../src/engine/detector.ts";
import { compileRules } from "../src/rule/compile.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

const { rules } = loadRules(["rules"]);
const { set } = compileRules(rules, { schema: builtInSchema() });
const recording = readFileSync("examples/attack.jsonl", "utf8").trimEnd().split("\n");

/** A longer stream: the recording several times over, interleaved by a seed, with equal times. */
function weave(seed: number, copies: number): string[] {
  const random = new Prng(seed);
  const queues = Array.from({ length: copies }, (_unused, copy) =>
    recording.map((line) => line.replaceAll('"entity_id":"', `"entity_id":"${copy}-`)),
  );
  const woven: string[] = [];
  while (queues.some((queue) => queue.length > 0)) {
    const queue = random.pick(queues.filter((entry) => entry.length > 0));
    woven.push(queue.shift()!);
  }
  return woven;
}

function alertsOf(
  lines: readonly string[],
  backend: string,
  batchSize: () => number,
  flushes: ReadonlySet<number>,
): { digest: string; text: string; count: number } {
  const digest = new AlertDigest();
  const texts: string[] = [];
  const detector = new Detector({
    rules: set,
    backend: findBackend(backend),
    batchSize,
    onAlert: (alert) => {
      digest.add(alert);
      texts.push(alertJson(alert, detector.provenance));
    },
  });
  for (const [index, line] of lines.entries()) {
    detector.push(line);
    if (flushes.has(index)) detector.flush();
  }
  detector.close();
  return { digest: digest.hex(), text: texts.join("\n"), count: texts.length };
}

for (const backend of backendNames) {
  test(`${backend}: batches of 1, 2, 7, 64 and 1,024 give the same alerts`, () => {
    const lines = weave(1, 4);
    const whole = alertsOf(lines, "interpret", () => 1024, new Set());
    assert.ok(whole.count >= 10, `only ${whole.count} alerts`);
    for (const size of [1, 2, 7, 64, 1024]) {
      assert.deepEqual(
        alertsOf(lines, backend, () => size, new Set()),
        whole,
        `batches of ${size}`,
      );
    }
  });

  test(`${backend}: any sizes and any splits give the same alerts`, () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 3 }), fc.nat(), (seed, copies, cuts) => {
        const lines = weave(seed, copies);
        const whole = alertsOf(lines, "interpret", () => 1024, new Set());
        const random = new Prng(cuts);
        const flushes = new Set(Array.from({ length: random.int(20) }, () => random.int(300)));
        const split = alertsOf(lines, backend, () => 1 + random.int(100), flushes);
        assert.deepEqual(split, whole);
      }),
      { numRuns: 15 },
    );
  });
}
