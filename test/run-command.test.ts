/** `kestrel run` as its users run it: several sources, a configuration, reload, one agent at a time. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../src/agent/config.ts";
import { defaultLimits } from "../src/base/limits.ts";
import { flagsOf } from "../src/cli/flags.ts";
import { segmentsOf } from "../src/log/log-paths.ts";
import { SegmentFile } from "../src/log/segment-file.ts";

const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-run-"));
after(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string): string {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, content);
  return path;
}

function event(name: string, category: string = "process", action: string = "exec"): string {
  const entry = {
    "@timestamp": new Date().toISOString(),
    event: { category: [category], type: ["start"], action },
    host: { id: "h" },
    process: { name, entity_id: name },
  };
  return `${JSON.stringify(entry)}\n`;
}

class Running {
  readonly child: ChildProcess;
  stdout: string = "";
  stderr: string = "";
  readonly end: Promise<number | null>;

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [program, "run", ...args], { cwd: folder });
    this.child.stdout?.on("data", (bytes: Buffer) => {
      this.stdout += bytes.toString();
    });
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    this.end = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
  }

  /** Waits until `holds`; fails with what the program said where it ends before. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      assert.equal(this.child.exitCode, null, this.stderr);
      await delay(10);
    }
  }

  ready(): Promise<void> {
    return this.until(() => /^ready$/m.test(this.stderr));
  }

  /** Ends it and returns its summary. */
  async stop(): Promise<ReturnType<typeof JSON.parse>> {
    this.child.kill("SIGTERM");
    assert.equal(await this.end, 0, this.stderr);
    return JSON.parse(this.stdout);
  }
}

