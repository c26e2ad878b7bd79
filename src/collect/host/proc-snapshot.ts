/** One process as /proc shows it now. */
import { readFileSync, readlinkSync, statSync } from "node:fs";
import type { Credentials, FileFacts, Terminal } from "./activity.ts";
import { type Container, containerOfCgroupFile } from "./container.ts";

export interface ProcSnapshot {
  readonly pid: number;
  readonly startTicks: number;
  readonly parentPid: number;
  readonly groupLeaderPid: number;
  readonly sessionLeaderPid: number;
  readonly comm: string;
  readonly terminal: Terminal | null;
  readonly credentials: Credentials | null;
  readonly supplementaryGroups: readonly string[];
  /** Null for kernel threads, zombies and where the system refuses. */
  readonly executable: string | null;
  readonly file: FileFacts | null;
  readonly args: readonly string[] | null;
  readonly environment: readonly string[] | null;
  readonly workingDirectory: string | null;
  readonly pidNamespace: number | null;
  readonly mountNamespace: number | null;
  readonly container: Container | null;
}

/** Environment variables that are read at all; the rest stays unread by anyone. */
export const environmentNames: readonly string[] = [
  ...["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "HISTFILE", "HISTSIZE", "HISTFILESIZE"],
  ...["PATH", "SSH_CONNECTION"],
];

/** Reads /proc/PID; null if there is no such process (any more), or only what its parent must collect. */
export function readProcess(pid: number, procRoot: string = "/proc"): ProcSnapshot | null {
  const folder = `${procRoot}/${pid}`;
  const stat = readStat(folder);
  if (stat === null) return null;
  const executable = tryLink(`${folder}/exe`);
  const args = tryText(`${folder}/cmdline`);
  const snapshot: ProcSnapshot = {
    ...stat,
    pid,
    ...readStatus(tryText(`${folder}/status`) ?? ""),
    executable,
    file: executable === null ? null : tryFacts(`${folder}/exe`),
    args: args === null || args === "" ? null : splitNul(args),
    environment: readEnvironment(`${folder}/environ`),
    workingDirectory: tryLink(`${folder}/cwd`),
    pidNamespace: namespaceOf(tryLink(`${folder}/ns/pid`)),
    mountNamespace: namespaceOf(tryLink(`${folder}/ns/mnt`)),
    container: containerOfCgroupFile(tryText(`${folder}/cgroup`) ?? ""),
  };
  // Had the pid been given to another process meanwhile, the parts would not belong together.
  return readStat(folder)?.startTicks === stat.startTicks ? snapshot : null;
}

/** The start of a process in ticks since boot; null if there is no such process. */
export function readStartTicks(pid: number, procRoot: string = "/proc"): number | null {
  return readStat(`${procRoot}/${pid}`)?.startTicks ?? null;
}

/** Inode facts of what a path leads to; throws if there is none. */
export function readFileFacts(path: string): FileFacts {
  const stats = statSync(path, { bigint: true });
  return {
    inode: stats.ino,
    device: stats.dev,
    sizeBytes: Number(stats.size),
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    links: Number(stats.nlink),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
  };
}

type Stat = Pick<
  ProcSnapshot,
  "comm" | "parentPid" | "groupLeaderPid" | "sessionLeaderPid" | "terminal" | "startTicks"
>;

/** See proc_pid_stat(5). The name may hold blanks and brackets: it ends at the last `)`. */
function readStat(folder: string): Stat | null {
  const text = tryText(`${folder}/stat`);
  if (text === null) return null;
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open === -1 || close < open) return null;
  const state = text[close + 2];
  if (state === "Z" || state === "X") return null;
  const fields = text
    .slice(close + 2)
    .split(" ")
    .map(Number);
  return {
    comm: text.slice(open + 1, close),
    parentPid: fields[1] ?? 0,
    groupLeaderPid: fields[2] ?? 0,
    sessionLeaderPid: fields[3] ?? 0,
    terminal: terminalOf(fields[4] ?? 0),
    startTicks: fields[19] ?? 0,
  };
}

/** Mirrors new_decode_dev() in include/linux/kdev_t.h. */
function terminalOf(device: number): Terminal | null {
  if (device === 0) return null;
  return { major: (device >> 8) & 0xfff, minor: (device & 0xff) | ((device >> 12) & 0xfff00) };
}

function readStatus(text: string): Pick<ProcSnapshot, "credentials" | "supplementaryGroups"> {
  const values = new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const [uid, euid, suid] = (values.get("Uid") ?? "").split("\t").map(Number);
  const [gid, egid, sgid] = (values.get("Gid") ?? "").split("\t").map(Number);
  const supplementaryGroups = (values.get("Groups") ?? "").split(" ").filter((id) => id !== "");
  if (uid === undefined || euid === undefined || suid === undefined) {
    return { credentials: null, supplementaryGroups };
  }
  if (gid === undefined || egid === undefined || sgid === undefined) {
    return { credentials: null, supplementaryGroups };
  }
  const capEffective = maskOf(values.get("CapEff"));
  const capPermitted = maskOf(values.get("CapPrm"));
  return {
    credentials: { uid, euid, suid, gid, egid, sgid, capEffective, capPermitted },
    supplementaryGroups,
  };
}

function maskOf(hex: string | undefined): bigint | null {
  return hex !== undefined && /^[0-9a-f]+$/.test(hex) ? BigInt(`0x${hex}`) : null;
}

/** `pid:[4026531836]` */
function namespaceOf(link: string | null): number | null {
  const match = /\[(\d+)\]$/.exec(link ?? "");
  return match === null ? null : Number(match[1]);
}

function readEnvironment(path: string): string[] | null {
  const text = tryText(path);
  if (text === null) return null;
  return splitNul(text).filter((entry) => environmentNames.includes(entry.split("=", 1)[0]!));
}

/** Texts that each end in NUL; the last may lack it. */
function splitNul(text: string): string[] {
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/** The text of a file; null if it can not be read. */
export function tryText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function tryLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function tryFacts(path: string): FileFacts | null {
  try {
    return readFileFacts(path);
  } catch {
    return null;
  }
}
