import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  actor,
  at,
  bootWallNs,
  exec,
  exit,
  fileFacts,
  fork,
  pick,
  Recorder,
  root,
  user,
} from "./activity.fixture.ts";
import type { Activity, FileActivity, NetworkActivity } from "./activity.ts";

const shell = actor(100, 50);

/** A shell that runs, made by a known parent. */
function withShell(): Recorder {
  const recorder = new Recorder();
  recorder.feed(exec(actor(90, 40), 41, ["/sbin/parent", "-x"]));
  recorder.feed(fork(actor(90, 40), 50, 100), exec(shell, 51, ["/bin/sh", "-c", "id"]));
  return recorder;
}

describe("events of processes", () => {
  it("carry the process, its parent, user, host and time", () => {
    const recorder = withShell();
    const event = recorder.parsed().at(-1);
    assert.deepEqual(
      pick(event, "@timestamp", "event.kind", "event.category", "event.type", "event.action"),
      ["2026-01-01T00:00:00.051Z", "event", ["process"], ["start"], "exec"],
    );
    assert.deepEqual(
      pick(event, "event.sequence", "event.dataset", "event.provider", "host.id", "host.os.type"),
      [3, "kestrel.process", "ebpf", "machine", "linux"],
    );
    assert.deepEqual(
      pick(event, "process.pid", "process.name", "process.args", "process.command_line"),
      [100, "sh", ["/bin/sh", "-c", "id"], "/bin/sh -c id"],
    );
    assert.deepEqual(
      pick(event, "process.parent.pid", "process.parent.name", "process.parent.args_count"),
      [90, "parent", 2],
    );
    assert.deepEqual(pick(event, "user.id", "user.Ext.real.id", "process.real_user.id"), [
      "0",
      "0",
      "0",
    ]);
    assert.equal(pick(event, "process.start")[0], "2026-01-01T00:00:00.050Z");
    const parentId = pick(event, "process.parent.entity_id")[0];
    assert.deepEqual(pick(event, "process.Ext.ancestry")[0], [parentId]);
    assert.equal(pick(event, "kestrel")[0], undefined);
  });

  it("show a child as a copy of its parent until it runs something", () => {
    const recorder = withShell();
    const [forked] = recorder.feed(fork(shell, 60, 101));
    assert.deepEqual(
      pick(forked, "event.action", "process.pid", "process.name", "process.parent.pid"),
      ["fork", 101, "sh", 100],
    );
    const [ran] = recorder.feed(exec(actor(101, 60), 61, ["/usr/bin/id"]));
    assert.deepEqual(pick(ran, "process.name", "process.entity_id"), [
      "id",
      pick(forked, "process.entity_id")[0],
    ]);
  });

  it("show the parent as it is now", () => {
    const recorder = withShell();
    recorder.feed(fork(shell, 60, 101));
    recorder.feed(exec(shell, 62, ["/usr/bin/env"]));
    const [event] = recorder.feed(exec(actor(101, 60), 63, ["/usr/bin/id"]));
    assert.equal(pick(event, "process.parent.name")[0], "env");
  });

  it("tell how it ended, once", () => {
    const recorder = withShell();
    const events = recorder.feed(exit(shell, 2051, 0x0300), exit(shell, 2051, 0));
    assert.equal(events.length, 1);
    assert.deepEqual(
      pick(
        events[0],
        "event.action",
        "event.type",
        "process.exit_code",
        "process.end",
        "process.uptime",
      ),
      ["end", ["end"], 3, "2026-01-01T00:00:02.051Z", 2],
    );
    const [killed] = recorder.feed(exit(actor(90, 40), 2060, 9));
    assert.equal(pick(killed, "process.exit_code")[0], 137);
  });
});

