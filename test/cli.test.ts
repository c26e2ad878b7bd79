/** The program as its users run it: spawned, with files in a temporary folder. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-cli-"));
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kestrel(args: readonly string[], input: string | Buffer = ""): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    maxBuffer: 0x4000000,
  });
  return { status, stdout, stderr };
}

function put(path: string, content: string | Buffer): string {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, content);
  return path;
}

function lines(text: string): ReturnType<typeof JSON.parse>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Event number `id`, `seconds` after midnight. */
function event(id: number, name: string, seconds: number): string {
  const time = new Date(Date.UTC(2024, 0, 1, 0, 0, seconds)).toISOString();
  return JSON.stringify({
    "@timestamp": time,
    event: { id: String(id), category: "process", type: "start", action: "exec" },
    host: { id: "h" },
    process: { name, pid: id, entity_id: `e${id}`, parent: { entity_id: `e${id - 1}` } },
  });
}

put("rules/shell.eql", 'process where process.name == "sh"');
put(
  "rules/pair.json",
  JSON.stringify({
    id: "pair",
    name: "Shell then curl",
    version: "1.0.0",
    severity: "High",
    tags: ["linux"],
    query:
      'sequence by host.id with maxspan=1m [process where process.name == "sh"] [process where process.name == "curl"]',
  }),
);
const recording = put(
  "events.jsonl",
  `${[event(1, "sh", 10), event(2, "ls", 20), event(3, "curl", 30), event(4, "sh", 40)].join("\n")}\n`,
);
put("broken/bad.eql", 'process where process.nam == "sh"');
put("broken/good.eql", "process where true");

test("validate counts rules, and its exit code says whether some are invalid", () => {
  const good = kestrel(["validate", "--rules", "rules", "--format", "json"]);
  assert.equal(good.status, 0, good.stderr);
  assert.deepEqual(JSON.parse(good.stdout), {
    rules: 2,
    valid: 2,
    invalid: 0,
    warnings: 0,
    diagnostics: [],
  });
  const both = kestrel(["validate", "--rules", "rules", "--rules", "broken", "--format", "json"]);
  assert.equal(both.status, 1);
  const report = JSON.parse(both.stdout);
  assert.deepEqual([report.rules, report.valid, report.invalid], [4, 3, 1]);
  assert.equal(report.diagnostics[0].code, "unknown-field");
  assert.equal(report.diagnostics[0].file, "bad.eql");
  assert.equal(report.diagnostics[0].column, 15);
});

test("validate takes files and standard input, and ./rules when nothing is said", () => {
  assert.equal(kestrel(["validate"]).status, 0);
  assert.equal(kestrel(["validate", "broken/good.eql"]).status, 0);
  assert.equal(kestrel(["validate", "broken/bad.eql"]).status, 1);
  assert.equal(kestrel(["validate", "-"], "process where true").status, 0);
  const bad = kestrel(["validate", "-"], "process where");
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /error\[/);
  assert.match(bad.stdout, /1 rule: 0 valid, 1 invalid/);
  const json = '{"id": "a", "name": "A", "query": "process where true"}';
  assert.equal(kestrel(["validate", "-"], json).status, 0);
});

test("validate prints SARIF", () => {
  const { stdout } = kestrel(["validate", "--rules", "broken", "--format", "sarif"]);
  const log = JSON.parse(stdout);
  assert.equal(log.version, "2.1.0");
  assert.equal(log.runs[0].results[0].ruleId, "unknown-field");
});

