// `npm run techniques [-- --source SPEC]... [--out FILE.jsonl] [--write]`: builds, plays the techniques of examples/techniques in a
// control group and name spaces of their own under sources (eBPF unless others are named), and replays what was recorded
// through the shipped rules. With `--out` the recording is kept; with `--write` it becomes examples/techniques.jsonl.gz, and
// the index of it is written anew. The sources run in the name space of the techniques' mounts, so that `fanotify:/tmp`
// is their folder. With `--own-pids` they watch a name space of pids instead of a control group: a source that finds out the
// group of a process in /proc takes one that is gone for another's; the process connector works in the first name space alone.
// Needs root.
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
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
import { gzipSync } from "node:zlib";
import { techniques } from "../examples/techniques/table.mjs";

const root = new URL("..", import.meta.url).pathname;
const source = join(root, "examples/techniques");
const program = join(root, "dist/src/cli/main.js");
/** Where the folder of a session is in the name space of its mounts. */
const inside = "/mnt";

const { values } = parseArgs({
  options: {
    write: { type: "boolean" },
    source: { type: "string", multiple: true, default: ["ebpf"] },
    out: { type: "string" },
    "own-pids": { type: "boolean", default: false },
  },
});
const hasOwnPids = values["own-pids"];
spawnSync("npx", ["--no-install", "tsc", "-p", "tsconfig.json"], { cwd: root, stdio: "inherit" });
const folder = mkdtempSync(join(tmpdir(), "kestrel-techniques-"));
try {
  const marks = await inOwnGroup(play);
  const log = join(folder, "techniques.klog");
  kestrel("replay", log, "--rules", "rules", "--format", "text");
  const recording = join(folder, "recording.jsonl");
  kestrel("convert", log, recording);
  const text = withMarks(readFileSync(recording, "utf8"), marks);
  if (values.out !== undefined) writeFileSync(values.out, text);
  if (values.write) {
    writeFileSync(join(root, "examples/techniques.jsonl.gz"), gzipSync(text, { level: 9 }));
    spawnSync(process.execPath, ["scripts/index-recording.mjs"], { cwd: root, stdio: "inherit" });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the techniques inside `group`, the folder of a control group; gives the marks of when each began. */
async function play(group) {
  const container = join(group, `docker-${"0f5e".repeat(16)}.scope`);
  mkdirSync(container);
  try {
    return await playBeside(group, container, await startBefore(group));
  } finally {
    await removeGroup(container);
  }
}

/** Runs before the sensor does, so that the recording tells of processes that were there already, a parent and a child. */
async function startBefore(group) {
  const before = spawn("sh", ["-c", "read go; sleep 60; exit"], {
    cwd: "/",
    env: { PATH: "/usr/bin" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  writeFileSync(join(group, "cgroup.procs"), String(before.pid));
  before.stdin.end("go\n");
  return before;
}

async function playBeside(group, container, before) {
  cpSync(join(source, "programs"), join(folder, "programs"), { recursive: true });
  cpSync(join(source, "redact.yaml"), join(folder, "redact.yaml"));
  mkdirSync(join(folder, "container"));
  writeFileSync(join(folder, "steps.sh"), stepsText());
  const spaces = ["-m", "-n", "-u", "--propagation", "private"];
  if (hasOwnPids) spaces.push("-p", "--fork", "--kill-child", "--mount-proc");
  const command = [...spaces, "sh", join(source, "prepare.sh"), folder, container];
  const child = spawn("unshare", command, {
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      KESTREL_HOST_MOUNTS: readlinkSync("/proc/self/ns/mnt"),
    },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 120_000,
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const marks = [];
  let sensor = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, ...rest] = line.split(" ");
    if (word === "ready") {
      // The pid that the session tells is that of its own name space.
      const pid = hasOwnPids ? childOf(child.pid) : first;
      if (!hasOwnPids) writeFileSync(join(group, "cgroup.procs"), pid);
      sensor = await startSensor(group, pid);
      child.stdin.write("go\n");
    } else if (word === "over") {
      before.kill();
      await delay(1000);
      await sensor?.stop();
      child.stdin.end("end\n");
    } else if (word === "mark") {
      marks.push({ time: first, technique: rest[0] ?? null });
      process.stdout.write(`${rest.join(" ")}\n`);
    } else process.stdout.write(`${line}\n`);
  }
  const status = await ended;
  if (status !== 0) process.stderr.write(`the session ended with ${status}\n`);
  return marks;
}

/** Begins to record in the name space of the mounts of the process `pid`. */
async function startSensor(group, pid) {
  const command = [
    ...[program, "record", "--redact", join(inside, "redact.yaml")],
    ...(hasOwnPids ? [] : ["--cgroup", group]),
    ...values.source.flatMap((spec) => ["--source", spec]),
    ...["--out", join(inside, "techniques.klog")],
  ];
  const enter = ["--target", pid, "--mount", ...(hasOwnPids ? ["--pid"] : []), "--wd=/"];
  const sensor = spawn("nsenter", [...enter, process.execPath, ...command], { stdio: "inherit" });
  const ended = new Promise((resolve) => sensor.once("exit", resolve));
  // The log is begun once the sources are attached.
  for (let left = 600; left > 0 && !existsSync(join(folder, "techniques.klog")); left -= 1) {
    await delay(50);
  }
  return {
    stop: async () => {
      // For a name space of pids, nsenter waits for a child.
      process.kill(hasOwnPids ? Number(childOf(sensor.pid)) : sensor.pid, "SIGINT");
      await ended;
    },
  };
}

function childOf(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  return readFileSync(path, "utf8").trim().split(" ")[0];
}

/** Between two techniques there is a pause, so that what is told late still falls to the right one. */
function stepsText() {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = techniques.flatMap(({ id, name, steps }) => [
    `echo "mark $EPOCHREALTIME "${quote(`${id}  ${name}`)}`,
    ...steps.map((step) => `sh -c ${quote(step)}`),
    "sleep 0.1",
  ]);
  return `${[...lines, 'echo "mark $EPOCHREALTIME"'].join("\n")}\n`;
}

/** The recording with heartbeats that say which technique begins; the last says that none does. */
function withMarks(text, marks) {
  const timed = marks.map(({ time, technique }) => {
    const [seconds, fraction] = time.split(/[.,]/);
    const second = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
    const mark = { record: "heartbeat", technique };
    return { "@timestamp": `${second}.${fraction}Z`, kestrel: mark };
  });
  const lines = text.split("\n").filter((line) => line !== "");
  const merged = [];
  for (const line of lines) {
    const at = JSON.parse(line)["@timestamp"];
    while (timed.length > 0 && comparable(timed[0]["@timestamp"]) <= comparable(at)) {
      merged.push(JSON.stringify(timed.shift()));
    }
    merged.push(line);
  }
  return `${[...merged, ...timed.map((mark) => JSON.stringify(mark))].join("\n")}\n`;
}

/** ISO 8601 times have fractions of different lengths. */
function comparable(time) {
  return time
    .replace("Z", "")
    .padEnd(19, " ")
    .replace(/^(.{19})\.?/, "$1.")
    .padEnd(29, "0");
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

function kestrel(...args) {
  const { status } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`kestrel ${args[0]} ended with ${status}`);
}
