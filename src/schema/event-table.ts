/** The built-in events: categories, types and actions, and what other sensors call the same actions. */

/** A value of `event.category`. */
export interface EventCategory {
  readonly name: string;
  /** Whether Kestrel's own sources emit it; the others come in recordings and imports. */
  readonly native: boolean;
  readonly description: string;
}

/** A value of `event.type`. */
export interface EventType {
  readonly name: string;
  readonly description: string;
}

/** A value of `event.action` that Kestrel's sources emit. */
export interface EventAction {
  readonly name: string;
  /** The first of `categories`. */
  readonly category: string;
  /** All values of `event.category` that its events have; rules ask for some actions under two. */
  readonly categories: readonly string[];
  /** The first of `types`. */
  readonly type: string;
  /** All values of `event.type` that its events have. */
  readonly types: readonly string[];
  /** Names of the same action at other sensors; rules list them beside ours. */
  readonly aliases: readonly string[];
  readonly description: string;
}

export const eventCategories: readonly EventCategory[] = [
  { name: "process", native: true, description: "A process starts, changes or ends" },
  { name: "file", native: true, description: "A file is made, changed, renamed or removed" },
  { name: "network", native: true, description: "A connection begins or ends" },
  { name: "dns", native: true, description: "A name is looked up" },
  { name: "driver", native: true, description: "A kernel module is loaded" },
  { name: "authentication", native: true, description: "Someone logs in or tries to" },
  { name: "session", native: true, description: "A login session begins or ends" },
  { name: "iam", native: true, description: "A user, group or permission changes" },
  { name: "configuration", native: false, description: "A setting changes" },
  { name: "library", native: false, description: "A library is loaded into a process" },
  { name: "registry", native: false, description: "The Windows registry changes" },
  { name: "api", native: false, description: "A process calls a watched function" },
  { name: "credential_access", native: false, description: "Stored credentials are read" },
  { name: "persistence", native: false, description: "Something is set up to start again" },
  { name: "web", native: false, description: "A web request" },
  { name: "malware", native: false, description: "Malware is found" },
  { name: "intrusion_detection", native: false, description: "Another detector's finding" },
];

export const eventTypes: readonly EventType[] = [
  { name: "start", description: "Something begins" },
  { name: "end", description: "Something ends" },
  { name: "creation", description: "Something is made" },
  { name: "change", description: "Something is changed" },
  { name: "deletion", description: "Something is removed" },
  { name: "access", description: "Something is read or used" },
  { name: "connection", description: "A connection is the subject" },
  { name: "protocol", description: "Detail of a protocol" },
  { name: "info", description: "A state is told, nothing happens" },
  { name: "allowed", description: "Something was permitted" },
  { name: "denied", description: "Something was refused" },
  { name: "user", description: "A user's account is the subject" },
  { name: "group", description: "A group's account is the subject" },
];

const execAliases = ["start", "exec_event", "executed", "process_started", "ProcessRollup2"];
const attributeAliases = ["changed-file-permissions-of", "changed-file-ownership-of"];

