/** Commands about logs as their users run them. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { loadRules } from "../../src/agent/load-rules.ts";
import { type ReplayOptions, replay } from "../../src/agent/replay.ts";
import type { RunSummary } from "../../src/agent/summary.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { engineVersion } from "../../src/engine/version.ts";
import { frameMarker } from "../../src/log/frame.ts";
import { writeLog } from "../../src/log/log.fixture.ts";
import { wasmBackend } from "../../src/predicate/wasm/wasm.ts";
import { compileRules } from "../../src/rule/compile.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";

const program = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-log-command-"));
after(() => rmSync(folder, { recursive: true }));

const example = "examples/attack.jsonl";
const lines: readonly string[] = readFileSync(example, "utf8").trimEnd().split("\n");

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kestrel(args: readonly string[], input = ""): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    input,
    encoding: "utf8",
    maxBuffer: 0x4000000,
  });
  return { status, stdout, stderr };
}

function ok(args: readonly string[], input = ""): Ended {
  const ended = kestrel(args, input);
  assert.equal(ended.status, 0, ended.stderr);
  return ended;
}

function at(name: string): string {
  return join(folder, name);
}

const { rules } = loadRules(["rules"]);
const { set } = compileRules(rules, { schema: builtInSchema() });

/** Replays in this process, with the shipped rules. */
function replayed(
  inputs: readonly string[],
  more: Partial<ReplayOptions> = {},
): Promise<RunSummary> {
  return replay({
    inputs,
    rules: set,
    backend: wasmBackend,
    limits: defaultLimits,
    engineVersion,
    sinks: [],
    onProblem: (message) => assert.fail(message),
    ...more,
  });
}

const expected: RunSummary = await replayed([example]);
const log: string = at("example.klog");
ok(["convert", example, log]);

test("JSON lines come back from a log as they were", async () => {
  ok(["convert", log, at("back.jsonl")]);
  assert.equal(readFileSync(at("back.jsonl"), "utf8"), readFileSync(example, "utf8"));
  ok(["convert", log, at("back.jsonl.gz")]);
  assert.equal(
    gunzipSync(readFileSync(at("back.jsonl.gz"))).toString(),
    readFileSync(example, "utf8"),
  );
  ok(["convert", at("back.jsonl.gz"), at("again.klog")]);
  assert.equal((await replayed([at("again.klog")])).digest, expected.digest);
});

test("a log is never overwritten, and an unknown extension is told", () => {
  assert.match(kestrel(["convert", example, log]).stderr, /a log is never overwritten/);
  const unknown = kestrel(["convert", log, at("x.csv")]);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /the extension must be/);
  assert.equal(kestrel(["convert", log, log]).status, 2);
});

test("Parquet has the schema's fields with their types, and the whole event", async () => {
  ok(["convert", log, at("events.parquet")]);
  const bytes = readFileSync(at("events.parquet"));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  assert.equal(rows.length, lines.length);
  for (const [i, row] of rows.entries()) {
    const event = JSON.parse(lines[i]!) as {
      process?: { name?: string; pid?: number; args?: string[] };
      event: { category: string[] };
    };
    assert.equal(row["kestrel.json"], lines[i]);
    assert.equal(row["process.name"] ?? undefined, event.process?.name);
    assert.equal(
      row["process.pid"] == null ? undefined : Number(row["process.pid"]),
      event.process?.pid,
    );
    assert.deepEqual(row["process.args"] ?? undefined, event.process?.args);
    assert.deepEqual(row["event.category"], event.event.category);
    assert.equal(row["kestrel.kind"], "event");
  }
});

test("a log replays to the digest of its JSON lines, by itself and among them", async () => {
  assert.equal((await replayed([log])).digest, expected.digest);
  writeFileSync(at("first.jsonl"), `${lines.slice(0, 60).join("\n")}\n`);
  writeFileSync(at("rest.jsonl"), `${lines.slice(60).join("\n")}\n`);
  writeLog(at("first.klog"), lines.slice(0, 60), 7);
  writeLog(at("rest.klog"), lines.slice(60), 7);
  for (const inputs of [
    ["first.klog", "rest.klog"],
    ["rest.klog", "first.klog"],
    ["rest.jsonl", "first.klog"],
    ["first.klog", "rest.jsonl"],
  ]) {
    assert.equal((await replayed(inputs.map(at))).digest, expected.digest, inputs.join());
    const shared = await replayed(inputs.map(at), { workers: 3 });
    assert.equal(shared.digest, expected.digest, `${inputs.join()} with workers`);
  }
});