function alertsIn(path: string): { readonly rule: { readonly id: string } }[] {
  if (!existsSync(join(folder, path))) return [];
  const text = readFileSync(join(folder, path), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

put("rules/shell.eql", 'process where process.name == "sh"');

const common: readonly string[] = ["--rules", "rules", "--format", "json"];

test("several sources run at once, and the summary tells of all", async () => {
  put("a.jsonl", event("sh"));
  put("b.jsonl", event("cat"));
  const running = new Running(
    ...["--source", "jsonl:a.jsonl", "--source", "jsonl:b.jsonl", "--alerts", "two.jsonl"],
    ...common,
  );
  await running.ready();
  await running.until(() => alertsIn("two.jsonl").length === 1);
  appendFileSync(join(folder, "b.jsonl"), `${event("sh")}no event\n`);
  await running.until(() => alertsIn("two.jsonl").length === 2);
  const summary = await running.stop();
  assert.equal(summary.source, "jsonl:a.jsonl,jsonl:b.jsonl");
  const { events, evaluated, rejected, dropped, filtered_in_kernel: filtered } = summary;
  assert.deepEqual([events, evaluated, rejected, dropped, filtered], [4, 3, 1, 0, 0]);
  assert.ok(summary.cpu_seconds > 0 && summary.rss_mb > 10 && summary.latency_ms.p99 > 0);
  assert.deepEqual(
    summary.sources.map((source: { received: number }) => source.received),
    [1, 3],
  );
});

test("SIGHUP loads the rules anew; a bad one changes nothing", async () => {
  put("changing/shell.eql", 'process where process.name == "sh"');
  put("c.jsonl", event("sh"));
  const running = new Running(
    ...["--source", "jsonl:c.jsonl", "--rules", "changing", "--alerts", "c-alerts.jsonl"],
    ...["--record", "c.klog", "--format", "json"],
  );
  await running.ready();
  await running.until(() => alertsIn("c-alerts.jsonl").length === 1);
  put("changing/bad.eql", "process where");
  running.child.kill("SIGHUP");
  await running.until(() => running.stderr.includes("rules were not reloaded"));
  assert.match(running.stderr, /bad\.eql:1:/);
  put("changing/bad.eql", 'process where process.name == "curl"');
  running.child.kill("SIGHUP");
  await running.until(() => running.stderr.includes("rules reloaded: 2 in use, 1 added"));
  appendFileSync(join(folder, "c.jsonl"), `${event("curl")}${event("sh")}`);
  await running.until(() => alertsIn("c-alerts.jsonl").length === 3);
  const summary = await running.stop();
  assert.deepEqual([summary.events, summary.reloads, summary.rules], [3, 1, 2]);
  const hashes = readFileSync(join(folder, "c-alerts.jsonl"), "utf8").matchAll(
    /"rule_pack_hash":"(\w+)"/g,
  );
  assert.equal(new Set([...hashes].map(([, hash]) => hash)).size, 2);
  const converting = spawn(process.execPath, [program, "convert", "c.klog", "log.jsonl"], {
    cwd: folder,
  });
  await once(converting, "close");
  const records = readFileSync(join(folder, "log.jsonl"), "utf8");
  assert.ok(records.includes(`"rules":{"pack_hash":"${summary.rule_pack_hash}"}`), records);
});

test("a segment of the log that begins after a reload names the rules that run then", async () => {
  put("replaced/shell.eql", 'process where process.name == "sh"');
  put("e.jsonl", event("cat"));
  const running = new Running(
    ...["--source", "jsonl:e.jsonl", "--rules", "replaced", "--alerts", "e-alerts.jsonl"],
    ...["--record", "e.klog", "--segment-seconds", "1", "--format", "json"],
  );
  await running.ready();
  put("replaced/shell.eql", 'process where process.name == "dash"');
  running.child.kill("SIGHUP");
  await running.until(() => running.stderr.includes("rules reloaded"));
  const segments = (): string[] => segmentsOf(join(folder, "e.klog"));
  const before = segments().length;
  await running.until(() => {
    appendFileSync(join(folder, "e.jsonl"), event("cat"));
    return segments().length > before;
  });
  const summary = await running.stop();
  const [first, last] = [segments()[0]!, segments().at(-1)!].map((path) => {
    const file = new SegmentFile(path, defaultLimits.logPayloadBytes);
    file.close();
    return file.header?.rulePackHash;
  });
  assert.equal(last, summary.rule_pack_hash);
  assert.notEqual(first, last);
});

test("one agent holds the PID file; one that was killed leaves no lock behind", async () => {
  put("d.jsonl", event("sh"));
  const args = ["--source", "jsonl:d.jsonl", "--pid-file", "agent.pid", ...common];
  const first = new Running(...args);
  await first.ready();
  assert.equal(
    readFileSync(join(folder, "agent.pid"), "utf8").split("\n")[0],
    String(first.child.pid),
  );
  const second = new Running(...args);
  assert.equal(await second.end, 2);
  assert.match(second.stderr, new RegExp(`held by process ${first.child.pid}, which runs`));
  first.child.kill("SIGKILL");
  await first.end;
  assert.ok(existsSync(join(folder, "agent.pid")));
  const third = new Running(...args, "--alerts", "d-alerts.jsonl");
  await third.ready();
  await third.stop();
  assert.ok(!existsSync(join(folder, "agent.pid")));
});

test("a configuration says what the flags leave open, and flags override it", async () => {
  put("e.jsonl", `${event("sh")}${event("sh", "file", "open").repeat(10)}${event("bash")}`);
  put(
    "agent.yaml",
    [
      'sources: ["jsonl:e.jsonl"]',
      "rules: [rules]",
      "alerts: not-this.jsonl",
      "exceptions:",
      "  - rule: shell.eql",
      '    condition: process.entity_id == "quiet"',
      "    reason: r",
      "    owner: o",
      "cpu:",
      "  sampling: [{category: file, action: open, one_in: 5}]",
    ].join("\n"),
  );
  const running = new Running(
    ...["--config", "agent.yaml", "--alerts", "e-alerts.jsonl", "--format", "json"],
  );
  await running.ready();
  await running.until(() => alertsIn("e-alerts.jsonl").length === 1);
  const quiet = event("sh").replace('"entity_id":"sh"', '"entity_id":"quiet"');
  appendFileSync(join(folder, "e.jsonl"), `${quiet}${event("sh")}`);
  await running.until(() => alertsIn("e-alerts.jsonl").length === 2);
  const summary = await running.stop();
  assert.deepEqual([summary.events, summary.evaluated, summary.dropped], [14, 6, 8]);
  assert.ok(!existsSync(join(folder, "not-this.jsonl")));
});

test("every key of a configuration that stands for a flag stands for one of run", () => {
  const keys = ["cgroup", "alerts", "record", "reject", "pid_file", "control", "metrics"];
  const lists = ["sources", "rules", "only", "disable", "sinks"];
  const more = ["sink_spool", "sink_headers", "selection", "schema_extension"];
  const lines = [...keys, ...more].map((key) => `${key}: x\n`);
  const text = [...lines, ...lists.map((key) => `${key}: [auto]\n`), "cpu: {budget_percent: 5}"];
  const { config, diagnostics } = parseConfig({ name: "c", text: text.join("") });
  assert.deepEqual(diagnostics, []);
  assert.equal(config.flags.size, keys.length + more.length + lists.length + 1);
  const known = new Set(flagsOf("run").map(({ name }) => name));
  assert.deepEqual(
    [...config.flags.keys()].filter((flag) => !known.has(flag)),
    [],
  );
});

test("a wrong configuration is told with its places, and nothing is started", async () => {
  put("wrong.yaml", "sources: [tcp:1]\nruels: [x]\nlimits:\n  busEvents: many\n");
  const running = new Running("--config", "wrong.yaml");
  assert.equal(await running.end, 2);
  for (const place of ["wrong.yaml:1:11", "wrong.yaml:2:1", "wrong.yaml:4:14"]) {
    assert.ok(running.stderr.includes(place), `${place}\n${running.stderr}`);
  }
});

test("what a run gives up it has no more", { skip: process.platform !== "linux" }, async () => {
  put("f.jsonl", event("sh"));
  const running = new Running("--source", "jsonl:f.jsonl", ...common, "--alerts", "f.out");
  await running.ready();
  const status = readFileSync(`/proc/${running.child.pid}/status`, "utf8");
  assert.match(status, /^NoNewPrivs:\t1$/m);
  if (process.getuid?.() === 0) {
    // CAP_SYS_MODULE and CAP_SYS_BOOT are numbers 16 and 22.
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) {
      const held = BigInt(`0x${new RegExp(`^${set}:\\t(\\w+)$`, "m").exec(status)![1]}`);
      assert.equal(held & ((1n << 16n) | (1n << 22n)), 0n, set);
    }
  }
  await running.stop();
});

test("doctor tells what there is and what is missing, and checks a configuration", async () => {
  put("good.yaml", "sources: ['jsonl:x.jsonl']\n");
  put("bad.yaml", "sources: tcp:1\n");
  for (const [config, status] of [
    ["good.yaml", 0],
    ["bad.yaml", 1],
  ] as const) {
    const args = [program, "doctor", "--format", "json", "--config", config];
    const child = spawn(process.execPath, args, { cwd: folder });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, status);
    const report = JSON.parse(text);
    const names: string[] = report.capabilities.map(({ name }: { name: string }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { available, why, mend } of report.capabilities) {
      assert.ok(typeof available === "boolean" && why !== "");
      assert.ok(available ? mend === null : mend === null || mend !== "");
    }
    assert.ok(report.sources.some((source: { name: string }) => source.name === "jsonl"));
    assert.equal(report.config.valid, status === 0);
    if (status === 1) assert.equal(report.config.diagnostics[0].line, 1);
  }
});

test("doctor tells which rules can fire on what the sources here supply", async () => {
  put("able/exec.eql", 'process where event.action == "exec" and process.name == "x"\n');
  put("able/unable.eql", 'process where event.action == "exec" and dns.question.name == "x"\n');
  const args = [program, "doctor", "--format", "json", "--rules", "able"];
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0);
  const { rules, sources } = JSON.parse(stdout);
  const seesPrograms = sources.some(
    (source: { name: string; available: boolean; actions: string[] }) =>
      source.available && source.name !== "jsonl" && source.actions.includes("exec"),
  );
  const levels = rules.rules.map(({ coverage }: { coverage: string }) => coverage);
  assert.equal(rules.total, 2);
  assert.deepEqual(levels, seesPrograms ? ["full", "none"] : ["none", "none"]);
});
