// `npm run techniques [-- --source SPEC] [--out FILE.jsonl] [--write]`: builds, plays the techniques of examples/techniques in a
// control group and name spaces of their own under a source (eBPF unless another is named), and replays what was recorded
// through the shipped rules. With `--out` the recording is kept; with `--write` it becomes examples/techniques.jsonl.gz, and
// the index of it is written anew. Needs root.
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { techniques } from "../examples/techniques/table.mjs";

const root = new URL("..", import.meta.url).pathname;
const source = join(root, "examples/techniques");

/** Runs the techniques inside `group`, the folder of a control group; gives the status of the session. */
async function play(group) {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-techniques-"));
  const container = join(group, `docker-${"0f5e".repeat(16)}.scope`);
  mkdirSync(container);
  try {
    cpSync(join(source, "programs"), join(folder, "programs"), { recursive: true });
    mkdirSync(join(folder, "container"));
    writeFileSync(join(folder, "steps.sh"), stepsText());
    const command = [
      "-m",
      "-n",
      "-u",
      "--propagation",
      "private",
      "sh",
      join(source, "prepare.sh"),
    ];
    const child = spawn("unshare", [...command, folder, container], {
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        KESTREL_HOST_MOUNTS: readlinkSync("/proc/self/ns/mnt"),
      },
      stdio: ["pipe", "pipe", "inherit"],
      timeout: 120_000,
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, pid] = line.split(" ");
      if (word === "ready") {
        writeFileSync(join(group, "cgroup.procs"), pid);
        child.stdin.end("go\n");
      } else process.stdout.write(`${line}\n`);
    }
    return await ended;
  } finally {
    await removeGroup(container);
    rmSync(folder, { recursive: true, force: true });
  }
}

function stepsText() {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = techniques.flatMap(({ id, name, steps }) => [
    `echo ${quote(`${id}  ${name}`)}`,
    ...steps.map((step) => `sh -c ${quote(step)}`),
  ]);
  return `${lines.join("\n")}\n`;
}

/** Makes a control group, hands its folder to `body`, and removes it whatever happens. */
async function inOwnGroup(body) {
  const { unifiedMount } = await import("../dist/src/collect/linux/control-groups.js");
  const mount = unifiedMount();
  if (mount === null) throw new Error("there is no unified hierarchy of control groups");
  const group = mkdtempSync(join(mount, "kestrel-techniques-"));
  try {
    return await body(group);
  } finally {
    await removeGroup(group);
  }
}

async function removeGroup(group) {
  try {
    writeFileSync(join(group, "cgroup.kill"), "1");
  } catch {
    // Kernels before 5.14 have no such file; the programs end by themselves.
  }
  for (let left = 100; left > 0; left -= 1) {
    try {
      rmdirSync(group);
      return;
    } catch {
      await delay(50);
    }
  }
}

const { values } = parseArgs({
  options: {
    write: { type: "boolean" },
    source: { type: "string", default: "ebpf" },
    out: { type: "string" },
  },
});
const sourceName = values.source;
const folder = mkdtempSync(join(tmpdir(), "kestrel-recording-"));
const log = join(folder, "techniques.klog");
const program = join(root, "dist/src/cli/main.js");
spawnSync("npx", ["--no-install", "tsc", "-p", "tsconfig.json"], { cwd: root, stdio: "inherit" });
try {
  await inOwnGroup(async (group) => {
    // Runs before the sensor does, so that the recording tells of a process that was there already.
    const before = spawn("sleep", ["60"], { cwd: "/", env: { PATH: "/usr/bin" }, stdio: "ignore" });
    writeFileSync(join(group, "cgroup.procs"), String(before.pid));
    const redact = join(source, "redact.yaml");
    const command = [
      "record",
      "--source",
      sourceName,
      "--cgroup",
      group,
      "--redact",
      redact,
      "--out",
      log,
    ];
    const sensor = spawn(process.execPath, [program, ...command], { stdio: "inherit" });
    const ended = new Promise((resolve) => sensor.once("exit", resolve));
    await delay(3000);
    const status = await play(group);
    if (status !== 0) process.stderr.write(`the session ended with ${status}\n`);
    before.kill();
    await delay(1000);
    sensor.kill("SIGINT");
    await ended;
  });
  kestrel("replay", log, "--rules", "rules", "--format", "text");
  if (values.out !== undefined) kestrel("convert", log, values.out);
  if (values.write) {
    kestrel("convert", log, "examples/techniques.jsonl.gz");
    spawnSync(process.execPath, ["scripts/index-recording.mjs"], { cwd: root, stdio: "inherit" });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function kestrel(...args) {
  const { status } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`kestrel ${args[0]} ended with ${status}`);
}
