import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "../../base/json.ts";
import { defaultLimits } from "../../base/limits.ts";
import { actor, at, exec, exit, fork, pick, Recorder } from "./activity.fixture.ts";
import { nsPerTick } from "./entity-id.ts";
import { type HostFacts, readHostFacts } from "./host-facts.ts";
import { readProcess } from "./proc-snapshot.ts";

const host: HostFacts = readHostFacts("0");

/** A shell of our own with a child of its own; both wait until they are told to go on. */
async function startFamily(): Promise<{ shell: ChildProcess; childPid: number }> {
  const shell = spawn("/bin/sh", ["-c", 'sleep 600 & echo "$!"; wait', "own 'shell'", ""], {
    stdio: ["ignore", "pipe", "ignore"],
    cwd: "/tmp",
    env: { PATH: "/usr/bin:/bin", SECRET: "x", LD_AUDIT: "" },
  });
  const [line] = (await once(shell.stdout!, "data")) as [Buffer];
  const childPid = Number(String(line).trim());
  while (readProcess(childPid)?.comm !== "sleep") await new Promise((go) => setTimeout(go, 5));
  return { shell, childPid };
}

let shell: ChildProcess;
let childPid = 0;
let own: ReadonlySet<number> = new Set();
const admits = (pid: number): boolean => own.has(pid);

before(async () => {
  ({ shell, childPid } = await startFamily());
  own = new Set([shell.pid!, childPid]);
});

after(() => {
  process.kill(childPid);
  shell.kill();
});

describe("processes that ran before", () => {
  it("are told of, parents first, and nobody else is", () => {
    const recorder = new Recorder({ host, admits });
    recorder.events.seed();
    const events = recorder.parsed();
    assert.deepEqual(
      events.map((event) => pick(event, "event.action", "event.kind", "process.pid")),
      [
        ["already_running", "state", shell.pid],
        ["already_running", "state", childPid],
      ],
    );
    const [parent, child] = events;
    assert.deepEqual(pick(child, "process.args", "process.name"), [["sleep", "600"], "sleep"]);
    assert.deepEqual(
      pick(child, "process.parent.entity_id", "process.parent.name", "process.working_directory"),
      [pick(parent, "process.entity_id")[0], pick(parent, "process.name")[0], "/tmp"],
    );
    assert.deepEqual(pick(parent, "process.args")[0], [
      "/bin/sh",
      "-c",
      'sleep 600 & echo "$!"; wait',
      "own 'shell'",
      "",
    ]);
    assert.deepEqual(pick(parent, "process.env_vars")[0], ["PATH=/usr/bin:/bin", "LD_AUDIT="]);
    assert.equal(pick(parent, "process.parent.pid")[0], process.pid);
    assert.equal(pick(parent, "process.parent.name")[0], undefined);
  });

  it("show their ancestors where these may be read", () => {
    const recorder = new Recorder({ host, admits, readAncestors: true });
    recorder.events.seed();
    const event = recorder.parsed().find((each) => pick(each, "process.pid")[0] === shell.pid);
    assert.equal(pick(event, "process.parent.executable")[0], process.execPath);
  });

  it("have the same identity from /proc and from the kernel's ns", () => {
    const recorder = new Recorder({ host, admits });
    recorder.events.seed();
    const seeded = recorder.parsed()[1];
    const startNs = BigInt(readProcess(childPid)!.startTicks) * nsPerTick + 1_234_567n;
    const who = { ...actor(childPid, null), startNs };
    const live = new Recorder({ host }).feed(exec(who, 1, ["/bin/sleep"]))[0];
    assert.equal(pick(live, "process.entity_id")[0], pick(seeded, "process.entity_id")[0]);
  });
});