describe("identity and origin of processes", () => {
  it("keep the parent that made it after that one is gone", () => {
    const recorder = withShell();
    recorder.feed(fork(shell, 60, 101), fork(actor(101, 60), 61, 102), exit(actor(101, 60), 62));
    const orphan = exec(actor(102, 61), 60_000, ["/bin/daemon"], { parentPid: 1 });
    const [event] = recorder.feed(orphan);
    assert.deepEqual(pick(event, "process.parent.pid", "process.parent.name"), [101, "sh"]);
    assert.equal((pick(event, "process.Ext.ancestry")[0] as string[]).length, 3);
  });

  it("tell processes of one pid apart by their start", () => {
    const recorder = withShell();
    const [first] = recorder.feed(exit(shell, 70));
    const [second] = recorder.feed(fork(actor(90, 40), 80, 100));
    const [late] = recorder.feed({ kind: "title", timeNs: at(81), actor: shell, title: "old" });
    assert.notEqual(pick(first, "process.entity_id")[0], pick(second, "process.entity_id")[0]);
    assert.deepEqual(pick(late, "process.entity_id", "process.name", "process.title"), [
      pick(first, "process.entity_id")[0],
      "sh",
      "old",
    ]);
  });

  it("mark a process of which nothing is known", () => {
    const recorder = new Recorder();
    const [event] = recorder.feed({
      kind: "title",
      timeNs: at(5000),
      actor: actor(7, 4000, { comm: "ghost" }),
      title: "x",
    });
    assert.deepEqual(pick(event, "kestrel.unknown_process", "process.name", "process.pid"), [
      true,
      "ghost",
      7,
    ]);
  });

  it("tell changes of credentials with the state after", () => {
    const recorder = withShell();
    const [event] = recorder.feed({
      kind: "credentials",
      timeNs: at(70),
      actor: shell,
      change: "uid",
      before: root,
      after: { ...user, euid: 0 },
    });
    assert.deepEqual(
      pick(
        event,
        "event.action",
        "user.id",
        "user.effective.id",
        "user.Ext.real.id",
        "group.Ext.real.id",
      ),
      ["uid_change", "0", "0", "1000", "1000"],
    );
    assert.equal(pick(event, "process.thread.capabilities.effective")[0], undefined);
  });

  it("name the fields that could have been changed while they were read", () => {
    const recorder = withShell();
    const [event] = recorder.feed({
      kind: "title",
      timeNs: at(70),
      actor: shell,
      title: "x",
      racyFields: ["process.title"],
    });
    assert.deepEqual(pick(event, "kestrel.racy")[0], ["process.title"]);
  });
});

function file(
  change: FileActivity["change"],
  path: string,
  more: Partial<FileActivity> = {},
): Activity {
  return {
    kind: "file",
    timeNs: at(70),
    actor: shell,
    change,
    path,
    otherPath: null,
    file: fileFacts,
    header: null,
    call: null,
    ...more,
  };
}

describe("events of files", () => {
  it("carry path, facts and first bytes", () => {
    const [event] = withShell().feed(
      file("creation", "/tmp/a.b/x.tar.gz", { header: Uint8Array.of(0x7f, 0x45) }),
    );
    assert.deepEqual(
      pick(event, "event.category", "event.type", "file.path", "file.name", "file.extension"),
      [["file"], ["creation"], "/tmp/a.b/x.tar.gz", "x.tar.gz", "gz"],
    );
    assert.equal(pick(event, "event.outcome")[0], "success");
    assert.deepEqual(
      pick(
        event,
        "file.directory",
        "file.type",
        "file.size",
        "file.inode",
        "file.mode",
        "file.Ext.header_bytes",
      ),
      ["/tmp/a.b", "file", 12, "77", "0644", "7f45"],
    );
    assert.equal(pick(event, "file.mtime")[0], "2026-01-01T00:00:00.000000005Z");
  });

  it("tell where a renamed file came from and where links lead", () => {
    const [renamed, symlink] = withShell().feed(
      file("rename", "/etc/.hidden", { otherPath: "/tmp/x.sh", file: null }),
      file("symlink", "/a", { otherPath: "../b", file: null }),
    );
    assert.deepEqual(
      pick(
        renamed,
        "file.Ext.original.path",
        "file.Ext.original.name",
        "file.Ext.original.extension",
        "file.extension",
      ),
      ["/tmp/x.sh", "x.sh", "sh", undefined],
    );
    assert.deepEqual(pick(symlink, "file.target_path", "file.type", "event.action"), [
      "../b",
      "symlink",
      "symlink",
    ]);
  });
});