test("a folder that is not there is an I/O error", () => {
  for (const command of [["validate"], ["list"], ["replay", recording]]) {
    const { status, stderr } = kestrel([...command, "--rules", "missing"]);
    assert.equal(status, 2, command[0]);
    assert.match(stderr, /can't read missing: no such file/);
  }
});

test("list shows every rule with its state", () => {
  const { status, stdout } = kestrel(["list", "--format", "json", "--only", "tag:linux"]);
  assert.equal(status, 0);
  assert.deepEqual(
    JSON.parse(stdout).map((rule: Record<string, unknown>) => [
      rule["id"],
      rule["state"],
      rule["kind"],
      rule["path"],
    ]),
    [
      ["pair", "on", "sequence", "pair.json"],
      ["shell.eql", "off", null, "shell.eql"],
    ],
  );
  const table = kestrel(["list", "--rules", "broken"]).stdout;
  assert.match(table, /^ID +NAME +VERSION +SEVERITY +STATE +COST +KIND +PATH$/m);
  assert.match(table, /^bad\.eql .* invalid /m);
});

test("replay writes alerts to a file and one summary object to standard output", () => {
  const args = ["replay", recording, "--rules", "rules", "--alerts", "a.jsonl"];
  const { status, stdout, stderr } = kestrel([...args, "--format", "json"]);
  assert.equal(status, 0, stderr);
  const summary = JSON.parse(stdout);
  assert.equal(summary.events, 4);
  assert.equal(summary.evaluated, 4);
  assert.equal(summary.rejected, 0);
  assert.equal(summary.dropped, 0);
  assert.equal(summary.alerts, 3);
  assert.equal(summary.rules, 2);
  assert.equal(summary.backend, "wasm");
  assert.match(summary.digest, /^[0-9a-f]{64}$/);
  const alerts = lines(readFileSync(join(folder, "a.jsonl"), "utf8"));
  assert.deepEqual(
    alerts.map((alert) => [
      alert.rule.id,
      alert.kestrel.match.map((step: { step: number; event: { event: { id: string } } }) => [
        step.step,
        step.event.event.id,
      ]),
    ]),
    [
      ["shell.eql", [[0, "1"]]],
      [
        "pair",
        [
          [0, "1"],
          [1, "3"],
        ],
      ],
      ["shell.eql", [[0, "4"]]],
    ],
  );
  assert.equal(alerts[1].rule.name, "Shell then curl");
  assert.equal(alerts[1].kestrel.rule.path, "pair.json");
});

test("replay without --alerts prints alerts, and the summary to standard error", () => {
  const { stdout, stderr } = kestrel(["replay", recording, "--rules", "rules", "--format", "json"]);
  assert.equal(lines(stdout).length, 3);
  assert.equal(JSON.parse(stderr).alerts, 3);
  const text = kestrel(["replay", recording, "--rules", "rules", "--format", "text"]);
  assert.match(text.stdout, /^HIGH {2}Shell then curl$/m);
  assert.match(text.stderr, /^3 alerts from 2 rules$/m);
});

test("events are embedded as they came in", () => {
  const odd =
    '{"event": {"category":"process"}, "@timestamp":1704067200000, "n":12345678901234567890, "process":{"name":"sh"}}';
  const { stdout } = kestrel(["replay", "-", "--rules", "rules/shell.eql"], `${odd}\n`);
  assert.ok(stdout.includes(`"kestrel":{"match":[{"step":0,"event":${odd}}]`), stdout);
});

test("the alerts file is there even when it is empty", () => {
  const { status } = kestrel(["replay", "-", "--rules", "rules", "--alerts", "empty.jsonl"]);
  assert.equal(status, 0);
  assert.equal(readFileSync(join(folder, "empty.jsonl"), "utf8"), "");
});

test("several files, gzip and standard input give the same digest as one file", () => {
  const all = readFileSync(join(folder, recording), "utf8").split("\n");
  put("late.jsonl.gz", gzipSync(`${all[2]}\n${all[3]}`));
  put("early.jsonl", `${all[1]}\n${all[0]}\n`);
  const digestOf = (inputs: readonly string[], input?: Buffer): string => {
    const args = ["replay", ...inputs, "--rules", "rules", "--alerts", "b.jsonl"];
    const { status, stdout, stderr } = kestrel([...args, "--format", "json"], input);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout).digest;
  };
  const expected = digestOf([recording]);
  assert.equal(digestOf(["late.jsonl.gz", "early.jsonl"]), expected);
  assert.equal(digestOf(["-"], gzipSync(all.join("\n"))), expected);
});

