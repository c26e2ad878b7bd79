/**
 * The built-in fields: what a Linux endpoint source emits, by the names of the Elastic Common Schema, and
 * the call stacks that Elastic Endpoint's rules search. The single source for names and types.
 */
import { Schema } from "./schema.ts";
import type { FieldDefinition, FieldId, FieldType } from "./type.ts";

/** Version of the table below; changes with every change of a name or type. */
export const schemaVersion = "1.2.0";

/** The schema of the built-in fields. */
export function builtInSchema(): Schema {
  return new Schema(
    schemaVersion,
    builtInFields().map((definition, index) => ({ ...definition, id: index as FieldId })),
  );
}

/** The built-in fields in the order of their ids. */
export function builtInFields(): FieldDefinition[] {
  return groups.flatMap(({ categories, rows }) =>
    rows.map(([path, form, description]) => ({
      path,
      type: types[form.replace("[]", "")]!,
      multiple: form.endsWith("[]"),
      categories,
      description,
      origin: "built-in" as const,
    })),
  );
}

/** Path, type (`[]`: usually several values) and what it holds. */
type Row = readonly [path: string, form: string, description: string];

/** Fields that occur on the same event categories; none means any. */
interface Group {
  readonly categories: readonly string[];
  readonly rows: readonly Row[];
}

const types: Readonly<Record<string, FieldType>> = {
  str: "keyword",
  i64: "long",
  u64: "long",
  f64: "double",
  bool: "boolean",
  ts: "date",
  ip: "ip",
  obj: "object-list",
};

const anyEvent: Group = {
  categories: [],
  rows: [
    ["@timestamp", "ts", "When it happened, wall time"],
    ["event.id", "str", "Identity of the event at its source"],
    ["event.sequence", "u64", "Position in the order of the source"],
    ["event.kind", "str", "event, alert or state"],
    ["event.category", "str[]", "What the event is about: process, file, network and others"],
    ["event.type", "str[]", "What kind of change it is: start, end, creation and others"],
    ["event.action", "str", "What was done, as the source names it"],
    ["event.outcome", "str", "success, failure or unknown"],
    ["event.code", "str", "Number or code of the event at its source"],
    ["event.dataset", "str", "Name of the stream it belongs to"],
    ["event.module", "str", "Module of the source"],
    ["event.provider", "str", "Facility that reported it: ebpf, audit, fanotify, replay"],
    ["event.created", "ts", "When the source took it in"],
    ["event.severity", "i64", "Severity as the source sees it"],
    ["event.duration", "i64", "How long it took, in ns"],
    ["data_stream.dataset", "str", "Data set of the stream, for rules that filter on it"],
    ["data_stream.namespace", "str", "Namespace of the stream"],
    ["agent.id", "str", "Identity of the sensor"],
    ["agent.type", "str", "Kind of sensor"],
    ["agent.version", "str", "Build of the sensor"],
    ["host.id", "str", "Machine id"],
    ["host.name", "str", "Name of the host"],
    ["host.hostname", "str", "Name that the host gives itself"],
    ["host.ip", "ip[]", "Addresses of the host"],
    ["host.mac", "str[]", "Hardware addresses of the host"],
    ["host.architecture", "str", "Processor architecture"],
    ["host.boot.id", "str", "Identity of the running boot"],
    ["host.os.type", "str", "linux, windows, macos"],
    ["host.os.name", "str", "Name of the operating system"],
    ["host.os.version", "str", "Version of the operating system"],
    ["host.os.kernel", "str", "Version of the kernel"],
  ],
};

