/**
 * The hooks: which tracepoint runs which of the kernel side's programs, where the arguments of its
 * call are, and of which actions it can tell. A hook's index is its code in records.
 */
import type { FileActivity, NetworkActivity } from "../host/activity.ts";

/** Programs of bpf/kestrel.bpf.c that run when a system call returns. */
export type CallProgram =
  | "call_open"
  | "call_write"
  | "call_described"
  | "call_paths"
  | "call_socket"
  | "call_dns"
  | "call_other"
  | "credentials_exit";

/** What a record of a hook is made into. */
export type Meaning =
  | { readonly kind: "file"; readonly change: FileActivity["change"] }
  | { readonly kind: "network"; readonly change: NetworkActivity["change"] }
  | { readonly kind: "dns"; readonly change: "request" | "response" }
  | { readonly kind: "credentials"; readonly change: "uid" | "gid" | "capabilities" }
  | { readonly kind: CallKind };

/** Calls that have an activity of their own; all others are `call`. */
export type CallKind =
  | "setsid"
  | "title"
  | "memfd"
  | "shmget"
  | "ptrace"
  | "write-memory"
  | "mapping"
  | "signal"
  | "module"
  | "call";

export interface CallHook {
  /** Of the tracepoint `syscalls/sys_exit_NAME`. */
  readonly call: string;
  readonly program: CallProgram;
  readonly meaning: Meaning;
  /** Values of `event.action`; it is attached where one of them is wanted. */
  readonly actions: readonly string[];
  /** See COOKIE_PLACE in bpf/record.h. */
  readonly places: Places;
}

/** Places of arguments, 0 to 5. */
export interface Places {
  readonly first?: number;
  readonly firstFolder?: number;
  readonly second?: number;
  readonly secondFolder?: number;
  readonly descriptor?: number;
  readonly test?: keyof typeof tests;
}

/** Values of enum test in bpf/record.h. */
const tests = { none: 0, success: 1, executable: 2, name: 3 } as const;

/** Codes of what is no system call (bpf/kestrel.bpf.c). */
export const disconnectCode = 250;
export const uringCode = 251;

/** Programs that are attached to what their section names, with the actions that they tell of. */
export const plainHooks: ReadonlyMap<string, readonly string[]> = new Map([
  ["process_exec", ["exec"]],
  ["process_fork", ["fork"]],
  ["process_exit", ["end"]],
  ["socket_state", ["disconnect_received"]],
  ["module_loaded", ["load_module"]],
  ["uring_submitted", ["io_uring_submit"]],
]);

/** Program that runs when a call that changes credentials begins. */
export const credentialsEnter = "credentials_enter";

const nowhere = 15;

/** The cookie of the hook with that code. */
export function cookieOf(code: number, places: Places): bigint {
  const { first, firstFolder, second, secondFolder, descriptor, test } = places;
  const nibbles = [first, firstFolder, second, secondFolder, descriptor, tests[test ?? "none"]];
  return nibbles.reduce<bigint>(
    (cookie, place, index) => cookie | (BigInt(place ?? nowhere) << BigInt(8 + 4 * index)),
    BigInt(code),
  );
}

