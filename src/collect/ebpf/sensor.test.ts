/** Attaches for real, limited to a control group that the test makes itself. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Interest } from "../../schema/interest.ts";
import type { Activity, ExecActivity, LostActivity } from "../host/activity.ts";
import { makeOwnGroup, type OwnGroup } from "../linux/own-group.fixture.ts";
import { SourceError } from "../source.ts";
import { loadedPrograms } from "./libbpf.ts";
import { type EbpfOptions, EbpfSensor } from "./sensor.ts";
import { whyNoSensor } from "./why-no-sensor.fixture.ts";

const skip = whyNoSensor();
const folder = mkdtempSync(join(tmpdir(), "kestrel-ebpf-"));
after(() => rmSync(folder, { recursive: true }));
const nothing: Interest = { shapes: [], fields: new Set() };
/** 1,000 in the long form. */
const processCount = process.env["KESTREL_LONG"] === undefined ? 40 : 1000;

/** A sensor on a group of its own; both are gone when `use` is done. */
async function withSensor(
  options: Partial<EbpfOptions>,
  use: (group: OwnGroup, sensor: EbpfSensor) => Promise<void>,
): Promise<void> {
  const group = makeOwnGroup()!;
  let sensor: EbpfSensor | null = null;
  try {
    const environment = new Set(["PATH"]);
    const defaults = { cgroupId: group.id, uid: null, folders: [], interest: null, environment };
    sensor = new EbpfSensor({ ...defaults, ringBytes: 0x400000, ...options });
    await use(group, sensor);
  } finally {
    sensor?.close();
    await group.remove();
  }
}

function drain(sensor: EbpfSensor): (Activity | LostActivity)[] {
  const all: (Activity | LostActivity)[] = [];
  while (
    sensor.drain((seen) => {
      if (seen.kind !== "ready" && seen.kind !== "extended") all.push(seen);
    }) === "more"
  );
  return all;
}

/** A number of a process out of its `stat`; 0 stands for one outside its namespace (proc(5), pid_namespaces(7)). */
function toldPid(text: string): number | null {
  return text === "0" ? null : Number(text);
}

test("processes are told as they see themselves", { skip }, async () => {
  await withSensor({ interest: nothing }, async (group, sensor) => {
    const shell = realpathSync("/bin/sh");
    const script = 'read -r stat < /proc/self/stat; echo "$PPID $stat"';
    const activities: (Activity | LostActivity)[] = [];
    for (let index = 0; index < processCount; index += 1) {
      const args = ["/bin/sh", "-c", script, `${index}`, "", "ünï\ncode", "x".repeat(index * 11)];
      const line = group.runBelow(args, folder);
      activities.push(...drain(sensor));
      const [parent, pid, rest] = /^(\d+) (\d+) \(.*\) (.*)$/.exec(line.trim())!.slice(1);
      const fields = rest!.split(" ");
      const execs = activities.filter((it) => it.kind === "exec" && it.actor.pid === Number(pid));
      const exec = execs.at(-1) as ExecActivity | undefined;
      assert.ok(exec !== undefined, `no exec of ${index}`);
      assert.deepEqual(exec.args, args);
      assert.equal(exec.argsTruncated, false);
      assert.equal(exec.executable, shell);
      assert.equal(exec.filename, "/bin/sh");
      assert.equal(exec.workingDirectory, folder);
      assert.equal(exec.parentPid, Number(parent));
      assert.equal(exec.parentPid, process.pid);
      assert.equal(exec.groupLeaderPid, toldPid(fields[2]!));
      assert.equal(exec.sessionLeaderPid, toldPid(fields[3]!));
      assert.equal(exec.actor.credentials?.uid, process.getuid!());
      assert.equal(exec.actor.startNs! / 10_000_000n, BigInt(fields[19]!));
      assert.ok(exec.environment?.includes(`PATH=${process.env["PATH"]}`));
      assert.equal(exec.memfdName, null);
      assert.ok(activities.some((it) => it.kind === "exit" && it.actor.pid === Number(pid)));
    }
    assert.ok(activities.every((it) => it.kind !== "lost"));
  });
});

