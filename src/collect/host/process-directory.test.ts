import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
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

/** What /bin/sh is here. */
const shellName = basename(realpathSync("/bin/sh"));

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

  it("are not read where the activity tells all", () => {
    const recorder = new Recorder({ host, admits: (pid) => pid === childPid });
    const startNs = BigInt(readProcess(childPid)!.startTicks) * nsPerTick;
    const who = { ...actor(childPid, null), startNs };
    const events = recorder.feed(exec(who, 1, ["/bin/true"], { parentPid: shell.pid! }));
    assert.deepEqual(
      events.map((event) => pick(event, "event.action", "process.parent.pid")),
      [["exec", shell.pid]],
    );
  });

  it("are read as parents of what is told", () => {
    const recorder = new Recorder({ host, admits: (pid) => pid === shell.pid });
    const events = recorder.feed(exec(actor(5, 5), 6, ["/bin/true"], { parentPid: shell.pid! }));
    assert.deepEqual(
      events.map((event) => pick(event, "event.action", "process.parent.name")),
      [
        ["already_running", undefined],
        ["exec", shellName],
      ],
    );
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

it("a process that ended and was not collected yet is not told of", async () => {
  const parent = spawn("/bin/sh", ["-c", 'sleep 0 & echo "$!"; exec sleep 600'], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const zombie = Number(String(line).trim());
  const isZombie = (): boolean => / Z /.test(readFileSync(`/proc/${zombie}/stat`, "latin1"));
  while (!isZombie()) await new Promise((go) => setTimeout(go, 5));
  const recorder = new Recorder({ host, admits: (pid) => pid === zombie });
  recorder.events.seed();
  parent.kill();
  assert.deepEqual(recorder.texts, []);
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
});

describe("identity in the directory", () => {
  it("follows pids where the sensor can't tell starts", () => {
    const recorder = new Recorder();
    const [first] = recorder.feed(exec(actor(5, null), 10, ["/bin/a"]), exit(actor(5, null), 20));
    const [second] = recorder.feed(exec(actor(5, null), 30, ["/bin/b"]));
    assert.deepEqual(pick(first, "process.pid", "process.entity_id"), [5, undefined]);
    assert.equal(pick(second, "process.name")[0], "b");
    assert.equal(recorder.events.counters.processes, 2);
  });

  it("learns of a fork after the child has acted", () => {
    const recorder = new Recorder();
    const parent = actor(1, 1);
    recorder.feed(exec(parent, 2, ["/sbin/init"]));
    const [early] = recorder.feed({
      ...{ kind: "title", timeNs: at(6), actor: actor(7, 5), title: "x" },
    });
    assert.equal(pick(early, "kestrel.unknown_process")[0], true);
    const [born] = recorder.feed(fork(parent, 5, 7));
    assert.deepEqual(pick(born, "process.name", "kestrel.unknown_process", "process.entity_id"), [
      ...["init", undefined],
      pick(early, "process.entity_id")[0],
    ]);
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

  it("is bounded in the size of texts as well", () => {
    const limits = { ...defaultLimits, hostProcessChars: 10_000 };
    const recorder = new Recorder({ limits });
    for (let pid = 100; pid < 150; pid += 1) {
      const [event] = recorder.feed(exec(actor(pid, pid), pid + 1, ["/bin/a", "x".repeat(900)]));
      assert.equal(pick(event, "process.args_count")[0], 2);
    }
    assert.ok(recorder.events.counters.processes <= 11);
    assert.ok(recorder.events.counters.processes >= 10);
    const [big] = recorder.feed(exec(actor(900, 900), 901, ["/bin/a", "x".repeat(20_000)]));
    assert.equal((pick(big, "process.command_line")[0] as string).length, 20_007);
  });

  it("takes a process for ended when its pid is another's", () => {
    const recorder = new Recorder();
    recorder.feed(exec(actor(5, 10), 11, ["/bin/a"]), exec(actor(5, 20), 21, ["/bin/b"]));
    assert.equal(recorder.events.counters.processes, 2);
    recorder.feed(exec(actor(6, 30), 20_000, ["/bin/c"]));
    assert.equal(recorder.events.counters.processes, 2);
    const [event] = recorder.feed({
      ...{ kind: "title", timeNs: at(20_001), actor: actor(5, 20), title: "x" },
    });
    assert.equal(pick(event, "process.name")[0], "b");
  });
});

/** A process that joined the group of its own child. */
const groupOfChild = `
  $| = 1; pipe(R, W); my $child = fork();
  if ($child == 0) { setpgrp(0, 0); syswrite(W, "x"); sleep 600; exit }
  sysread(R, $_, 1); setpgrp(0, $child); print "$child\\n"; sleep 600;
`;

it("a parent in the group of its child is read like any other", async (context) => {
  const parent = spawn("perl", ["-e", groupOfChild], { stdio: ["ignore", "pipe", "ignore"] });
  const started = await Promise.race([
    once(parent.stdout, "data").then(([line]) => String(line)),
    once(parent, "error").then(() => null),
  ]);
  if (started === null) {
    context.skip("there is no perl to change the group of a process with");
    return;
  }
  const pids = [parent.pid!, Number(started)];
  try {
    const recorder = new Recorder({ host, admits: (pid) => pids.includes(pid) });
    recorder.events.seed();
    assert.deepEqual(
      recorder
        .parsed()
        .map((event) =>
          pick(event, "process.pid", "process.parent.pid", "process.group_leader.pid"),
        ),
      [
        [pids[0], process.pid, pids[1]],
        [pids[1], pids[0], pids[1]],
      ],
    );
  } finally {
    process.kill(pids[1]!);
    parent.kill();
  }
});
