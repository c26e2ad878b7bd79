/**
 * What a sensor saw on this host, before it is known whose doing it was. Sensors (eBPF, process
 * connector, fanotify, audit, /proc) make these; `host-events.ts` makes events of them.
 *
 * Times are ns since boot (CLOCK_BOOTTIME) as bigint. A process is named by `pid` (the thread group
 * id) and, where the sensor knows it, by the start time of its group leader, ns since boot.
 */

/** Who did something. */
export interface Actor {
  /** Thread group id. */
  readonly pid: number;
  /** Start of the thread group leader, ns since boot; null where the sensor can't tell. */
  readonly startNs: bigint | null;
  /** The 16-byte name of the thread; empty where unknown. */
  readonly comm: string;
  /** Null where the sensor can't tell. */
  readonly credentials: Credentials | null;
  /** Id of the control group; null where unknown. */
  readonly cgroupId: bigint | null;
}

export interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  /** Capability sets as bit masks, bit n is capability n of include/uapi/linux/capability.h; null where unknown. */
  readonly capEffective: bigint | null;
  readonly capPermitted: bigint | null;
}

interface ActivityBase {
  readonly timeNs: bigint;
  readonly actor: Actor;
  /** Fields of the event that were read from user memory and could have been changed while reading. */
  readonly racyFields?: readonly string[];
}

/** A terminal by its device number. */
export interface Terminal {
  readonly major: number;
  readonly minor: number;
}

/** Facts of an inode; what the sensor can't tell is null. */
export interface FileFacts {
  readonly inode: bigint | null;
  readonly device: bigint | null;
  readonly sizeBytes: number | null;
  /** Type and permission bits, as st_mode. */
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly links: number | null;
  readonly mtimeNs: bigint | null;
  readonly ctimeNs: bigint | null;
}

export interface ExecActivity extends ActivityBase {
  readonly kind: "exec";
  readonly parentPid: number | null;
  readonly parentStartNs: bigint | null;
  /** Thread group of the process group's leader; of the session's leader. */
  readonly groupLeaderPid: number | null;
  readonly sessionLeaderPid: number | null;
  /** Resolved path of what runs; null where unknown. */
  readonly executable: string | null;
  /** As the program was named (bprm->filename). */
  readonly filename: string | null;
  readonly args: readonly string[] | null;
  readonly argsTruncated: boolean;
  /** `NAME=value`, allow-listed names only; null where unknown. */
  readonly environment: readonly string[] | null;
  readonly workingDirectory: string | null;
  readonly terminal: Terminal | null;
  /** Whether `terminal` is known at all. */
  readonly terminalKnown: boolean;
  readonly pidNamespace: number | null;
  readonly mountNamespace: number | null;
  readonly file: FileFacts | null;
  /** Whether the program is a file in memory; then `memfdName` is its name. */
  readonly memfdName: string | null;
}

export interface ForkActivity extends ActivityBase {
  readonly kind: "fork";
  /** The actor is the parent. */
  readonly childPid: number;
  readonly childStartNs: bigint | null;
}

export interface ExitActivity extends ActivityBase {
  readonly kind: "exit";
  /** As wait(2) reports it: low 7 bits the signal, next byte the status; null where it is not known. */
  readonly waitStatus: number | null;
}

export interface SessionActivity extends ActivityBase {
  readonly kind: "setsid";
  readonly sessionId: number;
}

export interface TitleActivity extends ActivityBase {
  readonly kind: "title";
  readonly title: string;
}

export interface CredentialsActivity extends ActivityBase {
  readonly kind: "credentials";
  readonly change: "uid" | "gid" | "capabilities";
  readonly before: Credentials;
  readonly after: Credentials;
}

export interface FileActivity extends ActivityBase {
  readonly kind: "file";
  readonly change:
    | "creation"
    | "open"
    | "modification"
    | "rename"
    | "deletion"
    | "link"
    | "symlink"
    | "attributes";
  readonly path: string;
  /** Of a rename: the path before. Of a link: the file that is linked to. Of a symlink: its target. */
  readonly otherPath: string | null;
  readonly file: FileFacts | null;
  /** First bytes of the file's content where they were read, up to 16. */
  readonly header: Uint8Array | null;
  /** Which call it was (`chmod`, `openat`, ...). */
  readonly call: string | null;
}

export interface NetworkActivity extends ActivityBase {
  readonly kind: "network";
  readonly change: "connect" | "accept" | "bind" | "listen" | "disconnect";
  readonly family: "ipv4" | "ipv6" | "unix";
  readonly transport: "tcp" | "udp" | "other";
  /** Canonical text of the addresses; null where unknown. */
  readonly localAddress: string | null;
  readonly localPort: number | null;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  /** Path of a Unix socket. */
  readonly unixPath: string | null;
  /** Negative errno, or 0; -115 (EINPROGRESS) counts as under way. */
  readonly result: number;
  readonly bytesSent: bigint | null;
  readonly bytesReceived: bigint | null;
}

export interface DnsActivity extends ActivityBase {
  readonly kind: "dns";
  readonly change: "request" | "response";
  /** A DNS message as it went over the wire, up to 512 bytes. */
  readonly message: Uint8Array;
  readonly serverAddress: string | null;
  readonly serverPort: number | null;
}

export interface MemoryFileActivity extends ActivityBase {
  readonly kind: "memfd";
  readonly name: string;
  readonly flags: number;
}

export interface SharedMemoryActivity extends ActivityBase {
  readonly kind: "shmget";
  readonly key: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

export interface TraceActivity extends ActivityBase {
  readonly kind: "ptrace";
  /** `ptrace` where it is absent. */
  readonly call?: "ptrace" | "process_vm_writev";
  /** PTRACE_ request number; null for process_vm_writev, and where it is not known. */
  readonly request: number | null;
  readonly targetPid: number;
}

export interface ModuleActivity extends ActivityBase {
  readonly kind: "module";
  readonly name: string;
  readonly path: string | null;
  /** Bits of a module's taints as in /proc/sys/kernel/tainted; null where unknown. */
  readonly taints: bigint | null;
}

/** Calls that change little but tell much: `bpf`, `mount`, `unshare`, `io_uring_setup` and so on. */
export interface CallActivity extends ActivityBase {
  readonly kind: "call";
  readonly call: string;
  readonly result: number;
  /** The first arguments as numbers. */
  readonly args: readonly bigint[];
  readonly path: string | null;
  readonly otherPath: string | null;
}

export interface MappingActivity extends ActivityBase {
  readonly kind: "mapping";
  readonly call: "mmap" | "mprotect";
  readonly address: bigint;
  readonly lengthBytes: bigint;
  /** PROT_ bits. */
  readonly protection: number;
  readonly path: string | null;
  readonly anonymous: boolean;
}

export interface SignalActivity extends ActivityBase {
  readonly kind: "signal";
  readonly signal: number;
  readonly targetPid: number;
}

/** The sensor lost what was seen between two moments. */
export interface LostActivity {
  readonly kind: "lost";
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly count: number;
  readonly cpu: number | null;
  /** Values of `event.category`; empty means any. */
  readonly categories: readonly string[];
}

export type Activity =
  | ExecActivity
  | ForkActivity
  | ExitActivity
  | SessionActivity
  | TitleActivity
  | CredentialsActivity
  | FileActivity
  | NetworkActivity
  | DnsActivity
  | MemoryFileActivity
  | SharedMemoryActivity
  | TraceActivity
  | ModuleActivity
  | CallActivity
  | MappingActivity
  | SignalActivity;