describe("events of files outside of the scope", () => {
  it("are left out and counted where no path is covered, before the process is looked for", () => {
    const recorder = new Recorder({ coversPath: (path) => path.startsWith("/in/") });
    assert.deepEqual(recorder.feed(file("creation", "/out/a")), []);
    assert.equal(recorder.events.outside, 1);
    recorder.feed(
      file("creation", "/in/a"),
      file("rename", "/out/b", { otherPath: "/in/a" }),
      file("rename", "/out/c", { otherPath: "/out/b" }),
    );
    const told = recorder.parsed().map((event) => pick(event, "event.action", "file.path"));
    assert.deepEqual(told, [
      ["creation", "/in/a"],
      ["rename", "/out/b"],
    ]);
    assert.equal(recorder.events.outside, 2);
  });
});

describe("events of the network", () => {
  const connection = (
    change: NetworkActivity["change"],
    more: Partial<NetworkActivity> = {},
  ): Activity => ({
    kind: "network",
    timeNs: at(70),
    actor: shell,
    change,
    family: "ipv4",
    transport: "tcp",
    localAddress: "10.0.0.5",
    localPort: 40000,
    remoteAddress: "192.0.2.7",
    remotePort: 443,
    unixPath: null,
    result: 0,
    bytesSent: null,
    bytesReceived: null,
    ...more,
  });

  it("put the side that began at the source", () => {
    const recorder = withShell();
    const [out, into, end] = recorder.feed(
      connection("connect", { result: -115 }),
      connection("accept", { localPort: 22 }),
      connection("disconnect", { localPort: 22, bytesSent: 5n, bytesReceived: 7n }),
    );
    const paths = ["network.direction", "source.ip", "destination.ip", "destination.port"];
    assert.deepEqual(pick(out, ...paths), ["egress", "10.0.0.5", "192.0.2.7", 443]);
    assert.deepEqual(pick(into, ...paths), ["ingress", "192.0.2.7", "10.0.0.5", 22]);
    assert.deepEqual(pick(end, ...paths), ["ingress", "192.0.2.7", "10.0.0.5", 22]);
    assert.deepEqual(pick(out, "event.outcome", "event.type"), [
      "unknown",
      ["start", "connection"],
    ]);
    assert.deepEqual(pick(end, "network.bytes", "event.type"), [12, ["end", "connection"]]);
  });
});

it("a Unix socket is told by its path", () => {
  const [event] = withShell().feed({
    ...{ kind: "network", timeNs: at(70), actor: shell, change: "connect", family: "unix" },
    // As the kernel knows it: a socket of streams.
    ...{ transport: "tcp", localAddress: null, localPort: null, remoteAddress: null },
    ...{ remotePort: null, unixPath: "/run/docker.sock", result: -2 },
    ...{ bytesSent: null, bytesReceived: null },
  });
  assert.deepEqual(
    pick(event, "network.type", "destination.address", "event.outcome", "network.transport"),
    ["unix", "/run/docker.sock", "failure", undefined],
  );
});

it("a hold on another process is named by its request, as far as that is known", () => {
  const hold = { kind: "ptrace", timeNs: at(70), actor: shell, targetPid: 7 } as const;
  const events = withShell().feed(
    { ...hold, request: 16 },
    { ...hold, request: null },
    { ...hold, call: "process_vm_writev", request: null },
  );
  const paths = ["process.Ext.ptrace.request", "auditd.data.syscall", "auditd.data.a0"];
  assert.deepEqual(
    events.map((event) => pick(event, ...paths)),
    [
      ["PTRACE_ATTACH", "ptrace", "10"],
      [undefined, "ptrace", undefined],
      ["process_vm_writev", "process_vm_writev", "7"],
    ],
  );
});

describe("what is no activity of a process", () => {
  it("becomes a gap record that stands where it begins", () => {
    const recorder = new Recorder();
    recorder.events.accept({
      kind: "lost",
      fromNs: at(1),
      toNs: at(2),
      count: 9,
      cpu: 0,
      categories: ["file"],
    });
    assert.deepEqual(
      pick(recorder.parsed()[0], "kestrel.record", "kestrel.gap.lost", "kestrel.gap.source"),
      ["gap", 9, "ebpf"],
    );
    const [time, from] = pick(recorder.parsed()[0], "@timestamp", "kestrel.gap.from");
    assert.equal(time, from);
    assert.equal(bootWallNs % 1_000_000_000n, 0n);
  });
});