test("arguments beyond the limit are cut and marked", { skip }, async () => {
  await withSensor({ interest: nothing }, async (group, sensor) => {
    group.runBelow(["/bin/sh", "-c", ":", "y".repeat(20_000)]);
    const execs = drain(sensor).filter((it) => it.kind === "exec");
    assert.deepEqual(
      execs.map(({ argsTruncated }) => argsTruncated),
      [true],
    );
    assert.ok(execs[0]!.args!.at(-1)!.length > 12_000);
    assert.ok(sensor.counters.truncated > 0);
  });
});

test("of an environment only what is wanted takes room", { skip }, async () => {
  // Each full environment below would be half of the ring.
  await withSensor({ interest: nothing, ringBytes: 0x8000 }, async (group, sensor) => {
    const fill = "i=0; while [ $i -lt 900 ]; do export FILLER$i=xxxx; i=$((i+1)); done;";
    const alike = "export PAT=no P=no PATHS=no A=PATH=no PATH_=no;";
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["unset PATH;", []],
      ["export PATH=alone;", ["PATH=alone"]],
      [`export PATH=first; ${fill}`, ["PATH=first"]],
      [`${fill} ${alike} export PATH=last;`, ["PATH=last"]],
      [`${fill} ${alike} export PATH=;`, ["PATH="]],
      [`unset PATH; ${fill} ${alike}`, []],
    ];
    for (const [script] of cases) {
      group.runBelow(["/usr/bin/env", "-i", "/bin/sh", "-c", `${script} exec /bin/true "$@"`]);
    }
    const execs = drain(sensor).filter((it) => it.kind === "exec");
    assert.equal(sensor.counters.lost, 0);
    assert.equal(sensor.counters.truncated, 0);
    assert.deepEqual(
      execs.filter(({ args }) => args?.[0] === "/bin/true").map(({ environment }) => environment),
      cases.map(([, wanted]) => wanted),
    );
  });
});

test("an environment is told behind more arguments than are looked at", { skip }, async () => {
  await withSensor({ interest: nothing }, async (group, sensor) => {
    const script = 'set -- $(seq 2500); export PATH=far; exec /bin/true "$@"';
    group.runBelow(["/bin/sh", "-c", script]);
    const exec = drain(sensor).find((it) => it.kind === "exec" && it.args?.[0] === "/bin/true");
    assert.ok(exec?.kind === "exec");
    assert.equal(exec.args?.at(-1), "2500");
    assert.deepEqual(exec.environment, ["PATH=far"]);
  });
});

/** What an activity is, in a word or two. */
function signature(activity: Activity | LostActivity): string {
  switch (activity.kind) {
    case "file":
    case "network":
    case "dns":
      return `${activity.kind} ${activity.change}`;
    case "credentials":
      return `credentials ${activity.change}`;
    case "call":
    case "mapping":
      return activity.call;
    default:
      return activity.kind;
  }
}

const expected: readonly string[] = [
  ...["creation", "modification", "rename", "link", "symlink", "deletion", "attributes"].map(
    (change) => `file ${change}`,
  ),
  ...["connect", "accept", "bind", "listen", "disconnect"].map((change) => `network ${change}`),
  ...["dns request", "credentials uid", "credentials gid"],
  ...["exec", "exit", "title", "memfd", "shmget", "ptrace", "signal", "mmap", "mprotect"],
  ...["bpf", "perf_event_open", "keyctl", "userfaultfd", "io_uring_setup", "unshare", "setns"],
  ...["mount", "umount", "pivot_root", "chroot"],
];

/**
 * Between processors one can have taken its time before another, and its place in the ring after it:
 * the sensor says how far apart they may be.
 */
