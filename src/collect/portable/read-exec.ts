/** What /proc says of a program just after it began. */
import type { ExecActivity } from "../host/activity.ts";
import {
  readArguments,
  readCredentials,
  readEnvironment,
  readImage,
  readNamespace,
  readStat,
  readWorkingDirectory,
} from "../linux/process-files.ts";
import { actorOf, type KnownProcess } from "./known-processes.ts";

/** Fields that are read after the event; by then the process may have changed them. */
const readLater: readonly string[] = [
  "process.executable",
  "process.name",
  "process.args",
  "process.args_count",
  "process.command_line",
  "process.env_vars",
  "process.working_directory",
];

/**
 * The exec of `process`, and what it changed of it. Members that could not be read any more are
 * null; what is soonest gone and most asked for is read first. Of a process that has ended little is
 * tried, since each refusal costs more than an answer.
 */
export function readExec(
  process: KnownProcess,
  environmentNames: ReadonlySet<string>,
  timeNs: bigint,
): ExecActivity {
  const { pid } = process;
  const argument = readArguments(pid);
  const image = argument === null ? null : readImage(pid);
  const stat = readStat(pid);
  const isThere = stat !== null && stat.state !== "Z" && stat.state !== "X";
  const credentials = stat === null ? null : readCredentials(pid);
  process.comm = stat?.comm ?? "";
  process.startNs ??= stat?.startNs ?? null;
  process.credentials = credentials ?? process.credentials;
  return {
    kind: "exec",
    timeNs,
    actor: actorOf(process),
    racyFields: readLater,
    parentPid: stat?.parentPid ?? null,
    parentStartNs: null,
    groupLeaderPid: stat?.groupLeaderPid ?? null,
    sessionLeaderPid: stat?.sessionLeaderPid ?? null,
    executable: image?.path ?? null,
    filename: null,
    args: argument?.args ?? null,
    argsTruncated: argument?.truncated ?? false,
    environment: isThere ? readEnvironment(pid, environmentNames) : null,
    workingDirectory: isThere ? readWorkingDirectory(pid) : null,
    terminal: stat?.terminal ?? null,
    terminalKnown: stat !== null,
    pidNamespace: isThere ? readNamespace(pid, "pid") : null,
    mountNamespace: isThere ? readNamespace(pid, "mnt") : null,
    file: image?.file ?? null,
    memfdName: image?.memfdName ?? null,
  };
}
