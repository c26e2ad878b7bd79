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
  readonly category: string;
  /** The value of `event.type` that goes with it. */
  readonly type: string;
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
  { name: "session", native: false, description: "A login session begins or ends" },
  { name: "iam", native: false, description: "A user, group or permission changes" },
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
];

const execAliases = ["start", "exec_event", "executed", "process_started", "ProcessRollup2"];

export const eventActions: readonly EventAction[] = [
  action("exec", "process", "start", execAliases, "A process runs a program"),
  action("fork", "process", "start", ["fork_event"], "A process makes a copy of itself"),
  action("end", "process", "end", ["exit"], "A process ends"),
  action("uid_change", "process", "change", [], "A process changes its user"),
  action("gid_change", "process", "change", [], "A process changes its group"),
  action("session_id_change", "process", "change", [], "A process makes a session"),
  action("memfd_create", "process", "change", [], "A process makes a file in memory"),
  action("ptrace", "process", "access", [], "A process takes hold of another"),
  action("already_running", "process", "info", [], "A process that ran before the sensor started"),
  action("load_module", "driver", "start", [], "A kernel module is loaded"),
  action("creation", "file", "creation", ["file_create_event"], "A file is made"),
  action("open", "file", "access", ["opened-file"], "A file is opened"),
  action("modification", "file", "change", ["wrote-to-file", "overwrite"], "A file is written"),
  action("rename", "file", "change", ["file_rename_event"], "A file gets another path"),
  action("deletion", "file", "deletion", ["deleted"], "A file is removed"),
  action("connection_attempted", "network", "start", ["connected-to"], "A process connects"),
  action("connection_accepted", "network", "start", [], "A process accepts a connection"),
  action("disconnect_received", "network", "end", [], "A connection ends"),
  action("lookup_requested", "dns", "start", [], "A name is asked for"),
  action("lookup_result", "dns", "end", [], "The answer for a name arrives"),
  action("ssh_login", "authentication", "start", ["user_login", "logged-in"], "Someone logs in"),
];

/** The action that `name` is, or is another sensor's name of; undefined if it is neither. */
export function findAction(name: string): EventAction | undefined {
  return actionsByName.get(name);
}

function action(
  name: string,
  category: string,
  type: string,
  aliases: readonly string[],
  description: string,
): EventAction {
  return { name, category, type, aliases, description };
}

const actionsByName: ReadonlyMap<string, EventAction> = new Map(
  eventActions.flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [name, entry])),
);