function assertInOrder(activities: readonly (Activity | LostActivity)[], horizonMs: number): void {
  let newest = 0n;
  for (const it of activities) {
    if (it.kind === "lost") continue;
    assert.ok(newest - it.timeNs <= BigInt(horizonMs) * 1_000_000n, it.kind);
    if (it.timeNs > newest) newest = it.timeNs;
  }
  assert.ok(newest > 0n);
}

test("each call is told by its activity", { skip }, async () => {
  await withSensor({}, async (group, sensor) => {
    const program = new URL("./act-out.fixture.js", import.meta.url).pathname;
    group.runBelow([process.execPath, program], folder);
    const activities = drain(sensor);
    const seen = new Set(activities.map(signature));
    assert.deepEqual(
      expected.filter((it) => !seen.has(it)),
      [],
    );
    const rename = activities.find((it) => it.kind === "file" && it.change === "rename");
    assert.ok(rename?.kind === "file");
    assert.equal(rename.path, join(folder, "moved"));
    assert.equal(rename.otherPath, join(folder, "made"));
    assert.deepEqual(rename.racyFields, ["file.path", "file.Ext.original.path"]);
    const writes = activities.filter((it) => it.kind === "file" && it.change === "modification");
    // The shell that joins the group writes as well.
    const write = writes.find((it) => it.kind === "file" && it.path === join(folder, "made"));
    assert.ok(write?.kind === "file");
    assert.equal(Buffer.from(write.header!).toString(), "first bytes of i");
    const changed = activities.find((it) => it.kind === "file" && it.call === "chmod");
    assert.ok(changed?.kind === "file" && changed.file?.mode === 0o640);
    const memory = activities.find((it) => it.kind === "memfd");
    assert.ok(memory?.kind === "memfd" && memory.name === "in-memory" && memory.flags === 1);
    const connect = activities.find((it) => it.kind === "network" && it.change === "connect");
    const accept = activities.find((it) => it.kind === "network" && it.change === "accept");
    assert.ok(connect?.kind === "network" && accept?.kind === "network");
    assert.equal(connect.remoteAddress, "127.0.0.1");
    assert.equal(connect.remotePort, accept.localPort);
    assert.equal(connect.localPort, accept.remotePort);
    assertInOrder(activities, sensor.horizonMs);
  });
});

test("only the life of processes is watched where no rule asks for more", { skip }, async () => {
  await withSensor({ interest: nothing }, async (group, sensor) => {
    const base = ["process_exec", "process_exit", "process_fork"];
    assert.deepEqual([...sensor.attached].sort(), base);
    group.runBelow(["/bin/sh", "-c", "echo > quiet"], folder);
    assert.ok(drain(sensor).every((it) => it.kind !== "file"));
    const shape = { categories: null, types: null, systems: null, pathPrefixes: null };
    const shapes = [{ ...shape, actions: new Set(["creation"]) }];
    sensor.setInterest({ shapes, fields: new Set() });
    group.runBelow(["/bin/sh", "-c", "echo > loud"], folder);
    const paths = drain(sensor).map((it) => (it.kind === "file" ? it.path : ""));
    assert.ok(paths.includes(join(folder, "loud")));
    sensor.setInterest(nothing);
    assert.deepEqual([...sensor.attached].sort(), base);
  });
});

/** Descriptors of attached programs in this process. */
function linkCount(): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one by which the folder was read.
      return "";
    }
  });
  return targets.filter((target) => target.includes("bpf_link")).length;
}

