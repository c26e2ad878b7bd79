/** The source `ebpf`: what it needs of a machine, and how it is opened. */
import { existsSync, readFileSync } from "node:fs";
import type { MakeEvents } from "../counted-events.ts";
import { DrainedSource } from "../drained-source.ts";
import { hostActions, offeredFields } from "../host/field-offer.ts";
import { whyInsideNamespace } from "../linux/first-namespaces.ts";
import { readCredentials } from "../linux/process-files.ts";
import { type Capability, type Source, SourceError, type SourceOffer } from "../source.ts";
import { callHooks, plainHooks } from "./hook-table.ts";
import { BpfObject, loadLibbpf, withTracingFiles } from "./libbpf.ts";
import { type EbpfOptions, EbpfSensor, missingTargets, objectPath } from "./sensor.ts";

const typesPath = "/sys/kernel/btf/vmlinux";

/** Attaches. Throws a SourceError that says what is missing. */
export function openEbpf(options: EbpfOptions, makeEvents: MakeEvents): Source {
  const missing = capabilities().find(({ available }) => !available);
  if (missing !== undefined) {
    const mend = missing.mend === null ? "" : `; ${missing.mend}`;
    throw new SourceError("ebpf", missing.name, `${missing.name}: ${missing.why}${mend}`);
  }
  return new DrainedSource("ebpf", new EbpfSensor(options), makeEvents);
}

/** What it would give here. Programs are loaded to see whether the kernel takes them, and let go. */
export function offerEbpf(): SourceOffer {
  const found = capabilities();
  const isBasic = found.every(({ available }) => available);
  const all = isBasic ? [...found, loading()] : found;
  const told = new Set([
    ...[...plainHooks.values()].flat(),
    ...callHooks.flatMap(({ actions }) => actions),
    "already_running",
  ]);
  const actions = hostActions().filter((action) => told.has(action));
  return {
    source: "ebpf",
    available: all.every(({ available }) => available),
    capabilities: all,
    actions,
    fields: offeredFields(actions),
  };
}

function capabilities(): Capability[] {
  return [privilege(), namespace(), types(), library(), object()];
}

/** Bits of include/uapi/linux/capability.h: CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON. */
const systemAdministrator = 21n;
const bpfAndPerformance = [39n, 38n];

function privilege(): Capability {
  const held = readCredentials(process.pid)?.capEffective ?? 0n;
  const has = (bit: bigint): boolean => ((held >> bit) & 1n) === 1n;
  const available = has(systemAdministrator) || bpfAndPerformance.every(has);
  return {
    name: "bpf-privilege",
    available,
    why: available ? "programs may be loaded" : "CAP_BPF and CAP_PERFMON are missing",
    mend: available ? null : "run it as root",
  };
}

/** The kernel's programs number processes as the first namespace does; /proc must do so as well. */
function namespace(): Capability {
  const why = whyInsideNamespace();
  return {
    name: "first-namespaces",
    available: why === null,
    why: why ?? "processes have the numbers that the kernel gives them",
    mend: why === null ? null : "run it in the host's pid namespace (containers: --pid=host)",
  };
}

function types(): Capability {
  const available = existsSync(typesPath);
  return {
    name: "btf",
    available,
    why: available ? typesPath : `${typesPath} is missing`,
    mend: available ? null : "a kernel with CONFIG_DEBUG_INFO_BTF=y, 5.17 or later",
  };
}

function library(): Capability {
  const mend = "apt-get install libbpf1";
  try {
    loadLibbpf();
    return { name: "libbpf", available: true, why: "libbpf.so.1", mend: null };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { name: "libbpf", available: false, why: error.message, mend };
  }
}

function object(): Capability {
  const available = existsSync(objectPath);
  return {
    name: "bpf-object",
    available,
    why: available ? "kestrel.bpf.o" : "bpf/kestrel.bpf.o is missing",
    mend: available ? null : "npm run bpf",
  };
}

function loading(): Capability {
  const name = "bpf-tracepoints";
  try {
    BpfObject.load(readFileSync(objectPath), missingTargets(), new Map()).close();
    withTracingFiles(() => undefined);
    return { name, available: true, why: "the kernel takes the programs", mend: null };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { name, available: false, why: error.message, mend: null };
  }
}