const processFields: Group = {
  categories: [],
  rows: [
    ["process.entity_id", "str", "Identity of the process, safe against reuse of its pid"],
    ["process.pid", "i64", "Process id"],
    ["process.name", "str", "Last component of the executable's path"],
    ["process.executable", "str", "Resolved path of the executable"],
    ["process.args", "str[]", "Arguments, the program's name first"],
    ["process.args_count", "i64", "Number of arguments"],
    ["process.command_line", "str", "Arguments joined by single blanks"],
    ["process.title", "str", "Title that the process gave itself"],
    ["process.working_directory", "str", "Current directory"],
    ["process.env_vars", "str[]", "Environment variables of the allow-list, NAME=value"],
    ["process.start", "ts", "When the process started"],
    ["process.end", "ts", "When the process ended"],
    ["process.uptime", "i64", "Age of the process, in seconds"],
    ["process.exit_code", "i64", "Exit status"],
    ["process.interactive", "bool", "Whether it has a controlling terminal"],
    ["process.tty.char_device.major", "i64", "Major number of the terminal"],
    ["process.tty.char_device.minor", "i64", "Minor number of the terminal"],
    ["process.user.id", "str", "Effective user id of the process"],
    ["process.user.name", "str", "Effective user's name"],
    ["process.group.id", "str", "Effective group id of the process"],
    ["process.group.name", "str", "Effective group's name"],
    ["process.real_user.id", "str", "Real user id"],
    ["process.real_user.name", "str", "Real user's name"],
    ["process.real_group.id", "str", "Real group id"],
    ["process.saved_user.id", "str", "Saved user id"],
    ["process.saved_group.id", "str", "Saved group id"],
    ["process.thread.capabilities.effective", "str[]", "Capabilities in force, CAP_ names"],
    ["process.thread.capabilities.permitted", "str[]", "Capabilities that may be put in force"],
    ["process.hash.sha256", "str", "SHA-256 of the executable; comes later or never"],
    ["process.hash.md5", "str", "MD5 of the executable"],
    ["process.hash.sha1", "str", "SHA-1 of the executable"],
    ["process.code_signature.exists", "bool", "Whether the executable is vouched for"],
    ["process.code_signature.subject_name", "str", "Who vouches: on Linux the package or vendor"],
    ["process.code_signature.trusted", "bool", "Whether that is trusted"],
    ["process.io.text", "str", "Text that went through the terminal"],
    ["process.supplemental_groups.id", "str[]", "Further groups"],
    ["process.Ext.memfd.name", "str", "Name given to memfd_create"],
    ["process.Ext.ptrace.child_pid", "i64", "Process that ptrace acts on"],
    ["process.Ext.ptrace.request", "str", "Request of the ptrace call"],
    ["process.Ext.load_module.name", "str", "Kernel module that was loaded"],
    ["process.Ext.load_module.taint_flags", "str", "How the module taints the kernel"],
    ["process.Ext.ancestry", "str[]", "Entity ids of the ancestors, nearest first"],
    [
      "process.Ext.effective_parent.executable",
      "str",
      "Who asked for the start, if not the parent",
    ],
    ["process.Ext.dll.path", "str", "Library that was mapped executable"],
    ["process.Ext.namespace.pid", "u64", "Inode of the pid namespace"],
    ["process.Ext.namespace.mnt", "u64", "Inode of the mount namespace"],
    ["process.parent.entity_id", "str", "Identity of the parent process"],
    ["process.parent.pid", "i64", "Parent's process id"],
    ["process.parent.name", "str", "Last component of the parent's executable"],
    ["process.parent.executable", "str", "Path of the parent's executable"],
    ["process.parent.args", "str[]", "Parent's arguments"],
    ["process.parent.args_count", "i64", "Number of the parent's arguments"],
    ["process.parent.command_line", "str", "Parent's arguments joined by single blanks"],
    ["process.parent.working_directory", "str", "Parent's current directory"],
    ["process.parent.interactive", "bool", "Whether the parent has a controlling terminal"],
    ["process.parent.start", "ts", "When the parent started"],
    ["process.parent.user.id", "str", "Parent's effective user id"],
    ["process.parent.user.name", "str", "Parent's effective user's name"],
    ["process.parent.group.id", "str", "Parent's effective group id"],
    ["process.parent.group.name", "str", "Parent's effective group's name"],
    ["process.group_leader.entity_id", "str", "Identity of the process group's leader"],
    ["process.group_leader.pid", "i64", "Process id of the group's leader"],
    ["process.group_leader.name", "str", "Name of the group's leader"],
    ["process.group_leader.executable", "str", "Path of the group leader's executable"],
    ["process.group_leader.args", "str[]", "Arguments of the group's leader"],
    ["process.session_leader.entity_id", "str", "Identity of the session's leader"],
    ["process.session_leader.pid", "i64", "Process id of the session's leader"],
    ["process.session_leader.name", "str", "Name of the session's leader"],
    ["process.session_leader.executable", "str", "Path of the session leader's executable"],
    ["process.session_leader.args", "str[]", "Arguments of the session's leader"],
    [
      "process.entry_leader.entity_id",
      "str",
      "Identity of the process by which the session came in",
    ],
    ["process.entry_leader.pid", "i64", "Process id of the entry leader"],
    ["process.entry_leader.name", "str", "Name of the entry leader"],
    ["process.entry_leader.executable", "str", "Path of the entry leader's executable"],
    ["process.entry_leader.args", "str[]", "Arguments of the entry leader"],
    ["process.entry_leader.same_as_process", "bool", "Whether the process is its own entry leader"],
    [
      "process.entry_leader.entry_meta.type",
      "str",
      "Way in: init, sshd, container, console and others",
    ],
    ["process.entry_leader.entry_meta.source.ip", "ip", "Address that the entry came from"],
  ],
};

