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
  readonly file?: { readonly path?: string };
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
  const more = ["--alerts", "hashed.jsonl", "--hash", "executables"];
  const { child, said, ended } = await watch(["--rules", "rules/hashed.eql", ...more]);
  // The first event of a program can't have what is read because of it.
  while (alerts("hashed.jsonl").length === 0) {
    assert.equal(child.exitCode, null, said());
    await finish(group!.start(copy));
    await delay(50);
  }
  child.kill("SIGINT");
  assert.equal(await ended, 0, said());
  const [alert] = alerts("hashed.jsonl");
  assert.equal(alert!.process?.executable, copy);
});

test("a user and folders limit what is watched, however a file is named", {
  skip: isEbpf ? false : "no eBPF, or no control group of its own",
  timeout: 120_000,
}, async () => {
  rule("files.eql", "file where true");
  mkdirSync(join(folder, "in"));
  mkdirSync(join(folder, "input"));
  const more = ["--alerts", "files.jsonl", "--uid", String(process.getuid!())];
  const scope = ["--path-prefix", join(folder, "in")];
  const { child, said, ended } = await watch(["--rules", "rules/files.eql", ...more, ...scope]);
  const script = `cd ${folder}/input; echo > a; echo > ../in/b; mv a c; chmod 600 c; mv c ../in/d;
    rm ../in/b; echo > e; rm e; mkdir ../in/last`;
  await finish(group!.start(script));
  const seen = (): (string | undefined)[] => alerts("files.jsonl").map(({ file }) => file?.path);
  // Made, written, moved there, removed, made.
  const told = ["b", "b", "d", "b", "last"].map((name) => join(folder, "in", name));
  await until(child, said, () => seen().includes(told.at(-1)));
  child.kill("SIGINT");
  assert.equal(await ended, 0, said());
  assert.deepEqual(seen(), told);
});

/** `kestrel run` over the test's group, once it is ready. */
async function watch(
  more: readonly string[],
): Promise<{ child: ChildProcess; said: () => string; ended: Promise<unknown> }> {
  const cgroup = join(unifiedMount()!, group!.path);
  const args = [program, "run", "--source", "ebpf", "--cgroup", cgroup, ...more];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const said = (): string => stderr;
  const ended = new Promise((resolve) => child.on("close", resolve));
  await until(child, said, () => /^ready$/m.test(stderr));
  return { child, said, ended };
}

async function finish(running: ChildProcess): Promise<void> {
  while (running.exitCode === null && running.signalCode === null) await delay(10);
}