test("batch size, seed and workers change no digest, and --expect checks it", () => {
  const args = ["replay", recording, "--rules", "rules", "--alerts", "c.jsonl", "--format", "json"];
  const { digest } = JSON.parse(kestrel(args).stdout);
  for (const more of [
    ["--batch-size", "1"],
    ["--batch-size", "3", "--seed", "9"],
    ["--workers", "2", "--backend", "interpret"],
  ]) {
    const { status, stdout } = kestrel([...args, ...more, "--expect", digest]);
    assert.equal(status, 0, more.join(" "));
    assert.equal(JSON.parse(stdout).digest, digest);
  }
  const other = kestrel([...args, "--disable", "pair", "--expect", digest]);
  assert.equal(other.status, 3);
  assert.equal(JSON.parse(other.stdout).alerts, 2);
});

test("what rules cost is only told by one worker, and there are at most 16", () => {
  const args = ["replay", recording, "--rules", "rules", "--profile", "--workers"];
  const shared = kestrel([...args, "2"]);
  assert.equal(shared.status, 2);
  assert.match(shared.stderr, /--profile needs --workers 1/);
  const alone = kestrel([...args, "1", "--alerts", "c.jsonl", "--format", "json"]);
  const { events, profile } = JSON.parse(alone.stdout);
  assert.equal(profile.events, events);
  for (const workers of ["0", "17"]) {
    assert.equal(kestrel([...args.slice(0, 4), "--workers", workers]).status, 2);
  }
});

test("lines that are no events are counted and kept aside; the others go on", () => {
  const input = `nonsense\n${event(1, "sh", 1)}\n[1]\n\n`;
  const args = ["replay", "-", "--rules", "rules", "--alerts", "d.jsonl", "--reject", "r.jsonl"];
  const { status, stdout } = kestrel([...args, "--format", "json"], input);
  assert.equal(status, 0);
  const summary = JSON.parse(stdout);
  assert.deepEqual(
    [summary.events, summary.evaluated, summary.rejected, summary.alerts],
    [3, 1, 2, 1],
  );
  const rejects = lines(readFileSync(join(folder, "r.jsonl"), "utf8"));
  assert.deepEqual(
    rejects.map((reject) => [reject.code, reject.line]),
    [
      ["invalid-json", "nonsense"],
      ["not-an-object", "[1]"],
    ],
  );
});

test("an input or output that can't be opened ends with 2 and a clear message", () => {
  const missing = kestrel(["replay", "missing.jsonl", "--rules", "rules"]);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /^error: can't read missing.jsonl: no such file$/m);
  const alerts = kestrel(["replay", recording, "--alerts", "no/such/file"]);
  assert.equal(alerts.status, 2);
  assert.match(alerts.stderr, /can't write no\/such\/file: no such file/);
  const cut = gzipSync(readFileSync(join(folder, recording))).subarray(0, -6);
  put("cut.jsonl.gz", cut);
  const broken = kestrel(["replay", "cut.jsonl.gz", "--alerts", "e.jsonl", "--format", "json"]);
  assert.equal(broken.status, 2);
  assert.equal(JSON.parse(broken.stdout).evaluated, 4);
  assert.match(broken.stderr, /cut off/);
});

test("a bad rule is told and left out, the good ones run", () => {
  const { status, stdout, stderr } = kestrel(["replay", recording, "--rules", "broken"]);
  assert.equal(status, 0);
  assert.equal(lines(stdout).length, 4);
  assert.match(stderr, /error\[unknown-field\]/);
});

test("wrong usage ends with 2 and the usage of the command", () => {
  const { status, stderr } = kestrel(["replay", recording, "--batch-size", "0"]);
  assert.equal(status, 2);
  assert.match(stderr, /usage: kestrel replay /);
  assert.equal(kestrel(["record", "--out", "x.klog"]).status, 2);
  assert.equal(kestrel(["run", "--source", "tcp:1"]).status, 2);
});

test("completion prints a script for each shell", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = kestrel(["completion", shell]);
    assert.equal(status, 0);
    assert.ok(stdout.includes("--batch-size") || stdout.includes("-l batch-size"), shell);
  }
});

