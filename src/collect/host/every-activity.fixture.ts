/** Activities of each kind and change, with all that a sensor can tell. */
import { encode } from "dns-packet";
import { actor, at, exec, exit, fork, root } from "./activity.fixture.ts";
import type { Activity, Actor, Credentials, FileActivity, FileFacts } from "./activity.ts";

const mixed: Credentials = { ...root, uid: 1000, gid: 1000 };
const sshdStart = 100;
const shellStart = 200;

/** The SSH daemon under which the shell's session began. */
const daemon: Actor = actor(50, sshdStart);
/** A shell with everything known, the actor of all activities. */
const shell: Actor = actor(60, shellStart, { credentials: mixed });

/** Made by one of the activities. */
const child: Actor = actor(61, 1003, { credentials: mixed });

/** Makes daemon and shell; `path` and `facts` of an executable that exists. */
export function knownProcess(path: string, facts: FileFacts): Activity[] {
  return [
    exec(daemon, sshdStart, ["/usr/sbin/sshd", "-D"], {
      parentPid: 1,
      groupLeaderPid: 50,
      sessionLeaderPid: 50,
    }),
    {
      kind: "network",
      timeNs: at(sshdStart + 1),
      actor: daemon,
      change: "accept",
      family: "ipv4",
      transport: "tcp",
      localAddress: "10.0.0.5",
      localPort: 22,
      remoteAddress: "192.0.2.9",
      remotePort: 50_000,
      unixPath: null,
      result: 0,
      bytesSent: null,
      bytesReceived: null,
    },
    fork(daemon, shellStart, shell.pid),
    run(path, facts, shellStart + 1),
    { kind: "title", timeNs: at(shellStart + 2), actor: shell, title: "title" },
  ];
}

function run(path: string, facts: FileFacts, timeMs: number): Activity {
  return exec(shell, timeMs, ["-bash", "-i"], {
    executable: path,
    environment: ["PATH=/usr/bin"],
    groupLeaderPid: shell.pid,
    sessionLeaderPid: shell.pid,
    terminal: { major: 136, minor: 1 },
    file: facts,
    memfdName: "x",
  });
}

/** One activity of each kind and change of a process that is known, in the order of their times. */
export function everyActivity(path: string, facts: FileFacts): Activity[] {
  const marks = { racyFields: ["file.path"] };
  const base = { timeNs: at(1000), actor: shell, ...marks };
  return [
    ...fileChanges.map(
      (change): Activity => ({
        ...base,
        kind: "file",
        change,
        path,
        otherPath: "/tmp/other.sh",
        file: facts,
        header: Uint8Array.of(1, 2),
        call: "chmod",
      }),
    ),
    ...socketActivities(base),
    ...callActivities(base),
    { ...run(path, facts, 1001), ...marks },
    { ...base, kind: "title", timeNs: at(1002), title: "title" },
    { ...fork(shell, 1003, 61), ...marks },
    { ...base, kind: "setsid", timeNs: at(1004), actor: child, sessionId: child.pid },
    { ...exit(shell, 2005), ...marks },
  ];
}

const fileChanges: readonly FileActivity["change"][] = [
  ...(["creation", "open", "modification", "rename", "deletion"] as const),
  ...(["link", "symlink", "attributes"] as const),
];

type Base = Pick<Activity, "timeNs" | "actor">;

function socketActivities(base: Base): Activity[] {
  const addresses = { localAddress: "10.0.0.5", remoteAddress: "10.0.0.6" };
  const sockets = (["connect", "accept", "bind", "listen", "disconnect"] as const).map(
    (change): Activity => ({
      ...base,
      ...addresses,
      kind: "network",
      change,
      family: "ipv4",
      transport: "tcp",
      localPort: 1,
      remotePort: 2,
      unixPath: null,
      result: 0,
      bytesSent: change === "disconnect" ? 1n : null,
      bytesReceived: change === "disconnect" ? 2n : null,
    }),
  );
  return [lookup(base, "request"), lookup(base, "response"), ...sockets];
}

function lookup(base: Base, change: "request" | "response"): Activity {
  const name = "files.example.com";
  const answers = ["10.0.0.5", "10.0.0.6"].map(
    (data) => ({ type: "A", name, data, ttl: 60 }) as const,
  );
  const message = encode({
    type: change === "request" ? "query" : "response",
    questions: [{ type: "A", name }],
    answers: change === "request" ? [] : answers,
  });
  return { ...base, kind: "dns", change, message, serverAddress: "10.0.0.53", serverPort: 53 };
}

const calls: readonly string[] = [
  ...["bpf", "perf_event_open", "mount", "umount2", "pivot_root", "chroot", "unshare", "setns"],
  ...["keyctl", "userfaultfd", "io_uring_setup", "delete_module"],
];

function callActivities(base: Base): Activity[] {
  const credentials = (["uid", "gid", "capabilities"] as const).map(
    (change): Activity => ({ ...base, kind: "credentials", change, before: root, after: mixed }),
  );
  const mappings = (["mmap", "mprotect"] as const).map(
    (call): Activity => ({
      ...{ ...base, kind: "mapping", call, address: 4096n, lengthBytes: 8192n },
      ...{ protection: 7, path: "/usr/lib/x.so", anonymous: false },
    }),
  );
  const others = calls.map(
    (call): Activity => ({
      ...{ ...base, kind: "call", call, result: 0, args: [1n, -1n, 3n] },
      ...{ path: "/mnt/a.d", otherPath: "/dev/b" },
    }),
  );
  const dump = { call: "coredump", result: 0, args: [], path: null, otherPath: null };
  return [
    { ...base, kind: "call", ...dump },
    ...credentials,
    ...mappings,
    ...others,
    { ...base, kind: "memfd", name: "x", flags: 1 },
    { ...base, kind: "shmget", key: 1, sizeBytes: 4096, flags: 0 },
    { ...base, kind: "ptrace", request: 16, targetPid: 61 },
    { ...base, kind: "module", name: "a", path: "/lib/a.ko", taints: 0x3000n },
    { ...base, kind: "signal", signal: 9, targetPid: 61 },
  ];
}
