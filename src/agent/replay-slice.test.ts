/** Gaps at the ends of a slice of time: the rules know of them wherever their records stand. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sha256Hex } from "../base/hash.ts";
import { defaultLimits } from "../base/limits.ts";
import { headBytes } from "../log/frame.ts";
import { writeLog } from "../log/log.fixture.ts";
import { openLogs } from "../log/log-reader.ts";
import { interpretBackend } from "../predicate/interpret/interpret.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { CallingSink } from "../sink/calling-sink.fixture.ts";
import { type ReplayOptions, replay } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-slice-"));
after(() => rmSync(folder, { recursive: true }));

const query =
  'sequence with maxspan=10s [process where process.name == "a"] [process where process.name == "b"]';
const { rules: parsed } = parseRuleFile({ path: "pair.eql", text: query }, sha256Hex);
const { set: rules } = compileRules(parsed, { schema: builtInSchema() });

const startMs = Date.parse("2026-01-01T00:00:00Z");
const isoAt = (second: number): string => new Date(startMs + second * 1000).toISOString();
const nsAt = (second: number): bigint => BigInt(startMs + second * 1000) * 1_000_000n;

function eventAt(second: number, name: string): string {
  return JSON.stringify({
    "@timestamp": isoAt(second),
    event: { category: "process" },
    process: { name },
  });
}

/** A gap whose record stands at a second. */
function gapAt(second: number, from: number, to: number, categories: readonly string[]): string {
  const gap = { source: "s", from: isoAt(from), to: isoAt(to), lost: 3, categories };
  return JSON.stringify({ "@timestamp": isoAt(second), kestrel: { record: "gap", gap } });
}

/** An event each second; a pair at 22 and 24. */
function linesWith(gaps: readonly string[]): string[] {
  const events = Array.from({ length: 40 }, (_unused, second) =>
    eventAt(second, second === 22 ? "a" : second === 24 ? "b" : "c"),
  );
  return [...events, ...gaps].sort(
    (a, b) => Date.parse(JSON.parse(a)["@timestamp"]) - Date.parse(JSON.parse(b)["@timestamp"]),
  );
}

interface Seen {
  readonly confidence: readonly string[];
  /** Seconds for which the rule was blind. */
  readonly blind: number;
  readonly gaps: number;
  readonly lost: number;
}

async function replaySlice(input: string, slice: Partial<ReplayOptions>): Promise<Seen> {
  const confidence: string[] = [];
  const summary = await replay({
    inputs: [input],
    rules,
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion: "0",
    sinks: [new CallingSink((alert) => confidence.push(alert.confidence))],
    onProblem: () => undefined,
    ...slice,
  });
  const { gaps, lost } = summary.counters;
  return { confidence, blind: summary.blind[0]?.seconds ?? 0, gaps: gaps!, lost: lost! };
}

/** What the slice of a file of JSON lines and of logs with few and many blocks come to: the same. */
async function seenIn(lines: readonly string[], slice: Partial<ReplayOptions>): Promise<Seen> {
  const path = join(folder, "lines.jsonl");
  writeFileSync(path, `${lines.join("\n")}\n`);
  const seen = await replaySlice(path, slice);
  for (const perBlock of [1, 7, 1000]) {
    const log = join(folder, `${perBlock}.klog`);
    writeLog(log, lines, perBlock);
    assert.deepEqual(await replaySlice(log, slice), seen, `${perBlock} records in a block`);
    rmSync(log);
  }
  return seen;
}

test("a slice that begins within a gap knows of the gap from where it begins", async () => {
  const lines = linesWith([gapAt(5, 5, 23, ["process"])]);
  const seen = await seenIn(lines, { fromNs: nsAt(20) });
  assert.deepEqual(seen, { confidence: ["degraded"], blind: 3, gaps: 1, lost: 0 });
});

test("a slice that ends within a gap knows of the gap up to where it ends", async () => {
  const lines = linesWith([gapAt(36, 28, 36, [])]);
  const seen = await seenIn(lines, { fromNs: nsAt(20), toNs: nsAt(30) });
  // What the gap's record says comes after the alert was decided, as it does without a slice.
  assert.deepEqual(seen, { confidence: ["certain"], blind: 2, gaps: 1, lost: 0 });
});

test("a gap around a whole slice is known, wherever its record stands", async () => {
  const slice = { fromNs: nsAt(20), toNs: nsAt(30) };
  const early = await seenIn(linesWith([gapAt(2, 2, 38, [])]), slice);
  assert.deepEqual(early, { confidence: ["degraded"], blind: 10, gaps: 1, lost: 0 });
  const late = await seenIn(linesWith([gapAt(38, 2, 38, [])]), slice);
  assert.deepEqual(late, { confidence: ["certain"], blind: 10, gaps: 1, lost: 0 });
});

test("a gap that ends before a slice or begins after it is none of its gaps", async () => {
  const lines = linesWith([gapAt(5, 5, 19, []), gapAt(5, 6, 7, []), gapAt(31, 31, 39, [])]);
  const seen = await seenIn(lines, { fromNs: nsAt(20), toNs: nsAt(30) });
  assert.deepEqual(seen, { confidence: ["certain"], blind: 0, gaps: 0, lost: 0 });
});

test("a gap whose record lies in the slice is told as it is", async () => {
  const lines = linesWith([gapAt(21, 10, 22, [])]);
  const seen = await seenIn(lines, { fromNs: nsAt(20), toNs: nsAt(30) });
  assert.deepEqual(seen, { confidence: ["degraded"], blind: 12, gaps: 1, lost: 3 });
});

test("a slice that ends within a damaged stretch of a log knows of it", async () => {
  const log = join(folder, "damaged.klog");
  writeLog(log, linesWith([]), 10);
  const [opened] = openLogs([log], defaultLimits);
  let offset = 0;
  for (const item of opened!.segments[0]!.items()) {
    if (item.kind === "block" && item.head.number === 3) offset = item.offset;
  }
  opened!.close();
  const bytes = readFileSync(log);
  bytes[offset + headBytes + 9]! ^= 1;
  writeFileSync(log, bytes);
  const seen = await replaySlice(log, { fromNs: nsAt(20), toNs: nsAt(33) });
  assert.deepEqual(seen, { confidence: ["certain"], blind: 3, gaps: 1, lost: 0 });
});