const userFields: Group = {
  categories: [],
  rows: [
    ["user.id", "str", "User id of the acting process"],
    ["user.name", "str", "User's name"],
    ["user.effective.id", "str", "Effective user id, where it differs"],
    ["user.Ext.real.id", "str", "Real user id at a change of user"],
    ["user.Ext.real.name", "str", "Real user's name at a change of user"],
    ["group.id", "str", "Group id of the acting process"],
    ["group.name", "str", "Group's name"],
    ["group.Ext.real.id", "str", "Real group id at a change of group"],
    ["group.Ext.real.name", "str", "Real group's name at a change of group"],
  ],
};

const fileFields: Group = {
  categories: [],
  rows: [
    ["file.path", "str", "Full path"],
    ["file.name", "str", "Last component of the path"],
    ["file.extension", "str", "Extension without its dot"],
    ["file.directory", "str", "Path without the last component"],
    ["file.type", "str", "file, dir, symlink, socket or fifo"],
    ["file.size", "i64", "Size in bytes"],
    ["file.inode", "str", "Inode number"],
    ["file.mode", "str", "Permission bits, octal"],
    ["file.uid", "str", "Owner's user id"],
    ["file.gid", "str", "Owning group's id"],
    ["file.owner", "str", "Owner's name"],
    ["file.group", "str", "Owning group's name"],
    ["file.ctime", "ts", "Last change of the inode"],
    ["file.mtime", "ts", "Last change of the content"],
    ["file.accessed", "ts", "Last access"],
    ["file.target_path", "str", "What a link points to"],
    ["file.hash.sha256", "str", "SHA-256 of the content; comes later or never"],
    ["file.Ext.original.path", "str", "Path before a rename"],
    ["file.Ext.original.name", "str", "Name before a rename"],
    ["file.Ext.original.extension", "str", "Extension before a rename"],
    ["file.Ext.entropy", "f64", "Entropy of the first 4 KiB written, bits per byte"],
    ["file.Ext.header_bytes", "str", "First 16 bytes, hexadecimal"],
    ["file.Ext.device", "u64", "Device number of the file system"],
  ],
};

const endpointFields: Group = {
  categories: [],
  rows: [
    ["source.ip", "ip", "Address of the sender"],
    ["source.port", "i64", "Port of the sender"],
    ["source.address", "str", "Address or name of the sender as reported"],
    ["destination.ip", "ip", "Address of the receiver"],
    ["destination.port", "i64", "Port of the receiver"],
    ["destination.address", "str", "Address or name of the receiver as reported"],
    ["destination.domain", "str", "Name that the receiver's address was resolved from"],
  ],
};

const networkFields: Group = {
  categories: ["network", "dns"],
  rows: [
    ["network.direction", "str", "egress or ingress"],
    ["network.type", "str", "ipv4, ipv6 or unix"],
    ["network.transport", "str", "tcp or udp"],
    ["network.bytes", "i64", "Bytes of the whole connection, when it ends"],
    ["dns.question.name", "str", "Name that was asked for"],
    ["dns.question.type", "str", "Type of record that was asked for"],
    ["dns.resolved_ip", "ip[]", "Addresses in the answer"],
    ["dns.response_code", "str", "Result of the question"],
    ["dns.answers", "obj[]", "Records of the answer"],
    ["dns.answers.name", "str", "Name that the record is about"],
    ["dns.answers.type", "str", "Type of the record"],
    ["dns.answers.data", "str", "Content of the record"],
    ["dns.answers.ttl", "i64", "Seconds that the record may be kept"],
  ],
};

