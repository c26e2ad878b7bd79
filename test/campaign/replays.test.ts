/** The digest campaign in short; `npm run campaign:digest` runs it whole. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { backendNames } from "../../src/agent/backends.ts";
import { drawWays, drawWaysOfEach, replayAll } from "./replays.ts";

const seed = Number(process.env["SEED"] ?? 20_261_124);
const recording = "examples/attack.jsonl";

test(`every way to replay a recording gives one digest (seed ${seed})`, async () => {
  const kinds = 4 * backendNames.length;
  const ways = drawWays(kinds, seed);
  const tally = await replayAll(recording, "rules", ways);
  assert.deepEqual(tally.different, []);
  assert.equal(tally.digests.length, 1);
  assert.equal(Object.keys(tally.ways).length, kinds);
  assert.equal(tally.events, 104 * kinds);
  assert.equal(tally.alerts, 17 * kinds);
  assert.deepEqual(new Set(ways.map(({ batchSize }) => batchSize)), new Set([1, 1024]));
});

test("ways for each back end and number of threads have batches of all sizes", () => {
  const ways = drawWaysOfEach(100, seed);
  assert.equal(ways.length, 100 * 2 * backendNames.length);
  for (const backend of backendNames) {
    for (const workers of [1, 2]) {
      const sizes = ways
        .filter((way) => way.backend === backend && way.workers === workers)
        .map(({ batchSize }) => batchSize);
      assert.deepEqual([sizes[0], sizes.at(-1)], [1, 1024]);
      assert.equal(new Set(sizes).size, 100);
      assert.deepEqual(
        sizes.toSorted((a, b) => a - b),
        sizes,
      );
    }
  }
});

test("the canary: another recording has another digest", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-canary-"));
  try {
    const changed = join(folder, "changed.jsonl");
    const text = readFileSync(recording, "utf8");
    const times = text.replaceAll(/"entity_id":"/g, '"entity_id":"other-');
    assert.notEqual(times, text);
    writeFileSync(changed, times);
    const [way] = drawWays(1, seed);
    const digests = [recording, changed].map(async (path) => {
      return (await replayAll(path, "rules", [way!])).digests[0];
    });
    const [one, other] = await Promise.all(digests);
    assert.notEqual(one, other);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
