/** Reads what /proc says of a process. All is null once the process is gone; nothing throws. */
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import type { Credentials, FileFacts, Terminal } from "../host/activity.ts";

/** Of /proc/PID/stat (proc(5)). */
export interface ProcessStat {
  readonly comm: string;
  /** `R`, `S`, `Z` and so on. */
  readonly state: string;
  readonly parentPid: number;
  readonly groupLeaderPid: number;
  readonly sessionLeaderPid: number;
  /** Null where it has none. */
  readonly terminal: Terminal | null;
  /** ns since boot, in steps of 10 ms. */
  readonly startNs: bigint;
}

/** What a process was started with. */
export interface ProcessArguments {
  readonly args: readonly string[];
  readonly truncated: boolean;
}

/** The program that a process runs. */
export interface ProcessImage {
  readonly path: string;
  readonly file: FileFacts | null;
  /** Null where the program is no file in memory. */
  readonly memfdName: string | null;
}

/** Clock ticks in /proc are 10 ms: USER_HZ is 100 on every architecture of today. */
const tickNs = 10_000_000n;
const buffer: Buffer = Buffer.allocUnsafeSlow(0x8000);

/** All process ids that /proc shows, in ascending order. */
export function listPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export function readStat(pid: number): ProcessStat | null {
  const text = readProcText(pid, "stat");
  return text === null ? null : parseStat(text);
}

/** A name may hold brackets and blanks, so it ends at the last bracket. */
export function parseStat(text: string): ProcessStat | null {
  const nameEnd = text.lastIndexOf(")");
  const fields = text.slice(nameEnd + 2).split(" ");
  const start = fields[19];
  if (nameEnd < 0 || start === undefined || !/^\d+$/.test(start)) return null;
  const device = Number(fields[4]) >>> 0;
  return {
    comm: text.slice(text.indexOf("(") + 1, nameEnd),
    state: fields[0]!,
    parentPid: Number(fields[1]),
    groupLeaderPid: Number(fields[2]),
    sessionLeaderPid: Number(fields[3]),
    terminal: device === 0 ? null : terminalOf(device),
    startNs: BigInt(start) * tickNs,
  };
}

/** Takes a device number apart as include/linux/kdev_t.h puts it together (new_encode_dev). */
function terminalOf(device: number): Terminal {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}

/** Of /proc/PID/status. */
export interface ProcessStatus {
  readonly credentials: Credentials | null;
  /** Ids. */
  readonly supplementaryGroups: readonly string[];
}

export function readStatus(pid: number): ProcessStatus | null {
  const text = readProcText(pid, "status");
  if (text === null) return null;
  const groups = /^Groups:\t(.*)$/m.exec(text)?.[1] ?? "";
  return {
    credentials: parseCredentials(text),
    supplementaryGroups: groups.split(" ").filter((id) => id !== ""),
  };
}

export function readCredentials(pid: number): Credentials | null {
  return readStatus(pid)?.credentials ?? null;
}

/** The ids and capability sets of /proc/PID/status. */
export function parseCredentials(text: string): Credentials | null {
  const uids = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(text);
  const gids = /^Gid:\t(\d+)\t(\d+)\t(\d+)/m.exec(text);
  if (uids === null || gids === null) return null;
  return {
    uid: Number(uids[1]),
    euid: Number(uids[2]),
    suid: Number(uids[3]),
    gid: Number(gids[1]),
    egid: Number(gids[2]),
    sgid: Number(gids[3]),
    capEffective: capabilitySet(text, "CapEff"),
    capPermitted: capabilitySet(text, "CapPrm"),
  };
}

function capabilitySet(text: string, name: string): bigint | null {
  const digits = new RegExp(`^${name}:\\t([0-9a-f]+)`, "m").exec(text)?.[1];
  return digits === undefined ? null : BigInt(`0x${digits}`);
}

/** Null also where there are none, as in a process that has ended and is not waited for. */
export function readArguments(pid: number): ProcessArguments | null {
  const text = readProcText(pid, "cmdline");
  if (text === null || text === "") return null;
  const truncated = Buffer.byteLength(text) >= buffer.length;
  const args = (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
  return { args, truncated };
}

/** `NAME=value` of those `names` that are set. */
export function readEnvironment(pid: number, names: ReadonlySet<string>): string[] | null {
  if (names.size === 0) return null;
  const text = readProcText(pid, "environ");
  if (text === null) return null;
  return text.split("\0").filter((entry) => {
    const end = entry.indexOf("=");
    return end > 0 && names.has(entry.slice(0, end));
  });
}

export function readWorkingDirectory(pid: number): string | null {
  return readLink(pid, "cwd");
}

export function readImage(pid: number): ProcessImage | null {
  const link = readLink(pid, "exe");
  if (link === null) return null;
  const path = link.replace(/ \(deleted\)$/, "");
  const memfd = /^\/memfd:(.*)$/s.exec(path);
  return { path, file: readFileFacts(`/proc/${pid}/exe`), memfdName: memfd?.[1] ?? null };
}

/** The inode number of a namespace, as /proc/PID/ns shows it. */
export function readNamespace(pid: number, name: "pid" | "mnt"): number | null {
  const digits = /\[(\d+)\]$/.exec(readLink(pid, `ns/${name}`) ?? "")?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Path in the unified control group hierarchy, such as `/system.slice`. */
export function readControlGroup(pid: number): string | null {
  const text = readProcText(pid, "cgroup");
  return text === null ? null : parseControlGroup(text);
}

export function parseControlGroup(text: string): string | null {
  return /^0::(.*)$/m.exec(text)?.[1] ?? null;
}

/** Facts of the file that `path` leads to, or of the symbolic link that it is. */
export function readFileFacts(path: string, of: "target" | "link" = "target"): FileFacts | null {
  try {
    const found =
      of === "target" ? statSync(path, { bigint: true }) : lstatSync(path, { bigint: true });
    return {
      inode: found.ino,
      device: found.dev,
      sizeBytes: Number(found.size),
      mode: Number(found.mode),
      uid: Number(found.uid),
      gid: Number(found.gid),
      links: Number(found.nlink),
      mtimeNs: found.mtimeNs,
      ctimeNs: found.ctimeNs,
    };
  } catch {
    return null;
  }
}

function readLink(pid: number, name: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return null;
  }
}

/** A file of /proc/PID, at most the first 32 KiB; null where it can't be read. */
export function readProcText(pid: number, name: string): string | null {
  let fd = -1;
  try {
    fd = openSync(`/proc/${pid}/${name}`, "r");
    return buffer.toString("utf8", 0, readAll(fd));
  } catch {
    return null;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

function readAll(fd: number): number {
  let size = 0;
  for (;;) {
    const count = readSync(fd, buffer, size, buffer.length - size, null);
    size += count;
    // A short read of a file in /proc is its end, or a page of arguments.
    if (count === 0 || size === buffer.length || count < 4096) return size;
  }
}