export const callHooks: readonly CallHook[] = [
  ...["open", "openat", "openat2", "creat", "open_by_handle_at"].map((call) =>
    file(call, "call_open", "open", {}, ["creation", "open"]),
  ),
  ...["write", "pwrite64"].map((call) =>
    file(call, "call_write", "modification", { descriptor: 0, first: 1 }),
  ),
  ...["writev", "pwritev", "pwritev2", "sendfile64"].map((call) =>
    file(call, "call_write", "modification", { descriptor: 0 }),
  ),
  ...["splice", "copy_file_range"].map((call) =>
    file(call, "call_write", "modification", { descriptor: 2 }),
  ),
  file("ftruncate", "call_described", "modification", { descriptor: 0 }),
  file("fchmod", "call_described", "attributes", { descriptor: 0 }),
  file("fchown", "call_described", "attributes", { descriptor: 0 }),
  file("fsetxattr", "call_described", "attributes", { descriptor: 0 }),
  file("rename", "call_paths", "rename", { first: 0, second: 1 }),
  ...["renameat", "renameat2"].map((call) => file(call, "call_paths", "rename", twoPaths(0))),
  file("link", "call_paths", "link", { first: 0, second: 1 }),
  file("linkat", "call_paths", "link", twoPaths(0)),
  file("symlink", "call_paths", "symlink", { first: 0, second: 1 }),
  file("symlinkat", "call_paths", "symlink", { first: 0, second: 2, secondFolder: 1 }),
  file("unlink", "call_paths", "deletion", { first: 0 }),
  file("unlinkat", "call_paths", "deletion", { first: 1, firstFolder: 0 }),
  file("rmdir", "call_paths", "deletion", { first: 0 }),
  file("mkdir", "call_paths", "creation", { first: 0 }),
  file("mkdirat", "call_paths", "creation", { first: 1, firstFolder: 0 }),
  file("mknod", "call_paths", "creation", { first: 0 }),
  file("mknodat", "call_paths", "creation", { first: 1, firstFolder: 0 }),
  file("truncate", "call_paths", "modification", { first: 0 }),
  ...["chmod", "chown", "lchown", "setxattr", "lsetxattr"].map((call) =>
    file(call, "call_paths", "attributes", { first: 0 }),
  ),
  ...["fchmodat", "fchmodat2", "fchownat", "utimensat"].map((call) =>
    file(call, "call_paths", "attributes", { first: 1, firstFolder: 0 }),
  ),
  socket("connect", "connect", { descriptor: 0, first: 1 }, "connection_attempted"),
  ...["accept", "accept4"].map((call) => socket(call, "accept", {}, "connection_accepted")),
  socket("bind", "bind", { descriptor: 0, first: 1 }, "bind"),
  socket("listen", "listen", { descriptor: 0 }, "listen"),
  dns("sendto", "request", 0),
  dns("sendmsg", "request", 1),
  dns("sendmmsg", "request", 2),
  dns("write", "request", 3),
  dns("recvfrom", "response", 0),
  dns("recvmsg", "response", 1),
  dns("recvmmsg", "response", 2),
  dns("read", "response", 3),
  ...["setuid", "setreuid", "setresuid", "setfsuid"].map((call) => credentials(call, "uid")),
  ...["setgid", "setregid", "setresgid", "setfsgid"].map((call) => credentials(call, "gid")),
  credentials("capset", "capabilities"),
  other("setsid", "setsid", "session_id_change", { test: "success" }),
  other("prctl", "title", "title_change", { test: "name", first: 1 }),
  other("memfd_create", "memfd", "memfd_create", { test: "success", first: 0 }),
  other("shmget", "shmget", "shmget", { test: "success" }),
  other("ptrace", "ptrace", "ptrace", { test: "success" }),
  other("process_vm_writev", "write-memory", "ptrace", { test: "success" }),
  other("mmap", "mapping", "mmap", { test: "executable", descriptor: 4 }),
  other("mprotect", "mapping", "mprotect", { test: "executable" }),
  other("kill", "signal", "signal", { test: "success" }),
  other("tgkill", "signal", "signal", { test: "success" }),
  other("finit_module", "module", "load_module", { descriptor: 0 }),
  other("init_module", "module", "load_module", {}),
  other("delete_module", "call", "unload_module", { first: 0 }),
  other("bpf", "call", "bpf", {}),
  other("perf_event_open", "call", "perf_event_open", {}),
  other("mount", "call", "mount", { first: 1, second: 0 }),
  other("move_mount", "call", "mount", { first: 3, second: 1 }),
  other("umount", "call", "unmount", { first: 0 }),
  other("pivot_root", "call", "pivot_root", { first: 0, second: 1 }),
  other("chroot", "call", "chroot", { first: 0 }),
  other("unshare", "call", "unshare", {}),
  other("setns", "call", "setns", {}),
  other("keyctl", "call", "keyctl", {}),
  other("userfaultfd", "call", "userfaultfd", {}),
  other("io_uring_setup", "call", "io_uring_setup", {}),
];

/** Actions by the names of hooks, as the sensor attaches them. */
export const actionsByHook: ReadonlyMap<string, readonly string[]> = new Map([
  ...plainHooks,
  ...callHooks.map((hook) => [hookName(hook), hook.actions] as const),
]);

export function hookName({ call, meaning }: CallHook): string {
  return `${call}:${meaning.kind}`;
}

function twoPaths(from: number): Places {
  return { first: from + 1, firstFolder: from, second: from + 3, secondFolder: from + 2 };
}

function file(
  call: string,
  program: CallProgram,
  change: FileActivity["change"],
  places: Places,
  actions: readonly string[] = [change === "attributes" ? "attribute_change" : change],
): CallHook {
  return { call, program, meaning: { kind: "file", change }, actions, places };
}

function socket(
  call: string,
  change: NetworkActivity["change"],
  places: Places,
  action: string,
): CallHook {
  // The end of a connection is told to whom its beginning was seen of.
  const actions =
    change === "connect" || change === "accept" ? [action, "disconnect_received"] : [action];
  return { call, program: "call_socket", meaning: { kind: "network", change }, actions, places };
}

/** `form` tells where the message is (find_message in bpf/kestrel.bpf.c). */
function dns(call: string, change: "request" | "response", form: number): CallHook {
  const action = change === "request" ? "lookup_requested" : "lookup_result";
  const meaning = { kind: "dns", change } as const;
  return { call, program: "call_dns", meaning, actions: [action], places: { first: form } };
}

function credentials(call: string, change: "uid" | "gid" | "capabilities"): CallHook {
  const action = { uid: "uid_change", gid: "gid_change", capabilities: "capability_change" }[
    change
  ];
  const meaning = { kind: "credentials", change } as const;
  return { call, program: "credentials_exit", meaning, actions: [action], places: {} };
}

function other(call: string, kind: CallKind, action: string, places: Places): CallHook {
  return { call, program: "call_other", meaning: { kind }, actions: [action], places };
}
