/** Makes activities of audit events about system calls. */
import type { Limits } from "../../base/limits.ts";
import type { Seen } from "../counted-events.ts";
import type { Activity, Actor, Credentials } from "../host/activity.ts";
import { objectMember, textMember } from "../host/json-text.ts";
import type { AuditEvent } from "./assembler.ts";
import { credentialsOf, recordOf } from "./fields.ts";
import { numberOf, textOf } from "./record.ts";
import { systemCallName } from "./syscall-table.ts";
import { describeCall, type SystemCall } from "./system-calls.ts";

export interface AuditActivitiesOptions {
  readonly limits: Limits;
  /** What is taken off a record's time, ns since the epoch, to get the time of an activity. */
  readonly offsetNs: bigint;
  /** The start of a live process, ns since boot; of one that is only read about in a log, null. */
  readonly startOf: (pid: number) => bigint | null;
}

interface Known {
  /** ns since boot: its start, or when it was first met. */
  readonly startNs: bigint;
  readonly parentPid: number | null;
  credentials: Credentials | null;
}

/** Activities that HostEvents tells with the call's arguments itself. */
const toldWithArguments: ReadonlySet<Activity["kind"]> = new Set(["call", "ptrace", "signal"]);

export class AuditActivities {
  readonly #options: AuditActivitiesOptions;
  readonly #known = new Map<number, Known>();

  constructor(options: AuditActivitiesOptions) {
    this.#options = options;
  }

  /** What a system call did; null for calls that no event is made of, and for events of other records. */
  describe(event: AuditEvent): Seen | null {
    const record = recordOf(event, "SYSCALL");
    const pid = numberOf(record?.fields.get("pid"));
    if (record === null || pid === null || pid <= 0) return null;
    const { fields } = record;
    const name = callName(record.fields.get("SYSCALL")?.text, fields);
    if (name === null) return null;
    const timeNs = event.timeNs - this.#options.offsetNs;
    const credentials = credentialsOf(fields);
    const parentPid = numberOf(fields.get("ppid"));
    const known = this.#find(pid, parentPid, timeNs, name.startsWith("execve"));
    const before = known.credentials;
    known.credentials = credentials ?? before;
    const comm = textOf(fields.get("comm")) ?? "";
    const actor: Actor = { pid, startNs: known.startNs, comm, credentials, cgroupId: null };
    const call: SystemCall = { name, event, fields, timeNs, actor, before, parentPid };
    const activity = describeCall(call);
    if (activity === null) return null;
    if (activity.kind === "exit") this.#known.delete(pid);
    if (toldWithArguments.has(activity.kind)) return activity;
    return { kind: "extended", activity, members: auditMember(name, fields) };
  }

  /** A program that a known pid runs for another parent is run by another process. */
  #find(pid: number, parentPid: number | null, timeNs: bigint, isExec: boolean): Known {
    const known = this.#known.get(pid);
    const isAnother = isExec && known?.parentPid !== parentPid && parentPid !== 1;
    if (known !== undefined && !isAnother) return known;
    if (this.#known.size >= this.#options.limits.hostProcesses) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    const startNs = this.#options.startOf(pid) ?? timeNs;
    const process: Known = { startNs, parentPid, credentials: null };
    this.#known.delete(pid);
    this.#known.set(pid, process);
    return process;
  }
}

function callName(name: string | undefined, fields: SystemCall["fields"]): string | null {
  if (name !== undefined && /^[a-z][a-z0-9_]{1,40}$/.test(name)) return name;
  const number = numberOf(fields.get("syscall"));
  const architecture = fields.get("arch")?.text;
  if (number === null || architecture === undefined) return null;
  return systemCallName(architecture, number);
}

function auditMember(name: string, fields: SystemCall["fields"]): string {
  const names = ["a0", "a1", "a2", "a3", "exit"];
  const values = names.map((key) => textMember(key, fields.get(key)?.text ?? null));
  const key = textMember("key", textOf(fields.get("key")));
  const data = textMember("syscall", name) + values.join("") + key;
  return objectMember("auditd", objectMember("data", data));
}
