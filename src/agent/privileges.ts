/**
 * Gives up privileges that an attached agent does not need any more. The kernel keeps them for each thread: what is
 * given up here holds for the main thread, which runs all of Kestrel, for the processes that it starts, and for threads
 * that it starts later; the threads that V8 began before run nothing of Kestrel's own.
 */
import koffi from "koffi";

/** prctl(2), include/uapi/linux/prctl.h. */
const capabilityBoundDrop = 24;
const setNoNewPrivileges = 38;
/** include/uapi/linux/capability.h: version 3, two words a set. */
const capabilityVersion = 0x20080522;
/** One more than the highest capability that some kernel knows; a kernel refuses those that it does not. */
const capabilityCount = 64;

/** Capabilities that stay, by number, and what for. */
export const keptCapabilities: ReadonlyMap<number, string> = new Map([
  [0, "CAP_CHOWN: files that are put into quarantine"],
  [1, "CAP_DAC_OVERRIDE: logs and alerts in folders of others"],
  [2, "CAP_DAC_READ_SEARCH: /proc of others, files by handle"],
  [3, "CAP_FOWNER: files that are put into quarantine"],
  [5, "CAP_KILL: ending processes"],
  [12, "CAP_NET_ADMIN: the process connector, audit, isolating a host"],
  [19, "CAP_SYS_PTRACE: /proc of others"],
  [21, "CAP_SYS_ADMIN: fanotify, eBPF on kernels without CAP_BPF"],
  [24, "CAP_SYS_RESOURCE: buffers beyond the usual limits"],
  [30, "CAP_AUDIT_CONTROL: the audit stream"],
  [34, "CAP_SYSLOG: addresses of kernel symbols"],
  [37, "CAP_AUDIT_READ: the audit stream"],
  [38, "CAP_PERFMON: eBPF tracing"],
  [39, "CAP_BPF: eBPF"],
]);

/** What was given up. */
export interface DroppedPrivileges {
  /** Whether programs that are started can't gain privileges any more. */
  readonly noNewPrivileges: boolean;
  /** Numbers of capabilities that neither this thread nor what it starts has any more. */
  readonly capabilities: readonly number[];
}

type Prctl = (option: number, a: number, b: number, c: number, d: number) => number;
type CapabilityCall = (header: Uint8Array, data: Uint8Array) => number;

/** Gives up what is not in `keptCapabilities`. Where the system refuses, less is given up; never throws for that. */
export function dropPrivileges(): DroppedPrivileges {
  if (process.platform !== "linux") return { noNewPrivileges: false, capabilities: [] };
  const library = koffi.load(null);
  const prctl = library.func(
    "int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)",
  ) as Prctl;
  // The bound first: dropping it needs a capability that is given up next.
  const capabilities: number[] = [];
  for (let capability = 0; capability < capabilityCount; capability += 1) {
    if (keptCapabilities.has(capability)) continue;
    if (prctl(capabilityBoundDrop, capability, 0, 0, 0) === 0) capabilities.push(capability);
  }
  keepOnly(library.func("int capget(void *, void *)"), library.func("int capset(void *, void *)"));
  return { noNewPrivileges: prctl(setNoNewPrivileges, 1, 0, 0, 0) === 0, capabilities };
}

/** Of the sets that the thread has, keeps what is in the table. */
function keepOnly(capget: CapabilityCall, capset: CapabilityCall): void {
  const header = new Uint8Array(new Uint32Array([capabilityVersion, 0]).buffer);
  // Two words each of effective, permitted and inheritable, by word: e0 p0 i0 e1 p1 i1.
  const sets = new Uint32Array(6);
  const bytes = new Uint8Array(sets.buffer);
  if (capget(header, bytes) !== 0) return;
  const kept = [0, 0];
  for (const capability of keptCapabilities.keys()) {
    kept[capability >>> 5]! |= 1 << (capability & 31);
  }
  for (const [index, set] of sets.entries()) sets[index] = set & kept[index < 3 ? 0 : 1]!;
  capset(header, bytes);
}
