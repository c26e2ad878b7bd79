/** The source `audit`: what it offers, and how the kernel's records are opened. */
import { categoriesOfActions } from "../../schema/event-table.ts";
import type { MakeEvents } from "../counted-events.ts";
import { DrainedSource } from "../drained-source.ts";
import {
  execFields,
  fileFields,
  offeredFields,
  processFields,
} from "../portable/offered-fields.ts";
import type { SourceOffer } from "../source.ts";
import { AuditStream, type AuditStreamOptions, probeAuditStream } from "./audit-stream.ts";
import { userActions } from "./user-events.ts";

export interface AuditStreamSourceOptions extends Omit<AuditStreamOptions, "categories"> {
  readonly makeEvents: MakeEvents;
}

const callFields: readonly string[] = [
  ...processFields,
  ...["auditd.data.syscall", "auditd.data.a0", "auditd.data.a1", "auditd.data.a2"],
];
const fileCallFields: readonly string[] = [
  ...callFields,
  ...fileFields.filter((name) => name !== "file.size"),
];
const userFields: readonly string[] = [
  ...["process.pid", "process.name", "process.executable", "user.id", "user.name"],
  ...["event.outcome", "auditd.result", "source.ip", "source.address"],
  ...["file.path", "file.name", "file.extension", "file.directory"],
];
const addressFields: readonly string[] = [...callFields, "network.type", "event.outcome"];

/** What is told of each, where the rules of the audit system ask for the calls. */
const calls: Readonly<Record<string, readonly string[]>> = {
  already_running: execFields,
  exec: [...execFields.filter((name) => name !== "process.env_vars"), ...callFields],
  fork: callFields,
  end: [...callFields, "process.exit_code"],
  session_id_change: callFields,
  uid_change: [...callFields, "user.id", "user.effective.id"],
  gid_change: [...callFields, "group.id"],
  capability_change: callFields,
  ptrace: [...callFields, "process.Ext.ptrace.child_pid", "process.Ext.ptrace.request"],
  signal: callFields,
  load_module: callFields,
  creation: fileCallFields,
  open: fileCallFields,
  modification: fileCallFields,
  deletion: fileCallFields,
  attribute_change: fileCallFields,
  link: [...fileCallFields, "file.target_path"],
  symlink: fileCallFields,
  rename: [...fileCallFields, "file.Ext.original.path", "file.Ext.original.name"],
  connection_attempted: [...addressFields, "destination.ip", "destination.port"],
  connection_accepted: [...addressFields, "source.ip", "source.port"],
  bind: [...addressFields, "source.ip", "source.port"],
  ...Object.fromEntries(
    ["bpf", "perf_event_open", "mount", "unmount", "pivot_root", "chroot", "unshare", "setns"]
      .concat("keyctl", "userfaultfd", "io_uring_setup", "unload_module")
      .map((name) => [name, callFields]),
  ),
};

/** What the kernel's audit records would give on this machine; a log of them can be read anywhere. */
export function offerAudit(): SourceOffer {
  const capability = probeAuditStream();
  const users = Object.fromEntries(userActions.map((name) => [name, userFields]));
  const fields = offeredFields({ ...calls, ...users });
  const { available } = capability;
  const capabilities = [capability];
  return { source: "audit", available, capabilities, actions: [...fields.keys()], fields };
}

/** Starts to listen. Throws a SourceError where the kernel refuses. */
export function openAuditStream(options: AuditStreamSourceOptions): DrainedSource {
  const categories = categoriesOfActions([...Object.keys(calls), ...userActions]);
  const stream = new AuditStream({ ...options, categories });
  return new DrainedSource("audit", stream, options.makeEvents);
}
