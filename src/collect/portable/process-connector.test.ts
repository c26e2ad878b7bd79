import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Seen } from "../counted-events.ts";
import type { LostActivity } from "../host/activity.ts";
import { makeOwnGroup, whyNoGroup } from "../linux/own-group.fixture.ts";
import { wholeHost } from "../scope.ts";
import type { Capability } from "../source.ts";
import { connectorRequest, readConnectorMessage } from "./connector-message.ts";
import { ProcessConnector, probeProcessConnector } from "./process-connector.ts";

const capability = process.platform === "linux" ? probeProcessConnector() : null;
const whyNot: string | false =
  whyNoGroup || (capability?.available === true ? false : (capability?.why ?? "not Linux"));

const settings = {
  environmentNames: new Set(["KESTREL_MARK"]),
  processes: 1000,
  receiveBufferBytes: 0x400000,
};

/** All that the connector tells of `script` in a group of its own. */
async function watch(script: string): Promise<Seen[]> {
  const group = makeOwnGroup()!;
  const connector = new ProcessConnector({
    ...settings,
    scope: { ...wholeHost, group: group.path },
  });
  const seen: Seen[] = [];
  try {
    // Emptied while the script runs, in a process of its own: spawnSync would hold the timer up.
    const running = group.start(script);
    while (running.exitCode === null && running.signalCode === null) {
      connector.drain((activity) => seen.push(activity));
      await delay(connector.intervalMs);
    }
    connector.drain((activity) => seen.push(activity));
  } finally {
    connector.close();
    await group.remove();
  }
  return seen;
}

test("an exec is told with what /proc says of the program", { skip: whyNot }, async () => {
  const seen = await watch("cd /tmp; KESTREL_MARK=1 SECRET=2 sleep 0.2; exit 3");
  const exec = seen.find((it) => it.kind === "exec" && it.args?.[0] === "sleep");
  assert.ok(exec?.kind === "exec");
  assert.deepEqual(exec.args, ["sleep", "0.2"]);
  assert.match(exec.executable ?? "", /\/sleep$/);
  assert.equal(exec.workingDirectory, "/tmp");
  assert.deepEqual(exec.environment, ["KESTREL_MARK=1"]);
  assert.equal(exec.actor.comm, "sleep");
  assert.equal(exec.actor.credentials?.euid, 0);
  assert.ok(exec.file !== null && exec.file.inode !== null && exec.file.inode > 0n);
  assert.ok(exec.racyFields?.includes("process.args"));

  const fork = seen.find((it) => it.kind === "fork" && it.childPid === exec.actor.pid);
  assert.ok(fork?.kind === "fork");
  assert.equal(fork.actor.pid, exec.parentPid);
  assert.equal(fork.childStartNs, exec.actor.startNs);

  const exits = seen.filter((it) => it.kind === "exit");
  assert.deepEqual(
    exits.map((it) => [it.actor.pid === exec.actor.pid, it.waitStatus]),
    [
      [true, 0],
      [false, 3 << 8],
    ],
  );
  const times = seen.flatMap((it) => ("timeNs" in it ? [it.timeNs] : []));
  assert.deepEqual(
    times,
    [...times].sort((a, b) => (a < b ? -1 : 1)),
  );
});

test("changes of ids and sessions are told, with what was before", { skip: whyNot }, async () => {
  const seen = await watch(`exec ${process.execPath} -e '
    process.setegid(12345); process.seteuid(12346); setTimeout(() => 0, 100)'`);
  const changes = seen.filter((it) => it.kind === "credentials");
  assert.deepEqual(
    changes.map((it) => [it.change, it.before.egid, it.after.egid, it.before.euid, it.after.euid]),
    [
      ["gid", 0, 12345, 0, 0],
      ["uid", 12345, 12345, 0, 12346],
    ],
  );
  const sessions = await watch("exec setsid -w sleep 0.1");
  const session = sessions.find((it) => it.kind === "setsid");
  assert.ok(session?.kind === "setsid");
  assert.equal(session.sessionId, session.actor.pid);
});

test("what is outside the scope is counted and not looked at", { skip: whyNot }, async () => {
  const group = makeOwnGroup()!;
  const other = makeOwnGroup()!;
  const connector = new ProcessConnector({
    ...settings,
    scope: { ...wholeHost, group: group.path },
  });
  const seen: Seen[] = [];
  try {
    assert.equal(other.run("true; true").status, 0);
    connector.drain((activity) => seen.push(activity));
  } finally {
    connector.close();
    await group.remove();
    await other.remove();
  }
  assert.deepEqual(seen, []);
  assert.ok(connector.filtered >= 4);
});

function countOf(lost: readonly LostActivity[]): number {
  return lost.reduce((sum, it) => sum + it.count, 0);
}

test("a queue that runs over is told with how much was lost", { skip: whyNot }, async () => {
  const group = makeOwnGroup()!;
  const connector = new ProcessConnector({
    ...settings,
    receiveBufferBytes: 2048,
    scope: { ...wholeHost, group: group.path },
  });
  const lost: LostActivity[] = [];
  const take = (it: Seen): void => void (it.kind === "lost" && lost.push(it));
  try {
    // Each round makes at least 60 events, of which a buffer of some KiB holds the first. What a
    // processor lost shows when it is heard of again, which may take some rounds.
    for (let round = 0; round < 50 && countOf(lost) <= 30; round++) {
      group.run("for i in 1 2 3 4 5 6 7 8 9 10; do (true); (true); (true); done");
      connector.drain(take);
    }
  } finally {
    connector.close();
    await group.remove();
  }
  assert.ok(countOf(lost) > 30, `${countOf(lost)}`);
  assert.ok(lost.some((it) => it.cpu !== null));
  for (const it of lost) assert.ok(it.fromNs <= it.toNs);
});

test("in a pid namespace of its own it is not available, and says so", { skip: whyNot }, () => {
  const module = new URL("./process-connector.js", import.meta.url).href;
  const script = `import { probeProcessConnector } from ${JSON.stringify(module)};
    console.log(JSON.stringify(probeProcessConnector()));`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  const args = ["--pid", "--fork", "--mount-proc", ...node];
  const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  const probed = JSON.parse(stdout) as Capability;
  assert.equal(probed.available, false);
  assert.match(probed.why, /not in the first pid namespace/);
});

test("closing twice is safe, and then nothing is told", { skip: whyNot }, () => {
  const connector = new ProcessConnector({ ...settings, scope: { ...wholeHost, group: "/none" } });
  connector.close();
  connector.close();
  assert.equal(
    connector.drain(() => assert.fail()),
    "ended",
  );
});

test("bytes that are no event of the connector are null", () => {
  for (let size = 0; size < 200; size++) {
    assert.equal(readConnectorMessage(Buffer.alloc(size, 0xff)), null);
    assert.equal(readConnectorMessage(Buffer.alloc(size)), null);
  }
  assert.equal(readConnectorMessage(connectorRequest("listen")), null);
});
