/** Whatever the order of the lines, a replay gives what sorting all of them first gives. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
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
import { CallingSink } from "../sink/calling-sink.fixture.ts";
import type { Evaluation } from "./evaluation.ts";
import { LogInputs } from "./log-inputs.ts";
import { openRejectFile, type RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";
import { replayFiles } from "./replay-files.ts";
import { replayGuessed } from "./replay-guessed.ts";
import { replaySorted } from "./replay-sorted.ts";
import { replayWindowed } from "./replay-windowed.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-windowed-"));
after(() => rmSync(folder, { recursive: true }));

const provenance = { engineVersion: "0", schemaVersion: "0", rulePackHash: "0" };

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

/** How lines may be brought in order; `replay` itself chooses. */
const ways = {
  sorted: (options: ReplayOptions, rejects: RejectFile): Promise<Evaluation> =>
    replaySorted(options, rejects, LogInputs.open(options.inputs, options.limits)),
  windowed: replayWindowed,
  guessed: replayGuessed,
  files: replayFiles,
};

/** What a way comes to, or null where it gives up; then it must have raised no alert. */
async function outcome(
  way: keyof typeof ways,
  changes: Pick<ReplayOptions, "inputs"> & Partial<ReplayOptions>,
): Promise<object | null> {
  const alerts: string[] = [];
  const rejectFile = join(folder, `rejects-${way}`);
  const rejects = openRejectFile(rejectFile);
  const options: ReplayOptions = {
    rules,
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion: "0",
    sinks: [new CallingSink((alert: Alert) => alerts.push(alertJson(alert, provenance)))],
    onProblem: assert.fail,
    ...changes,
  };
  const evaluation = await ways[way](options, rejects);
  rejects.close();
  if (evaluation === null) {
    assert.deepEqual(alerts, []);
    return null;
  }
  const { totals, tally } = evaluation;
  return {
    alerts,
    digest: totals.digest.hex(),
    counters: totals.counters,
    ...{ evaluated: totals.evaluated, dropped: totals.dropped, lost: totals.lostSpans },
    ...{ rejected: tally.rejected, broken: tally.brokenInputs, problems: tally.problems },
    rejects: readFileSync(rejectFile, "utf8"),
  };
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

test("whatever the order of the lines, every way comes to what sorting all of them gives", async () => {
  const given = { windowed: 0, guessed: 0 };
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(stream, size, cuts, async (shape, sizes, cut) => {
      const random = new Prng(shape.seed);
      const all = disorderedLines(random, shape.lines, shape.displaced, shape.odd);
      const part = Math.ceil(all.length / shape.inputs);
      const inputs = Array.from({ length: shape.inputs }, (_unused, i) =>
        write(`${i}.jsonl`, all.slice(i * part, (i + 1) * part)),
      );
      const limits: Limits = { ...defaultLimits, ...sizes };
      const sorted = await outcome("sorted", { inputs });
      for (const way of ["windowed", "guessed"] as const) {
        const said = await outcome(way, { inputs, limits, ...cut });
        if (said === null) continue;
        assert.deepEqual(said, sorted, way);
        given[way] += 1;
      }
      const chosen = await outcome("files", { inputs, limits, ...cut });
      if (chosen !== null) assert.deepEqual(chosen, sorted);
      runs += 1;
    }),
    { numRuns: 40, endOnFailure: true },
  );
  assert.ok(given.windowed > runs / 5 && given.guessed > runs / 2, JSON.stringify({ given, runs }));
});

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** The way that `replay` takes is the first of some that does not give up. */
async function check(
  changes: Pick<ReplayOptions, "inputs"> & Partial<ReplayOptions>,
  expected: { readonly windowed: boolean; readonly guessed: boolean },
): Promise<void> {
  const sorted = await outcome("sorted", changes);
  const windowed = await outcome("windowed", changes);
  assert.deepEqual(windowed, expected.windowed ? sorted : null);
  const guessed = await outcome("guessed", changes);
  assert.deepEqual(guessed, expected.guessed ? sorted : null);
  const isEither = expected.windowed || expected.guessed;
  assert.deepEqual(await outcome("files", changes), isEither ? sorted : null);
}

test("a time that was guessed wrongly is no harm", async () => {
  const lines = disorderedLines(new Prng(1), 300, 0, 1000);
  // The only such key, but not the event's own.
  lines[100] = '{"event":{"category":"process","@timestamp":"2024-05-01T00:00:20Z"}}';
  const inputs = [write("guess.jsonl", lines)];
  const limits = { ...defaultLimits, heldAlertBytes: 1000 };
  for (const changes of [{ inputs }, { inputs, limits }]) {
    assert.equal(await outcome("windowed", changes), null);
    assert.equal(await outcome("guessed", changes), null);
  }
});

test("lines before the first time of a later input have that time", async () => {
  const untimed = '{"event":{"category":"process"},"process":{"name":"a"}}';
  const inputs = [0, 1].map((i) => {
    const time = `2024-05-01T00:00:0${i}Z`;
    const event = { "@timestamp": time, event: { category: "process" } };
    return write(`untimed-${i}.jsonl`, [...(i === 1 ? [untimed] : []), JSON.stringify(event)]);
  });
  await check({ inputs }, { windowed: false, guessed: false });
  assert.equal(await outcome("files", { inputs, workers: 2 }), null);
});

test("a line without a time after one that is no event has the time of the one before both", async () => {
  const at = (second: number): string =>
    `{"@timestamp":"2024-05-01T00:00:0${second}Z","event":{"category":"process"}}`;
  const lines = [
    at(1),
    at(2),
    at(3).slice(0, -1),
    '{"event":{"category":"process"}}',
    at(4),
    at(2),
  ];
  const inputs = [write("after.jsonl", lines)];
  await check({ inputs }, { windowed: true, guessed: true });
});

test("lines are held from block to block, and fetched from far apart", async () => {
  const random = new Prng(7);
  const lines = disorderedLines(random, 2500, 3000, 20).map((line) =>
    line.endsWith("}") && random.int(3) > 0
      ? `${line.slice(0, -1)},"text":"${"y".repeat(4000)}"}`
      : line,
  );
  // Far ahead of its time.
  lines.splice(5, 0, '{"@timestamp":"2024-05-02T00:00:00Z","event":{"category":"process"}}');
  const limits = { ...defaultLimits, windowBytes: 0x400000, stringTableBytes: 100_000 };
  const inputs = [write("blocks.jsonl", lines)];
  await check({ inputs, limits }, { windowed: true, guessed: true });
  const packed = join(folder, "blocks.jsonl.gz");
  writeFileSync(packed, gzipSync(lines.join("\n")));
  await check({ inputs: [packed], limits }, { windowed: true, guessed: true });
  const late = [write("late.jsonl", [...lines, lines[0]!])];
  await check({ inputs: late, limits }, { windowed: false, guessed: true });
});
