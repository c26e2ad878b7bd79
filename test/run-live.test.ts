/** `kestrel run` over the kernel's own sources, limited to a control group that the test makes. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
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
import { sourceKinds } from "../src/agent/sources.ts";
import { unifiedMount } from "../src/collect/linux/control-groups.ts";
import { makeOwnGroup, whyNoGroup } from "../src/collect/linux/own-group.fixture.ts";

const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-live-"));
const group = makeOwnGroup();
const isEbpf = whyNoGroup === false && (await sourceKinds.ebpf?.offer())?.available === true;
after(async () => {
  rmSync(folder, { recursive: true });
  await group?.remove();
});

function rule(name: string, text: string): void {
  mkdirSync(join(folder, "rules"), { recursive: true });
  writeFileSync(join(folder, "rules", name), text);
}

interface LiveAlert {
  readonly rule: { readonly id: string };
  readonly process?: { readonly executable?: string };
}

function alerts(name: string = "alerts.jsonl"): LiveAlert[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

async function until(child: ChildProcess, said: () => string, holds: () => boolean): Promise<void> {
  while (!holds()) {
    assert.equal(child.exitCode, null, said());
    await delay(20);
  }
}

test("eBPF sees the group alone, counts to the last event, and after a reload collects what new rules need", {
  skip: isEbpf ? false : "no eBPF, or no control group of its own",
  timeout: 120_000,
}, async () => {
  rule("true.eql", 'process where event.action == "exec" and process.name == "true"');
  const cgroup = join(unifiedMount()!, group!.path);
  const args = ["run", "--source", "ebpf", "--cgroup", cgroup, "--rules", "rules"];
  const more = ["--alerts", "alerts.jsonl", "--format", "json"];
  const child = spawn(process.execPath, [program, ...args, ...more], { cwd: folder });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const said = (): string => stderr;
  await until(child, said, () => /^ready$/m.test(stderr));
  const file = join(folder, "written");
  await finish(
    group!.start(`i=0; while [ $i -lt 30 ]; do /bin/true; i=$((i+1)); done; : > ${file}`),
  );
  await until(child, said, () => alerts().length >= 30);
  await delay(200);
  assert.deepEqual(new Set(alerts().map((alert) => alert.rule.id)), new Set(["true.eql"]));
  assert.equal(alerts().length, 30);

  rule("renamed.eql", `file where event.action == "rename" and file.path == "${file}.new"`);
  child.kill("SIGHUP");
  await until(child, said, () => stderr.includes("rules reloaded: 2 in use"));
  await finish(group!.start(`mv ${file} ${file}.new`));
  await until(child, said, () => alerts().some((alert) => alert.rule.id === "renamed.eql"));
  child.kill("SIGINT");
  assert.equal(await ended, 0, stderr);
  const { events, evaluated, rejected, dropped, source, reloads } = JSON.parse(stdout);
  assert.equal(events, evaluated + rejected + dropped);
  assert.deepEqual([source, rejected, dropped, reloads], ["ebpf", 0, 0, 1]);
});

test("hashes show in later events of the same program, where they are asked for", {
  skip: isEbpf ? false : "no eBPF, or no control group of its own",
  timeout: 120_000,
}, async () => {
  const copy = join(folder, "hashed-program");
  copyFileSync("/bin/true", copy);
  const sha256 = createHash("sha256").update(readFileSync(copy)).digest("hex");
  rule("hashed.eql", `process where event.action == "exec" and process.hash.sha256 == "${sha256}"`);
  const cgroup = join(unifiedMount()!, group!.path);
  const args = ["run", "--source", "ebpf", "--cgroup", cgroup, "--rules", "rules/hashed.eql"];
  const more = ["--alerts", "hashed.jsonl", "--format", "json", "--hash", "executables"];
  const child = spawn(process.execPath, [program, ...args, ...more], { cwd: folder });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  child.stdout.resume();
  const ended = new Promise((resolve) => child.on("close", resolve));
  await until(
    child,
    () => stderr,
    () => /^ready$/m.test(stderr),
  );
  // The first event of a program can't have what is read because of it.
  while (alerts("hashed.jsonl").length === 0) {
    assert.equal(child.exitCode, null, stderr);
    await finish(group!.start(copy));
    await delay(50);
  }
  child.kill("SIGINT");
  assert.equal(await ended, 0, stderr);
  const [alert] = alerts("hashed.jsonl");
  assert.equal(alert!.process?.executable, copy);
});

async function finish(running: ChildProcess): Promise<void> {
  while (running.exitCode === null && running.signalCode === null) await delay(10);
}