const placeFields: Group = {
  categories: [],
  rows: [
    ["container.id", "str", "Identity of the container"],
    ["container.name", "str", "Name of the container"],
    ["container.runtime", "str", "Software that runs the container"],
    ["container.image.name", "str", "Image that the container was made from"],
    ["container.image.tag", "str[]", "Tags of the image"],
    ["container.image.hash.all", "str[]", "Digests of the image"],
    ["orchestrator.namespace", "str", "Namespace in the orchestrator"],
    ["orchestrator.resource.name", "str", "Resource of the orchestrator, such as a pod"],
    ["cloud.instance.id", "str", "Identity of the cloud instance"],
  ],
};

const driverFields: Group = {
  categories: ["driver"],
  rows: [["driver.name", "str", "Driver or kernel module"]],
};

const auditFields: Group = {
  categories: [],
  rows: [
    ["auditd.result", "str", "Whether what an audit record tells of succeeded: success or fail"],
    ["auditd.data.syscall", "str", "System call of an audit record"],
    ["auditd.data.a0", "str", "First argument of that call, hexadecimal"],
    ["auditd.data.a1", "str", "Second argument of that call, hexadecimal"],
    ["auditd.data.a2", "str", "Third argument of that call, hexadecimal"],
  ],
};

const alertFields: Group = {
  categories: [],
  rows: [
    ["rule.id", "str", "Rule that raised the alert"],
    ["rule.name", "str", "Name of that rule"],
    ["rule.version", "str", "Version of that rule"],
    ["rule.uuid", "str", "Unique identity of that rule"],
    ["threat.technique.id", "str[]", "ATT&CK techniques"],
    ["threat.tactic.id", "str[]", "ATT&CK tactics"],
    ["kestrel.evidence.digest", "str", "SHA-256 of an alert's evidence"],
    ["kestrel.gap.lost", "u64", "Events that a gap lost"],
    ["kestrel.racy", "str[]", "Fields that could have been changed while they were read"],
    ["kestrel.repaired", "bool", "Whether a lost process was read from /proc"],
    ["kestrel.unknown_process", "bool", "Whether nothing more is known of the process"],
    ["kestrel.enforcement.tier", "str", "Facility that acted: lsm, fanotify, cgroup, signal, none"],
    ["kestrel.enforcement.effect", "str", "prevented, interrupted, after_effect or failed"],
  ],
};

/** Rows for the frames of one call stack, whose field is `path`. */
function callStackRows(path: string, whose: string): Row[] {
  return [
    [path, "obj[]", `Frames of the call stack of ${whose}`],
    [`${path}.symbol_info`, "str", "Module and symbol with the offset of the frame"],
    [`${path}.module_path`, "str", "Path of the module that the frame is in"],
    [`${path}.callsite_leading_bytes`, "str", "Bytes before the return address, hexadecimal"],
    [`${path}.callsite_trailing_bytes`, "str", "Bytes from the return address on, hexadecimal"],
    [`${path}.protection`, "str", "Protection of the memory that the frame is in"],
    [`${path}.protection_provenance`, "str", "Module that set this protection"],
    [`${path}.allocation_private_bytes`, "i64", "Bytes of the allocation that are not shared"],
  ];
}

const signaturePath = "process.thread.Ext.call_stack_final_user_module.code_signature";

/** Only Windows endpoints fill these. */
const callStackFields: Group = {
  categories: [],
  rows: [
    ...callStackRows("process.thread.Ext.call_stack", "the acting thread"),
    ...callStackRows("process.parent.thread.Ext.call_stack", "the thread that made the process"),
    [signaturePath, "obj[]", "Signatures of the last user module on the call stack"],
    [`${signaturePath}.exists`, "bool", "Whether the module is signed"],
    [`${signaturePath}.status`, "str", "Result of the check of the signature"],
    [`${signaturePath}.subject_name`, "str", "Who signed"],
    [`${signaturePath}.trusted`, "bool", "Whether the signature is trusted"],
  ],
};

const groups: readonly Group[] = [
  anyEvent,
  processFields,
  userFields,
  fileFields,
  endpointFields,
  networkFields,
  placeFields,
  driverFields,
  auditFields,
  alertFields,
  callStackFields,
];