test("a log among JSON lines keeps the order that another field gave it", async () => {
  const moved = lines.map((line, i) => {
    const event = JSON.parse(line);
    const created = event["@timestamp"];
    // Later than the event, and falling.
    const timestamp = new Date(Date.parse("2030-01-01T00:00:00Z") - i * 1000).toISOString();
    return JSON.stringify({ ...event, "@timestamp": timestamp, created });
  });
  writeFileSync(at("moved.jsonl"), `${moved.join("\n")}\n`);
  ok(["convert", at("moved.jsonl"), at("moved.klog"), "--timestamp-field", "created"]);
  writeFileSync(at("nothing.jsonl"), "");
  const alone = await replayed([at("moved.klog")]);
  assert.equal(alone.alerts, expected.alerts);
  const among = await replayed([at("moved.klog"), at("nothing.jsonl")]);
  assert.equal(among.digest, alone.digest);
});

test("replay holds a log to a digest, or to other inputs", () => {
  ok(["replay", log, "--alerts", at("a.jsonl"), "--expect", expected.digest, "--compare", example]);
  assert.equal(kestrel(["replay", log, "--expect", "00"]).status, 3);
  const differing = kestrel(["replay", log, "--compare", at("first.jsonl")]);
  assert.equal(differing.status, 3);
  assert.match(differing.stderr, /the alerts differ/);
});

test("a slice of time is the same for both forms", async () => {
  const slice = { fromNs: timeOf("09:01:00"), toNs: timeOf("09:02:00") };
  const [fromLog, fromLines] = [await replayed([log], slice), await replayed([example], slice)];
  assert.ok(fromLog.events > 0 && fromLog.events < lines.length);
  assert.deepEqual(
    [fromLog.events, fromLog.alerts, fromLog.digest],
    [fromLines.events, fromLines.alerts, fromLines.digest],
  );
  const flags = [
    "--from",
    "2026-03-02T09:01:00Z",
    "--to",
    "2026-03-02T09:02:00Z",
    "--speed",
    "1000x",
  ];
  const { stdout } = ok(["replay", log, ...flags, "--alerts", at("a.jsonl"), "--format", "json"]);
  assert.equal((JSON.parse(stdout) as RunSummary).digest, fromLog.digest);
  assert.match(kestrel(["replay", log, "--from", "soon"]).stderr, /use ISO 8601/);
  assert.match(kestrel(["replay", log, "--speed", "fast"]).stderr, /use 1x/);
});

test("a speed keeps the distances of events and changes no result", async () => {
  const slice = { fromNs: timeOf("09:01:40"), toNs: timeOf("09:01:50") };
  const fast = await replayed([log], slice);
  const times = lines
    .map((line) => Date.parse((JSON.parse(line) as { "@timestamp": string })["@timestamp"]))
    .filter(
      (ms) => BigInt(ms) * 1_000_000n >= slice.fromNs && BigInt(ms) * 1_000_000n < slice.toNs,
    );
  const spanMs = times.at(-1)! - times[0]!;
  assert.ok(spanMs > 2000);
  for (const input of [log, example]) {
    const start = process.hrtime.bigint();
    assert.equal((await replayed([input], { ...slice, speed: 10 })).digest, fast.digest);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    assert.ok(ms > spanMs / 10 - 5, `${ms} ms`);
  }
});

/** A moment of the example's day. */
function timeOf(clock: string): bigint {
  return BigInt(Date.parse(`2026-03-02T${clock}Z`)) * 1_000_000n;
}

test("record and run --record write what a replay gives the same alerts for", async () => {
  const path = at("recorded.klog");
  const { stdout, stderr } = ok(
    ["record", "--source", "-", "--out", path, "--acks", "--format", "json"],
    readFileSync(example, "utf8"),
  );
  const acknowledged = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { events: number });
  assert.equal(
    acknowledged.reduce((sum, { events }) => sum + events, 0),
    lines.length,
  );
  assert.equal((JSON.parse(stderr) as { recorded: number }).recorded, lines.length);
  assert.equal((await replayed([path])).digest, expected.digest);
  const ran = ok(
    [
      "run",
      "--source",
      "jsonl:-",
      "--record",
      at("ran.klog"),
      "--alerts",
      at("a.jsonl"),
      "--format",
      "json",
    ],
    readFileSync(example, "utf8"),
  );
  assert.equal(
    (await replayed([at("ran.klog")])).digest,
    (JSON.parse(ran.stdout) as RunSummary).digest,
  );
  const report = JSON.parse(ok(["inspect", at("ran.klog"), "--format", "json"]).stdout) as {
    hashes: { rule_pack: string };
    segments: { host: string; closed: boolean }[];
  };
  assert.match(report.hashes.rule_pack, /^[0-9a-f]{64}$/);
  assert.equal(report.segments[0]?.closed, true);
  assert.notEqual(report.segments[0]?.host, null);
});