test("a reader that goes away ends the program quietly with 0", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => event(i, "sh", i % 60)).join("\n");
  put("many.jsonl", many);
  const child = spawn(process.execPath, [program, "replay", "many.jsonl", "--rules", "rules"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  assert.equal(await endOf(child), 0);
  assert.equal(stderr, "");
});

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("close", (status) => resolve(status));
  });
}

interface Running {
  readonly child: ChildProcess;
  /** Resolves when standard output holds `count` lines. */
  until(count: number): Promise<void>;
  stdout(): string;
  stderr(): string;
  readonly end: Promise<number | null>;
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder });
  let out = "";
  let err = "";
  let wake = (): void => undefined;
  child.stdout.on("data", (chunk) => {
    out += chunk;
    wake();
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    end: endOf(child),
    until: async (count) => {
      while (out.split("\n").length - 1 < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test("run follows a growing file, alerts while it is quiet, and ends cleanly on Ctrl-C", async () => {
  put("live.jsonl", `${event(1, "sh", 0)}\n`);
  const running = start(["run", "--source", "jsonl:live.jsonl", "--rules", "rules"]);
  await running.until(1);
  appendFileSync(join(folder, "live.jsonl"), `${event(2, "curl", 5)}\n`);
  await running.until(2);
  running.child.kill("SIGINT");
  assert.equal(await running.end, 0);
  assert.deepEqual(
    lines(running.stdout()).map((alert) => alert.rule.id),
    ["shell.eql", "pair"],
  );
  const [ready, summary] = running.stderr().trimEnd().split("\n");
  assert.equal(ready, "ready");
  const { events, alerts, interrupted } = JSON.parse(summary!);
  assert.deepEqual([events, alerts, interrupted], [2, 2, true]);
});

test("run reads standard input to its end, and SIGTERM or --for end it as well", async () => {
  const piped = kestrel(
    ["run", "--source", "jsonl:-", "--rules", "rules"],
    `${event(1, "sh", 0)}\nbad\n`,
  );
  assert.equal(piped.status, 0, piped.stderr);
  assert.equal(lines(piped.stdout).length, 1);
  assert.equal(JSON.parse(piped.stderr.replace(/^ready\n/, "")).rejected, 1);
  put("quiet.jsonl", `${event(1, "sh", 0)}\n`);
  const timed = kestrel([
    "run",
    "--source",
    "jsonl:quiet.jsonl",
    "--for",
    "0.2",
    "--alerts",
    "t.jsonl",
  ]);
  assert.equal(timed.status, 0, timed.stderr);
  assert.equal(lines(readFileSync(join(folder, "t.jsonl"), "utf8")).length, 1);
  const killed = start(["run", "--source", "jsonl:quiet.jsonl", "--rules", "rules"]);
  await killed.until(1);
  killed.child.kill("SIGTERM");
  assert.equal(await killed.end, 0);
});

test("Ctrl-C ends a replay with what was found so far and 0", async () => {
  const running = start(["replay", "-", "--rules", "rules", "--alerts", "k.jsonl"]);
  running.child.stdin?.write(`${event(1, "sh", 0)}\n`);
  while (!existsSync(join(folder, "k.jsonl"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  running.child.kill("SIGINT");
  assert.equal(await running.end, 0, running.stderr());
});