/** Waits for 20 s at the most. */
async function untilNoLinks(): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (linkCount() > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a hook is let go beside the program, and tells nothing twice", { skip }, async () => {
  const shape = { categories: null, types: null, systems: null, pathPrefixes: null };
  const creation = { shapes: [{ ...shape, actions: new Set(["creation"]) }], fields: new Set("") };
  // Those of the sensor before may still be on their way out.
  await untilNoLinks();
  await withSensor({ interest: creation }, async (group, sensor) => {
    for (let round = 0; round < 5; round += 1) {
      sensor.setInterest(nothing);
      // Some links are closed by now, some are not.
      await new Promise((resolve) => setTimeout(resolve, 20 * round));
      sensor.setInterest(creation);
      group.runBelow(["/bin/sh", "-c", `echo > round${round}`], folder);
      const made = drain(sensor).filter((it) => it.kind === "file" && it.change === "creation");
      assert.deepEqual(
        made.map((it) => it.kind === "file" && it.path),
        [join(folder, `round${round}`)],
      );
    }
  });
  await untilNoLinks();
  assert.equal(linkCount(), 0);
});

test("a hook is taken back while the kernel is letting it go", { skip }, async () => {
  const shape = { categories: null, types: null, systems: null, pathPrefixes: null };
  const creation = { shapes: [{ ...shape, actions: new Set(["creation"]) }], fields: new Set("") };
  await withSensor({ interest: creation }, async (_, sensor) => {
    const [attached, missing] = [[...sensor.attached].sort(), [...sensor.missing]];
    for (let round = 0; round < 60; round += 1) {
      sensor.setInterest(nothing);
      // Each round meets another moment of it.
      await new Promise((resolve) => setTimeout(resolve, round / 10));
      sensor.setInterest(creation);
      assert.deepEqual([...sensor.missing], missing);
      assert.deepEqual([...sensor.attached].sort(), attached);
      await new Promise((resolve) => setTimeout(resolve, round % 7));
    }
  });
});

test("the first record after all were taken wakes up whoever waits", { skip }, async () => {
  await withSensor({ interest: nothing }, async (group, sensor) => {
    for (let round = 0; round < 3; round += 1) {
      drain(sensor);
      const startMs = performance.now();
      const woken = sensor.sleep(20_000);
      // By then it waits in the kernel.
      await new Promise((resolve) => setTimeout(resolve, 100));
      group.runBelow(["/bin/sh", "-c", "exit"], folder);
      await woken;
      assert.ok(performance.now() - startMs < 10_000);
      assert.equal(sensor.isQuiet(), false);
    }
    drain(sensor);
    assert.equal(sensor.isQuiet(), true);
    await sensor.sleep(20);
    assert.equal(sensor.isQuiet(), true);
  });
});

test("what is out of scope is counted in the kernel and not told", { skip }, async () => {
  const elsewhere = makeOwnGroup()!;
  try {
    await withSensor({}, async (_, sensor) => {
      elsewhere.runBelow(["/bin/sh", "-c", "echo > out-of-scope"], folder);
      assert.deepEqual(drain(sensor), []);
      assert.ok(sensor.counters.outOfScope > 0);
    });
  } finally {
    await elsewhere.remove();
  }
});

test("of one user's processes only those are told", { skip }, async () => {
  await withSensor({ uid: 65534 }, async (group, sensor) => {
    const program = "process.setuid(65534); require('child_process').execFileSync('id')";
    group.runBelow([process.execPath, "-e", program]);
    const told = drain(sensor);
    assert.ok(told.some((it) => it.kind === "exec" && it.args?.[0] === "id"));
    for (const it of told) assert.ok(it.kind !== "lost" && it.actor.credentials?.uid === 65534);
    assert.ok(sensor.counters.outOfScope > 0);
  });
});

