/** What events of system calls carry beside their process: `auditd.data`, `file`, `driver`, `process.Ext`. */
import type {
  CallActivity,
  MappingActivity,
  MemoryFileActivity,
  ModuleActivity,
  SharedMemoryActivity,
  SignalActivity,
  TraceActivity,
} from "./activity.ts";
import { pathMembers } from "./file-text.ts";
import { numberMember, objectMember, textMember } from "./json-text.ts";

/** Members of an event: of `process.Ext` and beside `process`. */
export interface CallMembers {
  readonly extension: string;
  readonly sections: string;
}

/** `event.action` where it is not the call's own name. */
const callActions: Readonly<Record<string, string>> = {
  umount: "unmount",
  umount2: "unmount",
  move_mount: "mount",
  delete_module: "unload_module",
};

export function callAction(call: string): string {
  return Object.hasOwn(callActions, call) ? callActions[call]! : call;
}

export function callMembers(activity: CallActivity): CallMembers {
  const { call, args, path, otherPath } = activity;
  const original =
    otherPath === null
      ? ""
      : objectMember("Ext", `,"original":{${textMember("path", otherPath).slice(1)}}`);
  const file = path === null ? "" : `,"file":{${pathMembers(path)}${original}}`;
  // What has no arguments is no call, such as the end with a core dump.
  return { extension: "", sections: args.length === 0 ? file : file + auditMember(call, args) };
}

export function memoryFileMembers({ name, flags }: MemoryFileActivity): CallMembers {
  return {
    extension: objectMember("memfd", textMember("name", name)),
    sections: auditMember("memfd_create", [null, BigInt(flags)]),
  };
}

export function sharedMemoryMembers(activity: SharedMemoryActivity): CallMembers {
  const { key, sizeBytes, flags } = activity;
  const args = [BigInt(key), BigInt(sizeBytes), BigInt(flags)];
  return { extension: "", sections: auditMember("shmget", args) };
}

export function traceMembers({ call, request, targetPid }: TraceActivity): CallMembers {
  const known = request === null ? null : (traceRequests[request] ?? `${request}`);
  const name = call === "process_vm_writev" ? call : known;
  const ptrace = numberMember("child_pid", targetPid) + textMember("request", name);
  const target = BigInt(targetPid);
  const args = call === "process_vm_writev" ? [target] : [asArgument(request), target];
  return {
    extension: objectMember("ptrace", ptrace),
    sections: auditMember(call ?? "ptrace", args),
  };
}

function asArgument(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

export function moduleMembers({ name, path, taints }: ModuleActivity): CallMembers {
  const flags = taints === null ? "" : taintFlags(taints);
  const module = textMember("name", name) + textMember("taint_flags", flags === "" ? null : flags);
  return {
    extension: objectMember("load_module", module),
    sections:
      objectMember("driver", textMember("name", name)) +
      (path === null ? "" : `,"file":{${pathMembers(path)}}`),
  };
}

export function mappingMembers(activity: MappingActivity): CallMembers {
  const { call, address, lengthBytes, protection, path } = activity;
  return {
    extension: path === null ? "" : objectMember("dll", textMember("path", path)),
    sections: auditMember(call, [address, lengthBytes, BigInt(protection)]),
  };
}

export function signalMembers({ signal, targetPid }: SignalActivity): CallMembers {
  return { extension: "", sections: auditMember("kill", [BigInt(targetPid), BigInt(signal)]) };
}

/** As the audit system writes it: arguments in hexadecimal without a prefix. */
function auditMember(call: string, args: readonly (bigint | null)[]): string {
  const members = args.slice(0, 3).map((arg, index) => {
    return arg === null ? "" : `,"a${index}":"${BigInt.asUintN(64, arg).toString(16)}"`;
  });
  const data = textMember("syscall", call) + members.join("");
  return objectMember("auditd", objectMember("data", data));
}

/** Letters of the bits that are set, as /proc/sys/kernel/tainted documents them (tainted-kernels.rst). */
function taintFlags(taints: bigint): string {
  return [...taintLetters].filter((_, bit) => ((taints >> BigInt(bit)) & 1n) === 1n).join("");
}

const taintLetters = "PFSRMBUDAWCIOELKXTN";

/** From include/uapi/linux/ptrace.h. */
const traceRequests: Readonly<Record<number, string>> = {
  0: "PTRACE_TRACEME",
  1: "PTRACE_PEEKTEXT",
  2: "PTRACE_PEEKDATA",
  3: "PTRACE_PEEKUSR",
  4: "PTRACE_POKETEXT",
  5: "PTRACE_POKEDATA",
  6: "PTRACE_POKEUSR",
  7: "PTRACE_CONT",
  8: "PTRACE_KILL",
  9: "PTRACE_SINGLESTEP",
  12: "PTRACE_GETREGS",
  13: "PTRACE_SETREGS",
  16: "PTRACE_ATTACH",
  17: "PTRACE_DETACH",
  24: "PTRACE_SYSCALL",
  16896: "PTRACE_SETOPTIONS",
  16900: "PTRACE_GETREGSET",
  16901: "PTRACE_SETREGSET",
  16902: "PTRACE_SEIZE",
  16903: "PTRACE_INTERRUPT",
};
