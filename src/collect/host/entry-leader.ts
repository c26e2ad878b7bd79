/** By which way a process's session came into the host: its entry leader and the type of entry. */
import { canonicalIp } from "../../base/ip.ts";
import type { Terminal } from "./activity.ts";
import type { Entry, HostProcess } from "./host-process.ts";

const kernelThreadParent = 2;

/** Device majors from Documentation/admin-guide/devices.txt: virtual consoles, serial lines, hvc, ttyAMA. */
const consoleMajors: ReadonlySet<number> = new Set([4, 5, 204, 229]);

/** Names of programs under which a container's first process starts. */
const runtimeName: RegExp =
  /^(?:containerd-shim.*|docker-containerd.*|runc.*|crun|conmon|youki|lxc-start|systemd-nspawn)$/;

/**
 * The entry of a process, from what is known of it and its parent: itself where it begins a session
 * that came in from outside, otherwise its parent's. Null where the parent is unknown.
 */
export function entryOf(process: HostProcess): Entry | null {
  const { pid, parent } = process;
  const parentPid = parent?.pid ?? process.parentPid;
  if (pid === 1) return enter(process, "init");
  if (pid === kernelThreadParent || parentPid === kernelThreadParent)
    return enter(process, "kthread");
  if (parent === null) return parentPid === 1 ? enter(process, "init") : null;
  if (isContainerStart(process, parent)) return enter(process, "container");
  const inherited = parent.entry;
  if (process.sessionLeaderPid === pid) {
    const type = sessionType(process, parent, inherited);
    if (type !== null) return enter(process, type);
  }
  if (parent.pid === 1 || (inherited?.type === "init" && inherited.leader.pid === 1)) {
    return enter(process, "init");
  }
  return inherited;
}

function enter(process: HostProcess, type: string): Entry {
  const sourceIp = type === "sshd" ? sourceOf(process) : null;
  return { leader: process, type, sourceIp };
}

function isContainerStart(process: HostProcess, parent: HostProcess): boolean {
  const own = process.container;
  if (own === null || own === undefined) return false;
  if (runtimeName.test(process.name ?? "")) return false;
  return runtimeName.test(parent.name ?? "") || parent.container?.id !== own.id;
}

function sessionType(
  process: HostProcess,
  parent: HostProcess,
  inherited: Entry | null,
): string | null {
  const parentName = parent.name ?? "";
  if (isSshd(parent) && !isSshd(process)) return "sshd";
  // The kernel keeps 15 bytes of a thread's name.
  if (parentName.startsWith("ssm-session-wor")) return "ssm";
  const { terminal } = process;
  if (terminal === null || terminal === undefined) return null;
  if (isConsole(terminal)) return "console";
  return inherited === null || inherited.type === "init" ? "terminal" : null;
}

/** Whether it is the SSH daemon or one of its parts. */
export function isSshd(process: HostProcess): boolean {
  const { name } = process;
  return name === "sshd" || name === "sshd-session" || name === "sshd-auth";
}

function isConsole({ major, minor }: Terminal): boolean {
  return consoleMajors.has(major) && !(major === 5 && minor !== 1);
}

/** From the connection that sshd accepted, or else from what it told the session. */
function sourceOf(process: HostProcess): string | null {
  if (process.acceptedFrom !== null) return process.acceptedFrom;
  const entry = process.environment?.find((text) => text.startsWith("SSH_CONNECTION="));
  return entry === undefined ? null : canonicalIp(entry.slice(15).split(" ", 1)[0]!);
}
