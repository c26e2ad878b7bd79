/**
 * Which fields the events of each action carry, if the sensor tells all that an activity can hold. The
 * one declaration behind `SourceOffer.fields`; a test compares it with what events really carry.
 */
/**
 * The fields of the events of `actions`, by action. `lacking` are fields that this sensor never fills,
 * or what they begin with, such as `process.hash` or `process.env_vars`.
 */
export function offeredFields(
  actions: readonly string[],
  lacking: readonly string[] = [],
): ReadonlyMap<string, ReadonlySet<string>> {
  const isLacking = (path: string): boolean =>
    lacking.some((start) => path === start || path.startsWith(`${start}.`));
  return new Map(
    actions.map((action) => [
      action,
      new Set(fieldsOfAction(action).filter((path) => !isLacking(path))),
    ]),
  );
}

/** The actions of which `HostEvents` makes events. */
export function hostActions(): string[] {
  return Object.keys(particularFields);
}

function fieldsOfAction(action: string): string[] {
  const particular = particularFields[action] ?? particularFields["bpf"]!;
  const marks = marksByAction[action] ?? ["kestrel.racy", "kestrel.unknown_process"];
  const lost = lostByAction[action];
  const own = lost === undefined ? ofProcess : ofProcess.filter((path) => !path.startsWith(lost));
  return [...everyEvent, ...own, ...ofParent, ...ofLeaders, ...ofUser, ...particular, ...marks];
}

const everyEvent: readonly string[] = [
  ...["@timestamp", "event.id", "event.sequence", "event.kind", "event.category", "event.type"],
  ...["event.action", "event.dataset", "event.module", "event.provider"],
  ...["data_stream.dataset", "data_stream.namespace", "agent.id", "agent.type", "agent.version"],
  ...["host.id", "host.name", "host.hostname", "host.ip", "host.mac", "host.architecture"],
  ...["host.boot.id", "host.os.type", "host.os.name", "host.os.version", "host.os.kernel"],
];

const ofProcess: readonly string[] = [
  ...["pid", "entity_id", "name", "executable", "args", "args_count", "command_line", "title"],
  ...["working_directory", "env_vars", "start", "interactive"],
  ...["tty.char_device.major", "tty.char_device.minor", "user.id", "user.name"],
  ...["group.id", "group.name", "real_user.id", "real_user.name", "real_group.id"],
  ...["saved_user.id", "saved_group.id"],
  ...["thread.capabilities.effective", "thread.capabilities.permitted"],
  ...["supplemental_groups.id", "hash.sha256"],
  ...["Ext.ancestry", "Ext.namespace.pid", "Ext.namespace.mnt"],
].map((name) => `process.${name}`);

const ofParent: readonly string[] = [
  ...["pid", "entity_id", "name", "executable", "args", "args_count", "command_line"],
  ...["working_directory", "start", "interactive", "user.id", "user.name", "group.id"],
  "group.name",
].map((name) => `process.parent.${name}`);

const ofLeaders: readonly string[] = [
  ...["group_leader", "session_leader", "entry_leader"].flatMap((leader) =>
    ["pid", "entity_id", "name", "executable", "args"].map((name) => `process.${leader}.${name}`),
  ),
  ...["type", "source.ip"].map((name) => `process.entry_leader.entry_meta.${name}`),
  "process.entry_leader.same_as_process",
];

const ofUser: readonly string[] = [
  ...["user.id", "user.name", "user.effective.id", "user.Ext.real.id", "user.Ext.real.name"],
  ...["group.id", "group.name", "group.Ext.real.id", "group.Ext.real.name"],
  ...["container.id", "container.runtime"],
];

/** What the action itself takes from a process: its title, its terminal. */
const lostByAction: Readonly<Record<string, string>> = {
  exec: "process.title",
  session_id_change: "process.tty",
};

/** What marks an event, where it is not what marks most. */
const marksByAction: Readonly<Record<string, readonly string[]>> = {
  already_running: ["kestrel.repaired"],
  exec: ["kestrel.racy"],
};

const paths: readonly string[] = ["path", "name", "extension", "directory"].map(
  (name) => `file.${name}`,
);

const ofFile: readonly string[] = [
  ...paths,
  ...["type", "size", "inode", "mode", "uid", "gid", "owner", "group", "ctime", "mtime"].map(
    (name) => `file.${name}`,
  ),
  ...["file.hash.sha256", "file.Ext.entropy", "file.Ext.header_bytes", "file.Ext.device"],
  ...["auditd.data.syscall", "event.outcome"],
];

const ofLink: readonly string[] = [...ofFile, "file.target_path"];

const original: readonly string[] = ["path", "name", "extension"].map(
  (name) => `file.Ext.original.${name}`,
);

const ends = (side: string): string[] => [`${side}.ip`, `${side}.port`, `${side}.address`];

const ofSocket: readonly string[] = [
  ...["event.outcome", "network.direction", "network.type", "network.transport"],
  ...ends("destination"),
];

const ofConnection: readonly string[] = [...ofSocket, ...ends("source"), "destination.domain"];

const ofLookup: readonly string[] = [
  ...["network.direction", "network.type", ...ends("destination")],
  ...["dns.question.name", "dns.question.type"],
];

const ofAnswer: readonly string[] = [
  ...["event.outcome", "dns.resolved_ip", "dns.response_code"],
  ...["dns.answers.name", "dns.answers.type", "dns.answers.data", "dns.answers.ttl"],
];

/** System call and its first arguments, as the audit system names them. */
const audited = (count: number): string[] =>
  ["syscall", "a0", "a1", "a2"].slice(0, count + 1).map((name) => `auditd.data.${name}`);

const ofCall: readonly string[] = [
  ...["event.outcome", ...paths, "file.Ext.original.path"],
  ...audited(3),
];

/** What events have beside what all have. */
const particularFields: Readonly<Record<string, readonly string[]>> = {
  exec: ["process.Ext.memfd.name"],
  fork: [],
  end: ["process.end", "process.uptime", "process.exit_code"],
  already_running: [],
  uid_change: [],
  gid_change: [],
  capability_change: [],
  session_id_change: [],
  title_change: [],
  memfd_create: ["process.Ext.memfd.name", "auditd.data.syscall", "auditd.data.a1"],
  shmget: audited(3),
  ptrace: ["process.Ext.ptrace.child_pid", "process.Ext.ptrace.request", ...audited(2)],
  signal: audited(2),
  coredump: ["event.outcome"],
  mmap: ["process.Ext.dll.path", ...audited(3)],
  mprotect: ["process.Ext.dll.path", ...audited(3)],
  load_module: [
    ...["driver.name", "process.Ext.load_module.name", "process.Ext.load_module.taint_flags"],
    ...paths,
  ],
  creation: ofFile,
  open: ofFile,
  modification: ofFile,
  rename: [...ofFile, ...original],
  deletion: ofFile,
  link: ofLink,
  symlink: ofLink,
  attribute_change: ofFile,
  connection_attempted: ofConnection,
  connection_accepted: ofConnection,
  disconnect_received: [...ofConnection, "network.bytes"],
  bind: [...ofSocket, "destination.domain"],
  listen: [...ofSocket, "destination.domain"],
  lookup_requested: ofLookup,
  lookup_result: [...ofLookup, ...ofAnswer],
  ...Object.fromEntries(
    [
      ...["bpf", "perf_event_open", "mount", "unmount", "pivot_root", "chroot", "unshare"],
      ...["setns", "keyctl", "userfaultfd", "io_uring_setup", "unload_module"],
    ].map((action) => [action, ofCall]),
  ),
};
