/** The benchmark: its streams are what they claim to be, and it reports every metric. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseFile } from "../bench/activity/json-parse.ts";
import type { Measurement } from "../bench/measure.ts";
import { computeMetrics, type Metric } from "../bench/metrics.ts";
import { generateLines } from "../bench/stream/generate.ts";
import { type EventKind, type Profile, profiles } from "../bench/stream/profile-table.ts";
import { programs } from "../bench/stream/program-table.ts";
import { joinRecordings, readRecording } from "../bench/stream/recorded.ts";
import { placeholders } from "../bench/stream/template.ts";
import { sha256Hex } from "../src/base/hash.ts";
import { defaultLimits } from "../src/base/limits.ts";
import { parseIso } from "../src/base/time.ts";
import { Batch } from "../src/event/batch.ts";
import { EventDecoder } from "../src/event/decode.ts";
import { createLayout } from "../src/event/layout.ts";
import { StringTable } from "../src/event/string-table.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

const corpus: string = resolve("../shared/corpus");

interface GeneratedEvent {
  readonly "@timestamp": string;
  readonly event: { readonly action: string };
  readonly process: {
    readonly entity_id: string;
    readonly pid: number;
    readonly parent?: { readonly entity_id: string };
  };
}

function generate(profile: Profile, seed: number, count: number): string[] {
  return [...generateLines(profile, seed, count)];
}

const kindOfAction: Readonly<Record<string, EventKind>> = {
  fork: "fork",
  exec: "exec",
  end: "exit",
  uid_change: "identity",
  gid_change: "identity",
  session_id_change: "identity",
  creation: "create",
  modification: "modify",
  rename: "rename",
  deletion: "delete",
  connection_attempted: "connect",
  connection_accepted: "accept",
  lookup_result: "dns",
};

test("a generated stream depends on its profile and seed alone", () => {
  for (const profile of profiles) {
    const digest = (seed: number): string => sha256Hex(generate(profile, seed, 2000).join("\n"));
    assert.equal(digest(7), digest(7), profile.name);
    assert.notEqual(digest(7), digest(8), profile.name);
  }
});

test("generated lines ascend in time, and the decoder takes all their values", () => {
  const schema = builtInSchema();
  const fields = schema.fields.map(({ id }) => id);
  const layout = createLayout(schema, fields, defaultLimits);
  for (const profile of profiles) {
    const decoder = new EventDecoder({ schema, layout, limits: defaultLimits });
    const batch = new Batch(layout, new StringTable(1 << 26), { json: () => "" });
    decoder.reset(batch);
    let previousNs = 0n;
    for (const line of generate(profile, 1, 3000)) {
      assert.ok(line.length >= 300 && line.length <= 1500, `${line.length}: ${line}`);
      const record = decoder.parse(line);
      assert.equal(record.kind, "event", line);
      assert.ok(record.kind === "event" && record.timeNs !== null && record.timeNs >= previousNs);
      previousNs = record.timeNs;
      if (!decoder.append(batch, record, previousNs)) {
        decoder.reset(batch);
        assert.ok(decoder.append(batch, record, previousNs), line);
      }
    }
    assert.deepEqual(decoder.counters, { rejected: 0, mistyped: 0, cutLists: 0 }, profile.name);
  }
});

test("the mix of a generated stream is its profile's", () => {
  const count = 10_000;
  for (const profile of profiles) {
    const found = new Map<EventKind, number>();
    for (const line of generate(profile, 1, count)) {
      const { action } = (JSON.parse(line) as GeneratedEvent).event;
      const kind = kindOfAction[action];
      assert.ok(kind !== undefined, action);
      found.set(kind, (found.get(kind) ?? 0) + 1);
    }
    const rates = Object.entries(profile.rates) as [EventKind, number][];
    const sum = rates.reduce((total, [, rate]) => total + rate, 0);
    for (const [kind, rate] of rates) {
      const expected = rate / sum;
      const share = (found.get(kind) ?? 0) / count;
      const tolerance = 0.002 + 5 * Math.sqrt((expected * (1 - expected)) / count);
      assert.ok(
        Math.abs(share - expected) <= tolerance,
        `${profile.name} ${kind}: ${share}, not ${expected}`,
      );
    }
  }
});

test("a generated process is forked by one that lives, and does nothing after its end, when its pid may go to another", () => {
  for (const profile of profiles) {
    const ended = new Set<string>();
    const forked = new Set<string>();
    const pids = new Set<number>();
    for (const line of generate(profile, 3, 10_000)) {
      const { event, process } = JSON.parse(line) as GeneratedEvent;
      assert.ok(!ended.has(process.entity_id), line);
      if (event.action === "end") ended.add(process.entity_id);
      if (event.action !== "fork") continue;
      assert.ok(!forked.has(process.entity_id), line);
      assert.ok(process.parent !== undefined && !ended.has(process.parent.entity_id), line);
      forked.add(process.entity_id);
      pids.add(process.pid);
    }
    if (profile.name === "laptop") assert.ok(pids.size < forked.size, "no pid is used again");
    assert.ok(ended.size > 500 && forked.size > 500, profile.name);
  }
});

test("programs name programs that there are, and placeholders that are filled", () => {
  const known = new Set([...placeholders, "home", "work"]);
  for (const program of programs.values()) {
    for (const name of program.starts) assert.ok(programs.has(name), name);
    for (const text of [...program.args.flat(), ...program.writes]) {
      for (const [, name] of text.matchAll(/\{(\w+)\}/g)) assert.ok(known.has(name!), text);
    }
  }
  for (const { services, burst } of profiles) {
    for (const name of [...Object.keys(services), burst.program])
      assert.ok(programs.has(name), name);
    assert.ok(Object.keys(services).includes(burst.program));
  }
});

test("recordings are repeated with ascending times and nothing else changed", () => {
  const lines = readRecording("examples/attack.jsonl");
  const joined = joinRecordings([lines, lines.slice(0, 10)], 250);
  assert.equal(joined.length, 250);
  const withoutTime = (line: string): string => line.replace(/"@timestamp":"[^"]+"/, "");
  const round = [...lines, ...lines.slice(0, 10)].map(withoutTime);
  assert.deepEqual(joined.slice(0, 2 * round.length).map(withoutTime), [...round, ...round]);
  let previousNs = 0n;
  for (const line of joined) {
    const timeNs = parseIso((JSON.parse(line) as GeneratedEvent)["@timestamp"]);
    assert.ok(timeNs !== null && timeNs >= previousNs, line);
    previousNs = timeNs;
  }
  const part = joinRecordings([lines, lines.slice(0, 10)], 57);
  assert.deepEqual(part.map(withoutTime).slice(-5), round.slice(lines.length, lines.length + 5));
});

test("the baseline parses every line, whichever way its chunks cut them", () => {
  const { length } = readRecording("examples/attack.jsonl");
  for (const chunkBytes of [100, 1021, 0x10000]) {
    assert.equal(parseFile("examples/attack.jsonl", chunkBytes), length);
  }
  assert.equal(parseFile("examples/attack.jsonl"), length);
});

test("metrics are computed from the sums over the streams", () => {
  const stream = { path: "", bytes: 0, source: "generated" };
  const all = (a: number, b: number): Record<string, number> => ({ a, b });
  const measured: Measurement = {
    streams: [
      { ...stream, name: "a", events: 1000 },
      { ...stream, name: "b", events: 3000 },
    ],
    times: {
      parse: all(10, 10),
      ingest: all(20, 30),
      shared: all(10, 30),
      none: all(15, 25),
      few: all(16, 26),
      some: all(17, 27),
      batches: all(2, 3),
      interpret: all(40, 40),
      logWrite: all(4, 8),
      logReplay: all(2, 2),
    },
    packed: { a: { log: 1000, gzip: 500 }, b: { log: 7000, gzip: 1500 } },
    loadSeconds: 1.5,
    rssMegabytes: 100,
    memoryStream: "a",
    rules: 7,
  };
  const metrics = computeMetrics(measured);
  assert.equal(metrics["json_parse_us"]?.value, 5);
  assert.deepEqual(metrics["json_parse_us"]?.by_stream, { a: 10, b: 3.333 });
  assert.equal(metrics["ingest_vs_json_parse"]?.value, 0.4);
  assert.deepEqual(metrics["ingest_vs_json_parse"]?.by_stream, { a: 0.5, b: 0.3333 });
  assert.equal(metrics["batches_vs_json_parse"]?.value, 4);
  assert.equal(metrics["interpret_vs_json_parse"]?.value, 0.25);
  assert.equal(metrics["rules_cost_vs_json_parse"]?.value, 0.5);
  assert.equal(metrics["workers_speedup"]?.value, 1.25);
  assert.deepEqual(metrics["workers_speedup"]?.by_stream, { a: 2, b: 1 });
  assert.equal(metrics["replay_vs_json_parse"]?.value, 5);
  assert.equal(metrics["log_write_us"]?.value, 3);
  assert.equal(metrics["log_bytes_per_event"]?.value, 2);
  assert.deepEqual(metrics["gzip_bytes_per_event"]?.by_stream, { a: 0.5, b: 0.5 });
  assert.equal(metrics["events_per_second"]?.value, 80_000);
  assert.deepEqual(metrics["rules_curve"]?.value, { 0: 10, 1: 10.5, 10: 11, 100: 12.5 });
  assert.equal(metrics["load_seconds"]?.value, 1.5);
  assert.equal(metrics["rss_mb"]?.value, 100);
});

const overStreams = [
  ...["json_parse_us", "ingest_vs_json_parse", "batches_vs_json_parse", "interpret_vs_json_parse"],
  ...["rules_cost_vs_json_parse", "workers_speedup", "events_per_second"],
  ...["replay_vs_json_parse", "log_write_us", "log_bytes_per_event", "gzip_bytes_per_event"],
];
const figures = ["load_seconds", "rss_mb", "rules"];

function runBenchmark(...args: readonly string[]): Record<string, Metric> {
  const program = fileURLToPath(new URL("../bench/main.js", import.meta.url));
  const tiny = ["--events-per-stream", "40", "--rounds", "1", "--json"];
  const stdout = execFileSync(process.execPath, [program, ...tiny, ...args], { encoding: "utf8" });
  assert.match(stdout, /^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, Metric>;
}

/** Timings of a run this small say nothing: of the rules' cost not even the sign. */
function checkMetrics(metrics: Record<string, Metric>, streams: readonly string[]): void {
  const expected = [...overStreams, ...figures, "rules_curve", "streams", "machine"];
  assert.deepEqual(Object.keys(metrics).sort(), expected.sort());
  for (const [name, metric] of Object.entries(metrics)) {
    assert.equal(typeof metric.unit, "string", name);
    assert.match(metric.how, /^[A-Z].*\.$/, name);
  }
  const isFigure = (value: unknown, name: string): boolean =>
    Number.isFinite(value) && (name === "rules_cost_vs_json_parse" || Number(value) > 0);
  for (const name of [...overStreams, ...figures])
    assert.ok(isFigure(metrics[name]!.value, name), name);
  for (const name of overStreams) {
    const byStream = Object.entries(metrics[name]!.by_stream!);
    assert.deepEqual(
      byStream.map(([stream]) => stream),
      streams,
    );
    for (const [, value] of byStream) assert.ok(isFigure(value, name), name);
  }
  const curve = Object.entries(metrics["rules_curve"]!.value);
  assert.deepEqual(
    curve.map(([percent]) => percent),
    ["0", "1", "10", "100"],
  );
  for (const [, value] of curve) assert.ok(isFigure(value, "rules_curve"));
  assert.deepEqual(Object.keys(metrics["streams"]!.value), streams);
}

test("without a corpus the benchmark reports every metric", () => {
  const metrics = runBenchmark("--rules", "rules/discovery");
  checkMetrics(metrics, [...profiles.map(({ name }) => name), "recorded-example"]);
  assert.equal(metrics["rules"]?.value, 2);
});

test("with a corpus the benchmark measures its recordings too", {
  skip: existsSync(corpus) ? false : "../shared/corpus is missing",
}, () => {
  const rules = join(corpus, "rules/detection-rules/rules/network");
  const metrics = runBenchmark("--corpus", corpus, "--rules", rules);
  const recorded = ["recorded-linux", "recorded-windows"];
  checkMetrics(metrics, [...profiles.map(({ name }) => name), ...recorded]);
});
