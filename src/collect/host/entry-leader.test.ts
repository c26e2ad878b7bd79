import assert from "node:assert/strict";
import { it } from "node:test";
import { actor, at, exec, fork, pick, Recorder } from "./activity.fixture.ts";
import type { ExecActivity } from "./activity.ts";

const terminal = { major: 136, minor: 3 };

/** A child of `parent` that leads its own session and runs `args`. */
function session(
  recorder: Recorder,
  parent: [pid: number, startMs: number],
  pid: number,
  args: readonly string[],
  more: Partial<ExecActivity> = {},
): unknown[] {
  recorder.feed(fork(actor(...parent), pid, pid));
  const [event] = recorder.feed(
    exec(actor(pid, pid), pid + 1, args, { sessionLeaderPid: pid, groupLeaderPid: pid, ...more }),
  );
  const meta = "process.entry_leader.entry_meta";
  return pick(event, `${meta}.type`, "process.entry_leader.pid", `${meta}.source.ip`);
}

function booted(): Recorder {
  const recorder = new Recorder();
  recorder.feed(exec(actor(1, 0), 1, ["/sbin/init"]));
  return recorder;
}

it("a service of init is its own entry", () => {
  assert.deepEqual(session(booted(), [1, 0], 50, ["/usr/sbin/cron"]), ["init", 50, undefined]);
});

it("a process says whether it is its own entry", () => {
  const recorder = booted();
  const same = "process.entry_leader.same_as_process";
  session(recorder, [1, 0], 50, ["/usr/sbin/cron"]);
  const [leader] = recorder.feed(exec(actor(50, 50), 52, ["/usr/sbin/cron"]));
  const [child] = recorder.feed(fork(actor(50, 50), 60, 60));
  assert.deepEqual([...pick(leader, same), ...pick(child, same)], [true, false]);
});

it("a session below sshd comes from the address that was accepted", () => {
  const recorder = booted();
  session(recorder, [1, 0], 50, ["/usr/sbin/sshd"]);
  recorder.feed({
    ...{ kind: "network", timeNs: at(60), actor: actor(50, 50), change: "accept" },
    ...{ family: "ipv6", transport: "tcp", localAddress: "::1", localPort: 22 },
    ...{ remoteAddress: "2001:db8::7", remotePort: 9, unixPath: null, result: 4 },
    ...{ bytesSent: null, bytesReceived: null },
  });
  assert.deepEqual(session(recorder, [50, 50], 70, ["/bin/bash"], { terminal }), [
    "sshd",
    70,
    "2001:db8::7",
  ]);
  assert.deepEqual(session(recorder, [70, 70], 80, ["/usr/bin/tmux"], { terminal }), [
    "sshd",
    70,
    "2001:db8::7",
  ]);
});

it("a session below sshd comes from what sshd told it where nothing was accepted", () => {
  const recorder = booted();
  session(recorder, [1, 0], 50, ["/usr/sbin/sshd-session"]);
  const environment = ["SSH_CONNECTION=192.0.2.4 50000 10.0.0.5 22"];
  assert.deepEqual(session(recorder, [50, 50], 70, ["/bin/bash"], { environment }), [
    "sshd",
    70,
    "192.0.2.4",
  ]);
});

it("terminals and consoles begin an entry below init", () => {
  const recorder = booted();
  session(recorder, [1, 0], 50, ["/usr/bin/desktop"]);
  const console = { terminal: { major: 4, minor: 1 } };
  assert.deepEqual(session(recorder, [1, 0], 60, ["/bin/bash"], { terminal })[0], "terminal");
  assert.deepEqual(session(recorder, [1, 0], 61, ["/bin/bash"], console)[0], "console");
});

it("children of a container's runtime enter by it", () => {
  const recorder = booted();
  session(recorder, [1, 0], 50, ["/usr/bin/containerd-shim-runc-v2"]);
  // Without knowing its control group it is a service's child.
  assert.equal(session(recorder, [50, 50], 60, ["/app"])[0], "init");
});

it("kernel threads are entries of their own", () => {
  const recorder = booted();
  recorder.feed(fork(actor(1, 0), 1, 2));
  const [event] = recorder.feed(fork(actor(2, 1), 5, 30));
  assert.equal(pick(event, "process.entry_leader.entry_meta.type")[0], "kthread");
});

it("is left open where the parent is unknown", () => {
  const [event] = new Recorder().feed(exec(actor(9, 9), 10, ["/bin/a"], { parentPid: 8 }));
  assert.equal(pick(event, "process.entry_leader")[0], undefined);
});