test("record ends by time and by Ctrl-C, and says what it wrote", async () => {
  writeFileSync(at("growing.jsonl"), readFileSync(example));
  ok([
    "record",
    "--source",
    `jsonl:${at("growing.jsonl")}`,
    "--out",
    at("timed.klog"),
    "--for",
    "2",
  ]);
  assert.equal((await replayed([at("timed.klog")])).digest, expected.digest);
  const args = [
    "record",
    "--source",
    `jsonl:${at("growing.jsonl")}`,
    "--out",
    at("cut.klog"),
    "--acks",
  ];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout.once("data", () => child.kill("SIGINT"));
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(status, 0);
  assert.equal((await replayed([at("cut.klog")])).digest, expected.digest);
});

test("what a log was recorded with otherwise is told", () => {
  writeFileSync(at("fields.yaml"), "fields:\n  - path: site.name\n    type: keyword\n");
  ok(["convert", example, at("fields.klog"), "--schema-extension", at("fields.yaml")]);
  const other = ok(["replay", at("fields.klog"), "--alerts", at("a.jsonl")]);
  assert.match(other.stderr, /was recorded with other fields/);
  const same = ok([
    "replay",
    at("fields.klog"),
    "--schema-extension",
    at("fields.yaml"),
    "--alerts",
    at("a.jsonl"),
  ]);
  assert.equal(same.stderr, "");
  const rules = ok([
    "replay",
    at("ran.klog"),
    "--rules",
    "rules/execution",
    "--alerts",
    at("a.jsonl"),
  ]);
  assert.match(rules.stderr, /was recorded with other rules/);
});

/** A copy of the example as a log of small blocks, with one byte changed in its second block. */
function damagedLog(): { readonly path: string; readonly offset: number } {
  const path = at("damaged.klog");
  rmSync(path, { force: true });
  const flags = ["--block-seconds", "0", "--fsync", "never"];
  ok(["record", "--source", "-", "--out", path, ...flags], readFileSync(example, "utf8"));
  const bytes = readFileSync(path);
  const offset = bytes.indexOf(frameMarker);
  bytes[offset + 500]! ^= 0x10;
  writeFileSync(path, bytes);
  return { path, offset };
}

test("inspect names a damaged block, and replay makes it a gap", () => {
  const { path, offset } = damagedLog();
  const inspected = kestrel(["inspect", path, "--format", "json"]);
  assert.equal(inspected.status, 1);
  const report = JSON.parse(inspected.stdout) as { damaged: unknown[] };
  const why = "the content of the block does not match its checksum";
  assert.deepEqual(report.damaged, [{ file: path, block: 0, offset, why }]);
  assert.match(
    kestrel(["inspect", path, "--format", "text"]).stdout,
    /block 0, offset \d+: the content/,
  );
  const shown = ok(["replay", path, "--alerts", at("a.jsonl"), "--format", "json"]);
  assert.ok(shown.stderr.includes(why));
  const summary = JSON.parse(shown.stdout) as RunSummary;
  assert.deepEqual([summary.gaps, summary.damaged_blocks], [1, 1]);
  ok(["replay", path, example, "--alerts", at("a.jsonl")]);
});

test("inspect prints slices by time, category and entity", () => {
  const network = ok(["inspect", log, "--category", "network"]).stdout.trimEnd().split("\n");
  const wanted = lines.filter((line) => /"category":\["network"\]/.test(line));
  assert.deepEqual(network, wanted);
  const entity = /"entity_id":"([^"]+)"/.exec(lines[20]!)![1]!;
  const ofEntity = ok(["inspect", log, "--entity", entity]).stdout.trimEnd().split("\n");
  assert.deepEqual(
    ofEntity,
    lines.filter(
      (line) =>
        (JSON.parse(line) as { process?: { entity_id?: string } }).process?.entity_id === entity,
    ),
  );
  assert.equal(ok(["inspect", log, "--entity", "nobody"]).stdout, "");
  assert.equal(ok(["inspect", log, "--events"]).stdout, readFileSync(example, "utf8"));
});

test("queries and profiles read logs as well", () => {
  const query = "network where true | count";
  const [fromLog, fromLines] = [log, example].map((input) => ok(["query", query, input]).stdout);
  assert.equal(fromLog, fromLines);
  ok(["profile", log, "--format", "json"]);
});