test("of files only those below the folders are told, however they are reached", {
  skip,
}, async () => {
  const inside = mkdtempSync(join(folder, "scope-"));
  const folders = [join(folder, "elsewhere/deep"), inside];
  await withSensor({ folders }, async (group, sensor) => {
    const names = ["a", "deep/er/b"].map((name) => `${inside}/${name}`);
    const others = [`${inside}-not/c`, `${folder}/d`, `${folder}/deep/e`];
    for (const made of [`${inside}/deep/er`, `${inside}-not`, `${folder}/deep`]) {
      mkdirSync(made, { recursive: true });
    }
    const script = `cd ${inside}
      for file in ../$(basename ${inside})/a deep/../deep/er/b ${others.join(" ")}; do echo > $file; done
      chmod 600 a ${others[0]}`;
    group.runBelow(["/bin/sh", "-c", script], folder);
    const told = drain(sensor).flatMap((it) => (it.kind === "file" ? [it] : []));
    const made = told.filter(({ change }) => change === "creation").map(({ path }) => path);
    assert.deepEqual(made, names);
    // What a path names is not looked up in the kernel: those are left to whoever makes the events.
    assert.ok(told.every((it) => it.path.startsWith(`${inside}/`) || it.change === "attributes"));
    assert.ok(sensor.counters.outOfScope >= others.length);
  });
});

test("folders that there is no room for are refused", { skip }, async () => {
  const long = `/${"x".repeat(300)}`;
  const many = Array.from({ length: 17 }, (_, index) => `/folder-${index}`);
  for (const folders of [[long], many]) {
    await assert.rejects(
      withSensor({ folders }, async () => {}),
      SourceError,
    );
  }
});

test("an overload is counted to the record", { skip }, async () => {
  await withSensor({ ringBytes: 0x4000 }, async (group, sensor) => {
    const script = "i=0; while [ $i -lt 2000 ]; do echo > over; i=$((i+1)); done";
    group.runBelow(["/bin/sh", "-c", script], folder);
    const told = drain(sensor);
    const lost = told.filter((it) => it.kind === "lost");
    const lostCount = lost.reduce((sum, { count }) => sum + count, 0);
    assert.ok(lostCount > 0);
    assert.ok(lost.every(({ cpu, fromNs, toNs }) => cpu !== null && fromNs < toNs));
    assert.equal(sensor.counters.lost, lostCount);
    assert.equal(sensor.counters.sent, told.length - lost.length);
    // A kernel without modules has no calls that load them.
    const categories = lost[0]!.categories.filter((name) => name !== "driver");
    assert.deepEqual(categories, ["dns", "file", "network", "process"]);
  });
});

test("a loss is of what was watched", { skip }, async () => {
  await withSensor({ ringBytes: 0x4000, interest: nothing }, async (group, sensor) => {
    const shape = { categories: null, types: null, systems: null, pathPrefixes: null };
    const script = "i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i+1)); done";
    const lose = (): readonly string[][] => {
      group.runBelow(["/bin/sh", "-c", script], folder);
      const lost = drain(sensor).filter((it) => it.kind === "lost");
      assert.ok(lost.length > 0);
      return lost.map(({ categories }) => [...categories]);
    };
    for (const categories of lose()) assert.deepEqual(categories, ["process"]);
    // A hook that was let go may tell something for a while.
    sensor.setInterest({ shapes: [{ ...shape, actions: new Set(["rename"]) }], fields: new Set() });
    sensor.setInterest(nothing);
    for (const categories of lose()) assert.deepEqual(categories, ["file", "process"]);
  });
});

test("a killed sensor leaves no program behind", { skip }, async () => {
  const group = makeOwnGroup()!;
  try {
    // Other sensors may come and go on this machine: only what this one loaded counts.
    const names = new Set(["process_exec", "process_fork", "call_open"]);
    const before = new Set(loadedPrograms(names));
    const program = new URL("./hold-sensor.fixture.js", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, `${group.id}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const own = loadedPrograms(names).filter((id) => !before.has(id));
    assert.ok(own.length >= names.size);
    child.kill("SIGKILL");
    await once(child, "close");
    const deadline = performance.now() + 20_000;
    let left = own;
    while (left.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      left = loadedPrograms(names).filter((id) => own.includes(id));
    }
    assert.deepEqual(left, []);
  } finally {
    await group.remove();
  }
});
