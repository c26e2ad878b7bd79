/** Whatever the order of the lines, a replay gives what sorting all of them first gives. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Alert } from "../alert/alert.ts";
import { alertJson } from "../alert/serialize.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { interpretBackend } from "../predicate/interpret/interpret.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { type ReplayOptions, replay } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-windowed-"));
after(() => rmSync(folder, { recursive: true }));

const provenance = { engineVersion: "0", schemaVersion: "0", rulePackHash: "0" };
/** Replays of a stretch of time sort all lines; this one holds all time. */
const sortsAll = { fromNs: -(2n ** 63n) };

/** One rule tells each event with its time, the others depend on their order. */
function orderedRules(): RuleSet {
  const queries: Readonly<Record<string, string>> = {
    each: 'any where event.category == "process"',
    pair: 'sequence by host.id with maxspan=5s [process where process.name == "a"] [process where process.name == "b"]',
    absent:
      'sequence by host.id with maxspan=3s [process where process.name == "a"] ![process where process.name == "c"]',
  };
  const rules = Object.entries(queries).flatMap(([id, query]) => {
    const text = JSON.stringify({ id, name: id, query, severity: "low", version: "1" });
    return parseRuleFile({ path: `${id}.json`, text }, (unchanged) => unchanged).rules;
  });
  const { set } = compileRules(rules, { schema: builtInSchema() });
  assert.equal(set.rules.length, rules.length);
  return set;
}

const rules = orderedRules();

interface Outcome {
  readonly said: object;
  /** Whether all lines were sorted first. */
  readonly isSorted: boolean;
}

async function outcome(changes: Partial<ReplayOptions>): Promise<Outcome> {
  const alerts: string[] = [];
  const rejectFile = join(folder, "rejects");
  let isSorted = false;
  const { seconds, events_per_second, ...summary } = await replay({
    inputs: [],
    rules,
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion: "0",
    sinks: [
      {
        counters: { written: 0, lost: 0 },
        write: (alert: Alert) => alerts.push(alertJson(alert, provenance)),
        flush: async () => undefined,
        close: async () => undefined,
      },
    ],
    rejectFile,
    onProblem: assert.fail,
    onProgress: ({ phase }) => {
      if (phase === "evaluate") isSorted = true;
    },
    ...changes,
  });
  assert.ok(seconds > 0 && events_per_second >= 0);
  const rejects = readFileSync(rejectFile, "utf8");
  return { said: { ...summary, alerts, rejects }, isSorted };
}

/** Lines of some recordings, each `displaced` ms out of order at most. */
function disorderedLines(random: Prng, count: number, displaced: number, odd: number): string[] {
  const start = Date.parse("2024-05-01T00:00:00Z");
  const lines = Array.from({ length: count }, (_unused, i) => {
    const ms = start + i * 100;
    return { key: ms + random.int(displaced + 1), line: lineAt(random, i, ms, odd) };
  });
  return lines.sort((a, b) => a.key - b.key).map(({ line }) => line);
}

function lineAt(random: Prng, i: number, ms: number, odd: number): string {
  const time = new Date(ms - (ms % 300)).toISOString();
  const event = {
    event: { category: "process", action: `a-${random.int(500)}` },
    host: { id: `h-${random.int(3)}` },
    process: { name: random.pick(["a", "b", "c", "d"]), pid: i, args: ["x", `${random.int(900)}`] },
  };
  switch (random.int(odd)) {
    case 0:
      return JSON.stringify(event);
    case 1:
      return `{"@timestamp":"${time}","broken":`;
    case 2:
      return "not JSON";
    case 3:
      return JSON.stringify({
        winlog: { "@timestamp": "2019-01-01T00:00:00Z" },
        ...event,
        "@timestamp": time,
      });
    case 4:
      return JSON.stringify({ "@timestamp": time.replace("Z", "+00:00"), ...event });
    case 5:
      return JSON.stringify({ "@timestamp": ms, ...event });
    case 6:
      return JSON.stringify({ "@timestamp": time, kestrel: { record: "heartbeat" } });
    case 7:
      return JSON.stringify({
        ...event,
        "@timestamp": time,
        message: "long ".repeat(random.int(900)),
      });
    case 8:
      return `{"@timestamp":"${time}","\\u0070rocess":{"name":"b"},"event":{"category":"process"}}`;
    default:
      return JSON.stringify({ "@timestamp": time, ...event });
  }
}