test("each input that is no log ends with exit code 2 and a message of its own", () => {
  const bytes = readFileSync(log);
  const inputs: readonly (readonly [string, Buffer, RegExp])[] = [
    ["empty.klog", Buffer.alloc(0), /is empty/],
    ["text.klog", Buffer.from(lines[0]!), /is no kestrel log/],
    ["cut.klog", bytes.subarray(0, 100), /cut off within the header/],
  ];
  for (const [name, content, message] of inputs) {
    const path = at(`bad-${name}`);
    writeFileSync(path, content);
    for (const command of ["replay", "inspect"]) {
      const { status, stderr } = kestrel([command, path]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  }
  assert.match(kestrel(["inspect", at("none.klog")]).stderr, /no such file/);
  assert.match(kestrel(["inspect", example]).stderr, /is no kestrel log/);
  const record = kestrel(["record", "--source", "-", "--out", at("none/x.klog")]);
  assert.equal(record.status, 2);
  assert.match(record.stderr, /can't write/);
  const unread = kestrel(["record", "--source", "jsonl:none", "--out", at("unread.klog")]);
  assert.equal(unread.status, 2);
  assert.match(unread.stderr, /can't read none: no such file/);
  assert.ok(!existsSync(at("unread.klog")));
  const named = kestrel(["record", "--source", "-", "--out", at("x.log")]);
  assert.match(named.stderr, /the name of a log ends in .klog/);
});

test("a missing segment is an error, and a folder is all logs in it", async () => {
  const segmented = mkdtempSync(join(folder, "segments-"));
  const path = join(segmented, "a.klog");
  writeLog(path, lines, 30, { segmentBytes: 1 });
  const names = readdirSync(segmented).sort();
  assert.deepEqual(names, ["a.000001.klog", "a.000002.klog", "a.000003.klog", "a.klog"]);
  for (const input of [segmented, path]) {
    assert.equal((await replayed([input])).digest, expected.digest);
  }
  assert.equal(
    (await replayed(names.map((name) => join(segmented, name)))).digest,
    expected.digest,
  );
  rmSync(join(segmented, "a.000001.klog"));
  const missing = kestrel(["replay", path]);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /segment 1 of the log is missing/);
  assert.equal((await replayed([join(segmented, "a.000002.klog")])).events, 30);
});

test("redaction takes fields and patterns out of all that is written", () => {
  const secret = JSON.stringify({
    "@timestamp": "2026-03-02T09:00:00Z",
    process: { name: "curl", env_vars: ["A=hunter2"], args: ["--pass=hunter2", "x"] },
    "process.env_vars": "hunter2",
    note: { deep: ["token hunter2 end"] },
    id: 0,
  }).replace('"id":0', '"id":90071992547409931');
  const twice = '{"@timestamp":"2026-03-02T09:00:01Z","note":"hunter2","note":"fine"}';
  const rules = [
    "- field: process.env_vars",
    "- pattern: 'pass=[^ ]+'",
    "  replacement: 'pass=$1'",
    "- field: note",
    "  pattern: 'hunter\\d'",
  ];
  writeFileSync(at("redact.yaml"), `${rules.join("\n")}\n`);
  const path = at("redacted.klog");
  ok(
    ["record", "--source", "-", "--out", path, "--redact", at("redact.yaml")],
    `${secret}\n${twice}\n`,
  );
  const [first, second] = ok(["inspect", path, "--events"]).stdout.trimEnd().split("\n");
  assert.equal(
    first,
    '{"@timestamp":"2026-03-02T09:00:00Z","process":{"name":"curl","env_vars":["[redacted]"],"args":["--pass=$1","x"]},"process.env_vars":"[redacted]","note":{"deep":["token [redacted] end"]},"id":90071992547409931}',
  );
  assert.equal(second, '{"@timestamp":"2026-03-02T09:00:01Z","note":"fine"}');
  assert.ok(!readFileSync(path).includes("hunter2"));
  ok(["convert", path, at("redacted.jsonl"), "--redact", at("redact.yaml")]);
  for (const [text, message] of [
    ["a: 1", /rules are a list/],
    ["- {}", /needs a field, a pattern or both/],
    ["- fields: x", /unknown key fields/],
    ["- pattern: '('", /error parsing/],
  ] as const) {
    writeFileSync(at("wrong.yaml"), text);
    const wrong = kestrel([
      "record",
      "--source",
      "-",
      "--out",
      at("never.klog"),
      "--redact",
      at("wrong.yaml"),
    ]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, message);
  }
});
