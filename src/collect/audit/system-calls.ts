/** What each system call in the audit log did. Of those that failed only connections are told. */
import type {
  Activity,
  Actor,
  CredentialsActivity,
  FileActivity,
  NetworkActivity,
} from "../host/activity.ts";
import type { AuditEvent } from "./assembler.ts";
import {
  type AuditPath,
  argumentsOf,
  pathsOf,
  recordOf,
  socketAddressOf,
  terminalOf,
  workingDirectoryOf,
} from "./fields.ts";
import { type AuditValue, argumentOf, numberOf, textOf } from "./record.ts";

/** A SYSCALL record with what is known of its process. */
export interface SystemCall {
  readonly name: string;
  readonly event: AuditEvent;
  /** Of the SYSCALL record. */
  readonly fields: ReadonlyMap<string, AuditValue>;
  readonly timeNs: bigint;
  readonly actor: Actor;
  /** Null where the process was not met before. */
  readonly before: Actor["credentials"];
  readonly parentPid: number | null;
}

/** Null for calls that no event is made of. */
export function describeCall(call: SystemCall): Activity | null {
  const describe = Object.hasOwn(calls, call.name) ? calls[call.name]! : null;
  if (describe === null) return null;
  const succeeded = call.fields.get("success")?.text !== "no";
  return succeeded || describe === connect ? describe(call) : null;
}

type Describe = (call: SystemCall) => Activity | null;

const head = ({ timeNs, actor }: SystemCall): Pick<Activity, "timeNs" | "actor"> => ({
  timeNs,
  actor,
});

function exec(call: SystemCall): Activity {
  const { event, fields, parentPid } = call;
  const argument = argumentsOf(event);
  const [program] = pathsOf(event);
  return {
    ...head(call),
    kind: "exec",
    parentPid,
    parentStartNs: null,
    groupLeaderPid: null,
    sessionLeaderPid: null,
    executable: textOf(fields.get("exe")),
    filename: program?.path ?? null,
    args: argument?.args ?? null,
    argsTruncated: argument?.truncated ?? false,
    environment: null,
    workingDirectory: workingDirectoryOf(event),
    terminal: terminalOf(fields),
    terminalKnown: fields.has("tty"),
    pidNamespace: null,
    mountNamespace: null,
    file: program?.file ?? null,
    memfdName:
      /^\/memfd:(.*?)(?: \(deleted\))?$/s.exec(textOf(fields.get("exe")) ?? "")?.[1] ?? null,
  };
}

/** A call is told of the last path of that kind: those before are of what it replaced. */
function file(change: FileActivity["change"], kind: string): Describe {
  return (call) => fileActivity(call, change, lastOf(pathsOf(call.event), kind), null);
}

function fileActivity(
  call: SystemCall,
  change: FileActivity["change"],
  found: AuditPath | null,
  otherPath: string | null,
): Activity | null {
  if (found === null) return null;
  const { path, file } = found;
  const facts = { path, otherPath, file, header: null, call: call.name };
  return { ...head(call), kind: "file", change, ...facts };
}

function lastOf(paths: readonly AuditPath[], kind: string): AuditPath | null {
  return paths.findLast((path) => path.kind === kind) ?? null;
}

/** A file that was not there before is told as made. */
function open(call: SystemCall): Activity | null {
  const paths = pathsOf(call.event);
  const made = lastOf(paths, "CREATE");
  if (made !== null) return fileActivity(call, "creation", made, null);
  return fileActivity(call, "open", lastOf(paths, "NORMAL"), null);
}

function rename(call: SystemCall): Activity | null {
  const paths = pathsOf(call.event);
  const from = paths.find((path) => path.kind === "DELETE");
  return fileActivity(call, "rename", lastOf(paths, "CREATE"), from?.path ?? null);
}

function link(call: SystemCall): Activity | null {
  const paths = pathsOf(call.event);
  const target = paths.find((path) => path.kind === "NORMAL");
  return fileActivity(call, "link", lastOf(paths, "CREATE"), target?.path ?? null);
}

/** Changes of what a descriptor leads to have one path, of no kind that tells more. */
const attributes: Describe = (call) => {
  const paths = pathsOf(call.event).filter(({ kind }) => kind !== "PARENT");
  return fileActivity(call, "attributes", paths.at(-1) ?? null, null);
};

const truncate: Describe = (call) => {
  const paths = pathsOf(call.event).filter(({ kind }) => kind !== "PARENT");
  return fileActivity(call, "modification", paths.at(-1) ?? null, null);
};

function network(change: NetworkActivity["change"]): Describe {
  return (call) => {
    const found = socketAddressOf(call.event);
    if (found === null) return null;
    const { family, unixPath, address, port } = found;
    const isLocal = change === "bind";
    const exit = numberOf(call.fields.get("exit")) ?? 0;
    return {
      ...head(call),
      kind: "network",
      change,
      family,
      // The record does not say what the socket speaks.
      transport: "other",
      localAddress: isLocal ? address : null,
      localPort: isLocal ? port : null,
      remoteAddress: isLocal ? null : address,
      remotePort: isLocal ? null : port,
      unixPath,
      result: change === "connect" && exit < 0 ? exit : 0,
      bytesSent: null,
      bytesReceived: null,
    };
  };
}