const stream = fc.record({
  seed: fc.nat(1_000_000),
  lines: fc.constantFrom(50, 400, 1500),
  displaced: fc.constantFrom(0, 400, 3000),
  /** One line in so many is of each odd kind. */
  odd: fc.constantFrom(10, 40, 400),
  inputs: fc.constantFrom(1, 1, 2, 3),
});
const size = fc.record({
  windowLines: fc.constantFrom(0, 10, 60, 4096),
  stringTableBytes: fc.constantFrom(1, 20_000, defaultLimits.stringTableBytes),
  batchListCells: fc.constantFrom(8, defaultLimits.batchListCells),
  heldAlertBytes: fc.constantFrom(2000, defaultLimits.heldAlertBytes),
});
const cuts = fc.constantFrom({}, { batchSize: 1 }, { batchSize: 7 }, { batchSize: 300, seed: 5 });

test("lines that are a little out of order are replayed as if they had been sorted", async () => {
  let windowed = 0;
  let disordered = 0;
  await fc.assert(
    fc.asyncProperty(stream, size, cuts, async (shape, sizes, cut) => {
      const random = new Prng(shape.seed);
      const all = disorderedLines(random, shape.lines, shape.displaced, shape.odd);
      const part = Math.ceil(all.length / shape.inputs);
      const inputs = Array.from({ length: shape.inputs }, (_unused, i) => {
        const path = join(folder, `${i}.jsonl`);
        writeFileSync(path, all.slice(i * part, (i + 1) * part).join("\n"));
        return path;
      });
      const limits: Limits = { ...defaultLimits, ...sizes };
      const direct = await outcome({ inputs, limits, ...cut });
      const sorted = await outcome({ inputs, limits: defaultLimits, ...sortsAll });
      assert.deepEqual(direct.said, sorted.said);
      assert.ok(sorted.isSorted);
      if (!direct.isSorted) windowed += 1;
      if (!direct.isSorted && shape.displaced > 300) disordered += 1;
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(windowed > 10 && disordered > 5, `${windowed} by a window, ${disordered} disordered`);
});

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

test("a time that was guessed wrongly is no harm", async () => {
  const random = new Prng(1);
  const lines = disorderedLines(random, 300, 0, 1000);
  // The only such key, but not the event's own.
  lines[100] = '{"event":{"category":"process","@timestamp":"2024-05-01T00:00:20Z"}}';
  const inputs = [write("guess.jsonl", lines)];
  const direct = await outcome({ inputs });
  assert.deepEqual(direct.said, (await outcome({ inputs, ...sortsAll })).said);
  assert.ok(direct.isSorted);
});

test("lines before the first time of a later input have that time", async () => {
  const untimed = '{"event":{"category":"process"},"process":{"name":"a"}}';
  const inputs = [0, 1].map((i) => {
    const time = `2024-05-01T00:00:0${i}Z`;
    const event = { "@timestamp": time, event: { category: "process" } };
    return write(`untimed-${i}.jsonl`, [...(i === 1 ? [untimed] : []), JSON.stringify(event)]);
  });
  const sorted = await outcome({ inputs, ...sortsAll });
  assert.deepEqual((await outcome({ inputs })).said, sorted.said);
  assert.deepEqual((await outcome({ inputs, workers: 2 })).said, sorted.said);
});

test("lines are held from block to block", async () => {
  const random = new Prng(7);
  const lines = disorderedLines(random, 4000, 3000, 20).map((line) =>
    line.endsWith("}") && random.int(3) > 0
      ? `${line.slice(0, -1)},"text":"${"y".repeat(4000)}"}`
      : line,
  );
  // Far ahead of its time.
  lines.splice(5, 0, '{"@timestamp":"2024-05-02T00:00:00Z","event":{"category":"process"}}');
  const inputs = [write("blocks.jsonl", lines)];
  const limits = { ...defaultLimits, windowBytes: 0x400000, stringTableBytes: 100_000 };
  const direct = await outcome({ inputs, limits });
  assert.deepEqual(direct.said, (await outcome({ inputs, ...sortsAll })).said);
  assert.ok(!direct.isSorted);
});
