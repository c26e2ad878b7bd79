import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import { gapJson, heartbeatJson, readGap } from "./stream-record.ts";

test("a gap reads back from its JSON text", () => {
  const gap = { source: "ebpf", fromNs: 1n, toNs: 5_000_000n, lost: 7, categories: ["file"] };
  const text = gapJson(gap, 6_000_000n);
  assert.deepEqual(readGap(JSON.parse(text) as JsonObject, 6_000_000n), gap);
  assert.match(text, /"@timestamp":"1970-01-01T00:00:00.006Z"/);
  assert.match(heartbeatJson(0n), /"record":"heartbeat"/);
});

test("a gap may be dotted, with one category as text and its range from the record's time", () => {
  const record = { "kestrel.gap.source": "audit", "kestrel.gap": { categories: "process" } };
  assert.deepEqual(readGap(record, 9n), {
    source: "audit",
    fromNs: 9n,
    toNs: 9n,
    lost: null,
    categories: ["process"],
  });
  const range = { "kestrel.gap.from": 1, "kestrel.gap.to": "1970-01-01T00:00:00.002Z" };
  assert.deepEqual(readGap(range, null), {
    source: "",
    fromNs: 1_000_000n,
    toNs: 2_000_000n,
    lost: null,
    categories: [],
  });
});

test("a gap without any time, with a wrong range, count, source or category is none", () => {
  assert.equal(readGap({ "kestrel.gap.source": "x" }, null), null);
  for (const wrong of [
    { from: 2, to: 1 },
    { from: "yesterday" },
    { to: true },
    { lost: -1 },
    { lost: 1.5 },
    { lost: "3" },
    { source: 1 },
    { categories: [1] },
  ]) {
    assert.equal(readGap({ kestrel: { gap: wrong } }, 0n), null, JSON.stringify(wrong));
  }
});
