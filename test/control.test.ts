/** A running agent, steered and watched as its users do it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { metricTable } from "../src/agent/control/metrics.ts";
import { openMetricsServer, parseAddress } from "../src/agent/control/metrics-server.ts";

const program = join(process.cwd(), "dist/src/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "kestrel-control-"));
const rules = join(folder, "rules");
const events = join(folder, "events.jsonl");
const control = join(folder, "control.sock");
const skip = process.platform === "linux" ? false : "peers are named on Linux only";
let agent: ChildProcess | null = null;

before(async () => {
  if (skip !== false) return;
  mkdirSync(rules);
  writeFileSync(join(rules, "shell.eql"), 'process where process.name == "sh"\n');
  const event = { "@timestamp": "2026-03-02T09:00:00Z", event: { category: "process" } };
  writeFileSync(events, `${JSON.stringify({ ...event, process: { name: "sh" } })}\n`);
  const source = ["--source", `jsonl:${events}`, "--rules", rules];
  const output = ["--control", control, "--alerts", join(folder, "alerts.jsonl")];
  agent = spawn(process.execPath, [program, "run", ...source, ...output], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    agent!.stderr!.on("data", (bytes) => {
      said += String(bytes);
      if (said.includes("ready\n")) resolve();
    });
    agent!.on("exit", () => reject(new Error(`the agent ended: ${said}`)));
  });
});

after(() => {
  agent?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kestrel(...args: readonly string[]): Said {
  const all = [program, ...args, "--control", control];
  return spawnSync(process.execPath, all, { encoding: "utf8", timeout: 60_000 });
}

function reload(action: "reload" | "rollback"): {
  readonly swapped: boolean;
  readonly rules: number;
} {
  return JSON.parse(kestrel("ctl", action).stdout) as ReturnType<typeof reload>;
}

test("status tells what a run has come to, in both forms", { skip }, () => {
  assert.equal(statSync(control).mode & 0o777, 0o600);
  const status = JSON.parse(kestrel("status", "--format", "json").stdout) as {
    readonly events: number;
    readonly rules: number;
  };
  assert.deepEqual([status.events, status.rules], [1, 1]);
  const { stdout } = kestrel("status");
  assert.match(stdout, /^events +1, /m);
  assert.match(stdout, /jsonl:.*events\.jsonl|events\.jsonl/);
  assert.equal(kestrel("top", "--once").stdout.split("\n")[0]!.slice(0, 12), stdout.slice(0, 12));
});

test("rules are loaded anew, and a rollback goes back and forth", { skip }, () => {
  assert.match(kestrel("ctl", "rollback").stderr, /no other rules ran before/);
  writeFileSync(join(rules, "curl.eql"), 'process where process.name == "curl"\n');
  assert.equal(reload("reload").rules, 2);
  assert.equal(reload("rollback").rules, 1);
  assert.equal(reload("rollback").rules, 2);
  writeFileSync(join(rules, "bad.eql"), "process where\n");
  const refused = kestrel("ctl", "reload");
  assert.equal(refused.status, 1);
  assert.equal((JSON.parse(refused.stdout) as { readonly swapped: boolean }).swapped, false);
});

interface Reloaded {
  readonly swapped: boolean;
  readonly rules: number;
  readonly removed: readonly string[];
}

test("rules are switched off and on again, and stay off over a reload", { skip }, () => {
  rmSync(join(rules, "bad.eql"));
  const ask = (...args: readonly string[]): Reloaded =>
    JSON.parse(kestrel("ctl", ...args).stdout) as Reloaded;
  const { swapped, rules: left, removed } = ask("disable", "path:*curl.eql");
  assert.deepEqual([swapped, left, removed], [true, 1, ["curl.eql"]]);
  assert.equal(ask("reload").rules, 1);
  assert.match(kestrel("ctl", "disable", "path:*curl.eql").stderr, /is off already/);
  assert.match(kestrel("ctl", "enable", "id:shell.eql").stderr, /these are: path:\*curl\.eql/);
  assert.equal(ask("enable", "path:*curl.eql").rules, 2);
  for (const args of [["disable"], ["disable", "size:1"], ["reload", "x"]]) {
    assert.equal(kestrel("ctl", ...args).status, 2, args.join(" "));
  }
  // What is refused changes nothing.
  writeFileSync(join(rules, "bad.eql"), "process where\n");
  assert.equal(kestrel("ctl", "disable", "path:*curl.eql").status, 1);
  rmSync(join(rules, "bad.eql"));
  assert.equal(ask("reload").rules, 2);
});

test("the level of the log is told and changed", { skip }, () => {
  assert.equal(kestrel("ctl", "log-level").stdout, '{"log_level":"warn"}\n');
  assert.equal(kestrel("ctl", "log-level", "info").stdout, '{"log_level":"info"}\n');
  assert.equal(kestrel("ctl", "log-level").stdout, '{"log_level":"info"}\n');
  assert.match(kestrel("ctl", "log-level", "loud").stderr, /use one of error, warn, info, debug/);
});

test("metrics are Prometheus' text, and the document explains each", { skip }, async () => {
  const { stdout } = kestrel("ctl", "metrics");
  assert.match(stdout, /^# TYPE kestrel_events_total counter\n/m);
  assert.match(stdout, /^kestrel_rules 2$/m);
  for (const line of stdout.trimEnd().split("\n")) {
    assert.match(
      line,
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? \S+)$/,
    );
  }
  const document = readFileSync("docs/operating.md", "utf8");
  for (const { name } of metricTable) assert.ok(document.includes(`| \`${name}\` |`), name);
  const server = await openMetricsServer("127.0.0.1:0", () => stdout);
  const { port } = server.address() as { readonly port: number };
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(await response.text(), stdout);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  server.close();
  server.closeAllConnections();
});

test("addresses are loopback unless they say otherwise", () => {
  assert.deepEqual(parseAddress("9100"), { host: "127.0.0.1", port: 9100 });
  assert.deepEqual(parseAddress("[::1]:9100"), { host: "::1", port: 9100 });
  assert.throws(() => parseAddress("localhost"));
  assert.throws(() => parseAddress("127.0.0.1:99999"));
});

test("a request that is none is answered with what may be asked", { skip }, async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(control, () =>
      socket.end(`{"command":"constructor"}\n${"x".repeat(9000)}`),
    );
    let said = "";
    socket.on("data", (bytes) => {
      said += String(bytes);
    });
    socket.on("close", () => resolve(said));
  });
  const lines = answer.trimEnd().split("\n");
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /"ok":false.*use one of status/);
});

test("flush and stop are done; after that no agent answers", { skip }, async () => {
  appendFileSync(events, "");
  assert.equal(kestrel("ctl", "flush").stdout, '{"done":"flush"}\n');
  const ended = new Promise<number | null>((resolve) => agent!.on("exit", resolve));
  assert.equal(kestrel("ctl", "stop").status, 0);
  assert.equal(await ended, 0);
  const { status, stderr } = kestrel("status");
  assert.equal(status, 2);
  assert.match(stderr, /no agent answers at/);
});
