/** One process as /proc shows it now. */
import {
  readArguments,
  readEnvironment,
  readImage,
  readNamespace,
  readProcText,
  readStat,
  readStatus,
  readWorkingDirectory,
} from "../linux/process-files.ts";
import type { Credentials, FileFacts, Terminal } from "./activity.ts";
import { type Container, containerOfCgroupFile } from "./container.ts";
import { ticksOf } from "./entity-id.ts";

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

const readNames: ReadonlySet<string> = new Set(environmentNames);

/** Reads /proc/PID; null if there is no such process (any more), or only what its parent must collect. */
export function readProcess(pid: number): ProcSnapshot | null {
  const stat = readStat(pid);
  if (stat === null || stat.state === "Z" || stat.state === "X") return null;
  const status = readStatus(pid);
  const image = readImage(pid);
  const snapshot: ProcSnapshot = {
    pid,
    startTicks: ticksOf(stat.startNs),
    parentPid: stat.parentPid,
    groupLeaderPid: stat.groupLeaderPid,
    sessionLeaderPid: stat.sessionLeaderPid,
    comm: stat.comm,
    terminal: stat.terminal,
    credentials: status?.credentials ?? null,
    supplementaryGroups: status?.supplementaryGroups ?? [],
    executable: image?.path ?? null,
    file: image?.file ?? null,
    args: readArguments(pid)?.args ?? null,
    environment: readEnvironment(pid, readNames),
    workingDirectory: readWorkingDirectory(pid),
    pidNamespace: readNamespace(pid, "pid"),
    mountNamespace: readNamespace(pid, "mnt"),
    container: containerOfCgroupFile(readProcText(pid, "cgroup") ?? ""),
  };
  // Had the pid been given to another process meanwhile, the parts would not belong together.
  return readStartTicks(pid) === snapshot.startTicks ? snapshot : null;
}

/** The start of a process in ticks since boot; null if there is no such process, or it only waits to be collected. */
export function readStartTicks(pid: number): number | null {
  const stat = readStat(pid);
  return stat === null || stat.state === "Z" || stat.state === "X" ? null : ticksOf(stat.startNs);
}