const connect: Describe = network("connect");

function credentials(change: CredentialsActivity["change"]): Describe {
  return (call) => {
    const after = call.actor.credentials;
    if (after === null) return null;
    return { ...head(call), kind: "credentials", change, before: call.before ?? after, after };
  };
}

/** CLONE_THREAD of include/uapi/linux/sched.h. */
const cloneThread = 0x10000n;

function fork(call: SystemCall): Activity | null {
  const childPid = numberOf(call.fields.get("exit"));
  const flags = call.name === "clone" ? (argumentOf(call.fields.get("a0")) ?? 0n) : 0n;
  if (childPid === null || childPid <= 0 || (flags & cloneThread) !== 0n) return null;
  return { ...head(call), kind: "fork", childPid, childStartNs: null };
}

function exit(call: SystemCall): Activity {
  const status = Number(argumentOf(call.fields.get("a0")) ?? 0n) & 0xff;
  return { ...head(call), kind: "exit", waitStatus: status << 8 };
}

function ptrace(call: SystemCall): Activity | null {
  const isTrace = call.name === "ptrace";
  const request = isTrace ? argumentOf(call.fields.get("a0")) : null;
  const target = argumentOf(call.fields.get(isTrace ? "a1" : "a0"));
  if (target === null || target > 0x7fffffffn) return null;
  const number = request === null ? null : Number(request);
  const name = isTrace ? "ptrace" : "process_vm_writev";
  return {
    ...head(call),
    kind: "ptrace",
    call: name,
    request: number,
    targetPid: Number(target),
  };
}

function kill(call: SystemCall): Activity | null {
  const target = argumentOf(call.fields.get("a0"));
  const signal = argumentOf(call.fields.get(call.name === "kill" ? "a1" : "a2"));
  // Groups of processes are negative numbers.
  if (target === null || signal === null || target > 0x7fffffffn || signal > 64n) return null;
  return { ...head(call), kind: "signal", signal: Number(signal), targetPid: Number(target) };
}

function module(call: SystemCall): Activity | null {
  const name = textOf(recordOf(call.event, "KERN_MODULE")?.fields.get("name"));
  if (name === null) return null;
  const path = pathsOf(call.event).at(-1)?.path ?? null;
  return { ...head(call), kind: "module", name, path, taints: null };
}

function plain(call: SystemCall): Activity {
  const args = ["a0", "a1", "a2", "a3"].map((name) => argumentOf(call.fields.get(name)) ?? 0n);
  const paths = pathsOf(call.event);
  const result = numberOf(call.fields.get("exit")) ?? 0;
  const path = paths[0]?.path ?? null;
  return { ...head(call), kind: "call", call: call.name, result, args, path, otherPath: null };
}

function setsid(call: SystemCall): Activity {
  return { ...head(call), kind: "setsid", sessionId: call.actor.pid };
}

const creation: Describe = file("creation", "CREATE");
const deletion: Describe = file("deletion", "DELETE");
const symlink: Describe = file("symlink", "CREATE");
const user: Describe = credentials("uid");
const group: Describe = credentials("gid");

const calls: Readonly<Record<string, Describe>> = {
  ...{ execve: exec, execveat: exec, clone: fork, fork, vfork: fork, exit_group: exit, setsid },
  ...{ open, openat: open, openat2: open, creat: open },
  ...{ mkdir: creation, mkdirat: creation, mknod: creation, mknodat: creation },
  ...{ unlink: deletion, unlinkat: deletion, rmdir: deletion },
  ...{ rename, renameat: rename, renameat2: rename, link, linkat: link },
  ...{ symlink, symlinkat: symlink, truncate, ftruncate: truncate },
  ...{ chmod: attributes, fchmod: attributes, fchmodat: attributes, fchmodat2: attributes },
  ...{ chown: attributes, fchown: attributes, lchown: attributes, fchownat: attributes },
  ...{ setxattr: attributes, lsetxattr: attributes, fsetxattr: attributes },
  ...{ connect, bind: network("bind"), accept: network("accept"), accept4: network("accept") },
  ...{ setuid: user, setreuid: user, setresuid: user, setfsuid: user },
  ...{ setgid: group, setregid: group, setresgid: group, setfsgid: group },
  ...{ capset: credentials("capabilities"), ptrace, process_vm_writev: ptrace },
  ...{ kill, tgkill: kill, init_module: module, finit_module: module },
  ...{ delete_module: plain, mount: plain, umount2: plain, pivot_root: plain, chroot: plain },
  ...{ unshare: plain, setns: plain, bpf: plain, perf_event_open: plain, keyctl: plain },
  ...{ userfaultfd: plain, io_uring_setup: plain },
};
