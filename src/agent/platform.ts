/** What the machine itself offers to a live run, whichever source asks for it. Looking changes nothing. */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import koffi from "koffi";
import { systemReason } from "../base/system-reason.ts";
import { unifiedMount } from "../collect/linux/control-groups.ts";
import { readCredentials } from "../collect/linux/process-files.ts";
import type { Capability } from "../collect/source.ts";

/** Numbers of include/uapi/linux/capability.h. */
const heldCapabilities: readonly (readonly [name: string, bit: bigint, what: string])[] = [
  ["cap-bpf", 39n, "loading eBPF programs"],
  ["cap-perfmon", 38n, "tracing with eBPF"],
  ["cap-net-admin", 12n, "the process connector and audit"],
  ["cap-sys-admin", 21n, "fanotify"],
  ["cap-sys-ptrace", 19n, "/proc of other users' processes"],
];

const runAsRoot = "run as root, or give the service the capability";

/** The capabilities of the platform, in the order of the checks. */
export function platformCapabilities(): Capability[] {
  if (process.platform !== "linux") {
    return [fact("linux", false, `this is ${process.platform}`, null)];
  }
  return [
    fact("linux", true, `Linux ${release()}`, null),
    rootCapability(),
    ...processCapabilities(),
    cgroupCapability(),
    lsmCapability(),
    luajitCapability(),
  ];
}

function fact(name: string, available: boolean, why: string, mend: string | null): Capability {
  return { name, available, why, mend: available ? null : mend };
}

function rootCapability(): Capability {
  const uid = process.geteuid?.();
  return fact("root", uid === 0, `the effective user id is ${uid}`, "run as root");
}

function processCapabilities(): Capability[] {
  const held = readCredentials(process.pid)?.capEffective ?? null;
  if (held === null) {
    return heldCapabilities.map(([name]) =>
      fact(name, false, "can't read /proc/self/status", "mount -t proc proc /proc"),
    );
  }
  return heldCapabilities.map(([name, bit, what]) => {
    const has = ((held >> bit) & 1n) === 1n;
    const why = has ? `this process may: ${what}` : `this process may not: ${what}`;
    return fact(name, has, why, runAsRoot);
  });
}

/** `--cgroup` names a folder of the unified hierarchy. */
function cgroupCapability(): Capability {
  const mount = unifiedMount();
  const why = mount === null ? "no cgroup2 filesystem is mounted" : `mounted at ${mount}`;
  return fact("cgroup-v2", mount !== null, why, "mount -t cgroup2 none /sys/fs/cgroup");
}

/** Denying an act inside the kernel needs the LSM `bpf` to be on. */
function lsmCapability(): Capability {
  const where = "/sys/kernel/security/lsm";
  const mend = "boot with lsm= and the list that is on, followed by ,bpf";
  if (!existsSync(where)) {
    const mount = "mount -t securityfs securityfs /sys/kernel/security";
    return fact("bpf-lsm", false, `${where} is not there`, mount);
  }
  try {
    const list = readFileSync(where, "latin1").trim();
    return fact("bpf-lsm", list.split(",").includes("bpf"), `LSMs that are on: ${list}`, mend);
  } catch (error) {
    return fact("bpf-lsm", false, `${where}: ${systemReason(error)}`, mend);
  }
}

function luajitCapability(): Capability {
  const file = "libluajit-5.1.so.2";
  const mend = "apt-get install libluajit-5.1-2 (optional: predicates in Lua)";
  try {
    koffi.load(file).unload();
    return fact("luajit", true, `${file} can be loaded`, null);
  } catch (error) {
    return fact("luajit", false, error instanceof Error ? error.message : String(error), mend);
  }
}