describe("processes that the sensor lost", () => {
  it("are repaired when they act", () => {
    const recorder = new Recorder({ host, admits });
    const startNs = BigInt(readProcess(childPid)!.startTicks) * nsPerTick + 5n;
    const events = recorder.feed({
      kind: "title",
      timeNs: startNs + 10n,
      actor: { ...actor(childPid, null), startNs },
      title: "x",
    });
    assert.deepEqual(
      events.map((event) => pick(event, "event.action", "process.pid", "kestrel.repaired")),
      [
        ["already_running", shell.pid, true],
        ["already_running", childPid, true],
        ["title_change", childPid, undefined],
      ],
    );
    assert.equal(recorder.events.counters.repaired, 2);
  });

  it("are not mistaken for another process of that pid", () => {
    const recorder = new Recorder({ host, admits });
    const startNs = BigInt(readProcess(childPid)!.startTicks - 2) * nsPerTick;
    const events: JsonObject[] = recorder.feed({
      kind: "title",
      timeNs: startNs,
      actor: { ...actor(childPid, null), startNs, comm: "other" },
      title: "x",
    });
    assert.deepEqual(
      events.map((event) => pick(event, "process.name", "kestrel.unknown_process")),
      [["other", true]],
    );
  });
});

describe("a snapshot", () => {
  it("shows the groups that a process is in", () => {
    const recorder = new Recorder({ host, admits });
    recorder.events.seed();
    const line = /^Groups:[ \t]*(.*)$/m.exec(readFileSync(`/proc/${childPid}/status`, "utf8"))![1]!;
    const groups = line.trim() === "" ? undefined : line.trim().split(" ");
    assert.deepEqual(pick(recorder.parsed()[1], "process.supplemental_groups.id")[0], groups);
  });
});

describe("the directory", () => {
  it("is bounded, and gives up what ended first", () => {
    const limits = { ...defaultLimits, hostProcesses: 8 };
    const recorder = new Recorder({ limits });
    const parent = actor(1, 1);
    recorder.feed(exec(parent, 2, ["/sbin/init"]));
    for (let pid = 100; pid < 200; pid += 1) {
      recorder.feed(fork(parent, pid, pid));
      if (pid % 2 === 0) recorder.feed(exit(actor(pid, pid), pid));
      assert.ok(recorder.events.counters.processes <= 8);
    }
    const [event] = recorder.feed(fork(parent, 300, 300));
    assert.equal(
      pick(event, "process.parent.name")[0],
      "init",
      "the parent was in use all the time",
    );
    assert.ok(recorder.events.counters.evicted > 30);
  });

  it("forgets ended processes after a while of event time", () => {
    const recorder = new Recorder();
    const parent = actor(1, 1);
    recorder.feed(exec(parent, 2, ["/sbin/init"]), fork(parent, 3, 5), exit(actor(5, 3), 4));
    assert.equal(recorder.events.counters.processes, 2);
    recorder.feed({ kind: "title", timeNs: at(10_003), actor: parent, title: "x" });
    assert.equal(recorder.events.counters.processes, 2);
    recorder.feed({ kind: "title", timeNs: at(10_005), actor: parent, title: "x" });
    assert.equal(recorder.events.counters.processes, 1);
  });

  it("follows pids where the sensor can't tell starts", () => {
    const recorder = new Recorder();
    const [first] = recorder.feed(exec(actor(5, null), 10, ["/bin/a"]), exit(actor(5, null), 20));
    const [second] = recorder.feed(exec(actor(5, null), 30, ["/bin/b"]));
    assert.deepEqual(pick(first, "process.pid", "process.entity_id"), [5, undefined]);
    assert.equal(pick(second, "process.name")[0], "b");
    assert.equal(recorder.events.counters.processes, 2);
  });

  it("gives a forked process an identity that its own events keep", () => {
    const recorder = new Recorder();
    const parent = actor(1, 1);
    recorder.feed(exec(parent, 2, ["/sbin/init"]));
    const forked = { ...fork(parent, 500, 7), childStartNs: null };
    const [born] = recorder.feed(forked);
    const [ran] = recorder.feed(exec(actor(7, 495), 501, ["/bin/x"]));
    assert.equal(pick(ran, "process.entity_id")[0], pick(born, "process.entity_id")[0]);
    assert.equal(pick(ran, "process.parent.name")[0], "init");
  });
});