export const eventActions: readonly EventAction[] = [
  action("exec", "process", "start", execAliases, "A process runs a program"),
  action("fork", "process", "start", ["fork_event"], "A process makes a copy of itself"),
  action("end", "process", "end", ["exit"], "A process ends"),
  action("uid_change", "process", "change", [], "A process changes its user"),
  action("gid_change", "process", "change", [], "A process changes its group"),
  action("capability_change", "process", "change", [], "A process changes its capabilities"),
  action("session_id_change", "process", "change", [], "A process makes a session"),
  action("title_change", "process", "change", [], "A process gives itself a title"),
  action("memfd_create", "process", "change start", [], "A process makes a file in memory"),
  action("shmget", "process", "change start", [], "A process gets shared memory"),
  action("ptrace", "process", "access", [], "A process takes hold of another"),
  action("signal", "process", "change", ["killed-pid"], "A process sends a signal"),
  action("coredump", "process", "info", [], "A process leaves its memory behind as it dies"),
  action("mmap", "process", "change", [], "A process maps memory that it may execute"),
  action("mprotect", "process", "change", [], "A process makes memory executable"),
  action("already_running", "process", "info", [], "A process that ran before the sensor started"),
  action("bpf", "process", "change", [], "A process calls bpf"),
  action("perf_event_open", "process", "access", [], "A process begins to measure"),
  action("mount", "process", "change", ["mounted"], "A file system is mounted"),
  action("unmount", "process", "change", ["unmounted"], "A file system is unmounted"),
  action("pivot_root", "process", "change", [], "A process changes the root of its namespace"),
  action("chroot", "process", "change", [], "A process changes its root"),
  action("unshare", "process", "change", [], "A process leaves namespaces"),
  action("setns", "process", "change", [], "A process enters a namespace"),
  action("keyctl", "process", "access", [], "A process uses the kernel's keys"),
  action("userfaultfd", "process", "info", [], "A process handles page faults itself"),
  action("io_uring_setup", "process", "info", [], "A process makes a ring for system calls"),
  action(
    "load_module",
    "driver process",
    "start",
    ["loaded-kernel-module"],
    "A kernel module is loaded",
  ),
  action(
    "unload_module",
    "driver process",
    "end",
    ["unloaded-kernel-module"],
    "A kernel module is removed",
  ),
  action("creation", "file", "creation", ["file_create_event"], "A file is made"),
  action("open", "file", "access change", ["opened-file"], "A file is opened"),
  action("modification", "file", "change", ["wrote-to-file", "overwrite"], "A file is written"),
  action("rename", "file", "change", ["file_rename_event", "renamed"], "A file gets another path"),
  action("deletion", "file", "deletion", ["deleted"], "A file is removed"),
  action("link", "file", "creation", ["linked"], "A file gets one more path"),
  action("symlink", "file", "creation", ["symlinked"], "A symbolic link is made"),
  action("attribute_change", "file", "change", attributeAliases, "Mode, owner or others change"),
  action(
    "connection_attempted",
    "network",
    "start connection",
    ["connected-to"],
    "A process connects",
  ),
  action(
    "connection_accepted",
    "network",
    "start connection",
    [],
    "A process accepts a connection",
  ),
  action("disconnect_received", "network", "end connection", [], "A connection ends"),
  action("bind", "network", "info", ["bound-socket"], "A socket gets its address"),
  action("listen", "network", "info", ["listen-for-connections"], "A socket waits for connections"),
  action("lookup_requested", "dns network", "protocol info", [], "A name is asked for"),
  action("lookup_result", "dns network", "protocol info", [], "The answer for a name arrives"),
  action("ssh_login", "authentication", "start", ["user_login", "logged-in"], "Someone logs in"),
  action("login", "authentication", "start", [], "Someone logs in otherwise than by SSH"),
  action("authenticated", "authentication", "info", [], "Someone proves who they are"),
  action("was-authorized", "authentication", "info", [], "An account is found to be allowed in"),
  action("had-authentication-error", "authentication", "info", [], "Authentication goes wrong"),
  action("acquired-credentials", "authentication", "info", [], "Credentials are given"),
  action("refreshed-credentials", "authentication", "info", [], "Credentials are given again"),
  action("disposed-credentials", "authentication", "info", [], "Credentials are taken back"),
  action("changed-login-id-to", "authentication", "start", [], "A login gets its user"),
  action("failed-log-in-too-many-times-to", "authentication", "start", [], "Logins fail in a row"),
  action("started-session", "session", "start", [], "A login session begins"),
  action("ended-session", "session", "end", [], "A login session ends"),
  action("logged-out", "session", "end", [], "Someone logs out"),
  action("changed-password", "iam", "user change", [], "A password is changed"),
  action("added-user-account", "iam", "user creation", [], "An account is made"),
  action("deleted-user-account", "iam", "user deletion", [], "An account is removed"),
  action("added-group-account-to", "iam", "group creation", [], "A group is made"),
  action("deleted-group-account-from", "iam", "group deletion", [], "A group is removed"),
  action("changed-group", "iam", "group change", [], "A group is changed"),
  action("locked-account", "iam", "user change", [], "An account is locked"),
  action("violated-apparmor-policy", "file", "change", [], "AppArmor's profile forbids an access"),
  action("crashed-program", "process", "end", [], "A program ends by a fault"),
  action("changed-promiscuous-mode-on-device", "network", "change", [], "A device hears all"),
];

/** The action that `name` is, or is another sensor's name of; undefined if it is neither. */
export function findAction(name: string): EventAction | undefined {
  return actionsByName.get(name);
}

/** Values of `event.category` of events of these actions, sorted; an action that is not in the table is a process's. */
export function categoriesOfActions(names: Iterable<string>): string[] {
  const categories = [...names].flatMap((name) => findAction(name)?.categories ?? ["process"]);
  return [...new Set(categories)].sort();
}

/** Categories and types are given as words with blanks between; the first is the main one. */
function action(
  name: string,
  categoryWords: string,
  typeWords: string,
  aliases: readonly string[],
  description: string,
): EventAction {
  const categories = categoryWords.split(" ");
  const types = typeWords.split(" ");
  const category = categories[0]!;
  return { name, category, categories, type: types[0]!, types, aliases, description };
}

const actionsByName: ReadonlyMap<string, EventAction> = new Map(
  eventActions.flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [name, entry])),
);
