/** Makes activities of the process connector's events. */
import type { Activity, Credentials, CredentialsActivity } from "../host/activity.ts";
import { readCredentials } from "../linux/process-files.ts";
import type { ConnectorEvent } from "./connector-message.ts";
import { actorOf, type KnownProcess } from "./known-processes.ts";
import { readExec } from "./read-exec.ts";

export class ConnectorActivities {
  readonly #environmentNames: ReadonlySet<string>;

  constructor(environmentNames: ReadonlySet<string>) {
    this.#environmentNames = environmentNames;
  }

  /** What `event` says that `process` did, `child` being what it forked; null where that is nothing. */
  describe(
    event: ConnectorEvent,
    process: KnownProcess,
    child: KnownProcess | null,
    timeNs: bigint,
  ): Activity | null {
    const head = { timeNs, actor: actorOf(process) };
    switch (event.kind) {
      case "fork": {
        const childStartNs = child?.startNs ?? null;
        return { ...head, kind: "fork", childPid: event.childPid, childStartNs };
      }
      case "exec":
        return readExec(process, this.#environmentNames, timeNs);
      case "uid":
      case "gid":
        return changeCredentials(event.kind, event, process, timeNs);
      case "setsid":
        return { ...head, kind: "setsid", sessionId: event.pid };
      case "ptrace":
        return { ...head, kind: "ptrace", request: null, targetPid: event.pid };
      case "comm":
        process.comm = event.comm;
        return { ...head, actor: actorOf(process), kind: "title", title: event.comm };
      case "coredump":
        return { ...head, kind: "call", call: "coredump", ...noArguments };
      case "exit":
        return { ...head, kind: "exit", waitStatus: event.waitStatus };
      case "other":
        return null;
    }
  }
}

const noArguments = { result: 0, args: [], path: null, otherPath: null } as const;

/** Null where nothing changed, as seen from the process: its threads are told of one by one. */
function changeCredentials(
  change: "uid" | "gid",
  ids: { readonly realId: number; readonly effectiveId: number },
  process: KnownProcess,
  timeNs: bigint,
): CredentialsActivity | null {
  const before = process.credentials;
  const read = readCredentials(process.pid);
  const after = afterChange(change, ids, before ?? read, read ?? before);
  if (after === null) return null;
  process.credentials = after;
  if (before === null || sameIds(before, after)) return null;
  return { kind: "credentials", timeNs, actor: actorOf(process), change, before, after };
}

/** The event's own ids are exact; what is read besides may already hold later changes of other ids. */
function afterChange(
  change: "uid" | "gid",
  { realId, effectiveId }: { readonly realId: number; readonly effectiveId: number },
  before: Credentials | null,
  read: Credentials | null,
): Credentials | null {
  if (before === null || read === null) return null;
  if (change === "gid") return { ...before, gid: realId, egid: effectiveId, sgid: read.sgid };
  const { suid, capEffective, capPermitted } = read;
  return { ...before, uid: realId, euid: effectiveId, suid, capEffective, capPermitted };
}

function sameIds(a: Credentials, b: Credentials): boolean {
  const sameUsers = a.uid === b.uid && a.euid === b.euid && a.suid === b.suid;
  return sameUsers && a.gid === b.gid && a.egid === b.egid && a.sgid === b.sgid;
}
