/** What the machine itself offers to a live run, whichever source asks for it. Looking changes nothing. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import koffi from "koffi";
import { systemReason } from "../base/system-reason.ts";
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
    path("btf", "/sys/kernel/btf/vmlinux", "use a kernel with CONFIG_DEBUG_INFO_BTF=y"),
    path("tracefs", "/sys/kernel/tracing/events", "mount -t tracefs tracefs /sys/kernel/tracing"),
    cgroupCapability(),
    lsmCapability(),
    library("libbpf", ["libbpf.so.1", "libbpf.so.0"], "apt-get install libbpf1"),
    library(
      "luajit",
      ["libluajit-5.1.so.2"],
      "apt-get install libluajit-5.1-2 (optional: predicates in Lua)",
    ),
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
  let held: bigint;
  try {
    const status = readFileSync("/proc/self/status", "latin1");
    held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  } catch (error) {
    const why = `can't read /proc/self/status: ${systemReason(error)}`;
    return heldCapabilities.map(([name]) => fact(name, false, why, "mount -t proc proc /proc"));
  }
  return heldCapabilities.map(([name, bit, what]) => {
    const has = ((held >> bit) & 1n) === 1n;
    const why = has ? `this process may: ${what}` : `this process may not: ${what}`;
    return fact(name, has, why, runAsRoot);
  });
}

function path(name: string, where: string, mend: string): Capability {
  try {
    accessSync(where, constants.R_OK);
    return fact(name, true, `${where} is there`, null);
  } catch (error) {
    return fact(name, false, `${where}: ${systemReason(error)}`, mend);
  }
}

/** `--cgroup` names a folder of the unified hierarchy. */
function cgroupCapability(): Capability {
  const name = "cgroup-v2";
  const mend = "mount -t cgroup2 none /sys/fs/cgroup";
  try {
    // Fields of a line: device, place, type.
    const mounts = readFileSync("/proc/mounts", "latin1").split("\n");
    const found = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2");
    if (found === undefined) return fact(name, false, "no cgroup2 filesystem is mounted", mend);
    return fact(name, true, `mounted at ${found[1]}`, null);
  } catch (error) {
    return fact(name, false, `/proc/mounts: ${systemReason(error)}`, mend);
  }
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

function library(name: string, files: readonly string[], mend: string): Capability {
  let said = "";
  for (const file of files) {
    try {
      koffi.load(file).unload();
      return fact(name, true, `${file} can be loaded`, null);
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
  }
  return fact(name, false, said, mend);
}
