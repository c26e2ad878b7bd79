import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunSummary } from "../agent/summary.ts";
import { createPaint } from "./color.ts";
import { grouped, summaryText } from "./summary-text.ts";

const summary: RunSummary = {
  events: 1234,
  evaluated: 1230,
  rejected: 4,
  dropped: 0,
  gaps: 0,
  damaged_blocks: 0,
  late: 0,
  pending: 2,
  alerts: 1,
  suppressed: 0,
  lost_alerts: 0,
  digest: "ab",
  backend: "interpret",
  rules: 3,
  rule_pack_hash: "cd",
  engine_version: "1",
  schema_version: "1",
  seconds: 0.5,
  events_per_second: 2468,
  interrupted: false,
  broken_inputs: [],
  blind: [],
  counters: {},
};

test("the summary tells what happened, and of losses only where there are some", () => {
  assert.equal(
    summaryText(summary, createPaint(false)),
    "1,234 events in 0.50 s (2,468 a second): 4 rejected\n1 alert from 3 rules: 2 pending\ndigest ab\n",
  );
});

test("numbers are grouped by thousands", () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
});
