/** What is the same in all events of a host: names, addresses, system, sensor. */
import { readFileSync } from "node:fs";
import { arch, hostname, networkInterfaces, release } from "node:os";
import { sha256Hex } from "../../base/hash.ts";
import { canonicalIp } from "../../base/ip.ts";
import { listMember, objectMember, textMember } from "./json-text.ts";

export interface HostFacts {
  /** Machine id; where the system has none, the host's name. */
  readonly id: string;
  readonly hostname: string;
  /** Addresses in canonical text, without loopback. */
  readonly addresses: readonly string[];
  /** Hardware addresses as ECS has them: `00-1A-2B-3C-4D-5E`. */
  readonly hardwareAddresses: readonly string[];
  /** As uname(2) names it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly bootId: string;
  readonly osName: string | null;
  readonly osVersion: string | null;
  readonly kernel: string;
  /** Follows from the machine id, so it stays. */
  readonly agentId: string;
  readonly agentVersion: string | null;
  readonly namespace: string;
}

/** Reads them from this machine. `agentVersion` is the version of the program that asks. */
export function readHostFacts(agentVersion: string | null = null): HostFacts {
  const name = hostname();
  const machineId = tryRead("/etc/machine-id") ?? tryRead("/var/lib/dbus/machine-id") ?? null;
  const id = machineId === null || machineId.trim() === "" ? name : machineId.trim();
  const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outer = interfaces.filter(({ internal }) => !internal);
  const system = readOsRelease(tryRead("/etc/os-release") ?? tryRead("/usr/lib/os-release") ?? "");
  return {
    id,
    hostname: name,
    addresses: unique(outer.map(({ address }) => canonicalIp(address.split("%")[0]!) ?? "")),
    hardwareAddresses: unique(outer.map(({ mac }) => mac.toUpperCase().replaceAll(":", "-"))),
    architecture: machineNames[arch()] ?? arch(),
    bootId: (tryRead("/proc/sys/kernel/random/boot_id") ?? "").trim(),
    osName: system.get("NAME") ?? null,
    osVersion: system.get("VERSION_ID") ?? null,
    kernel: release(),
    agentId: sha256Hex(`kestrel agent ${id}`).slice(0, 32),
    agentVersion,
    namespace: "default",
  };
}

/** The members `agent` and `host` of every event. */
export function hostMembers(facts: HostFacts): string {
  const { id, hostname: name, osName, osVersion, kernel } = facts;
  const agent =
    textMember("id", facts.agentId) +
    textMember("type", "kestrel") +
    textMember("version", facts.agentVersion);
  const os =
    textMember("type", "linux") +
    textMember("name", osName) +
    textMember("version", osVersion) +
    textMember("kernel", kernel);
  const host =
    textMember("id", id) +
    textMember("name", name) +
    textMember("hostname", name) +
    listMember("ip", facts.addresses) +
    listMember("mac", facts.hardwareAddresses) +
    textMember("architecture", facts.architecture) +
    objectMember("boot", textMember("id", facts.bootId)) +
    objectMember("os", os);
  return objectMember("agent", agent) + objectMember("host", host);
}

/** uname(2)'s names for what Node calls otherwise. */
const machineNames: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
  ia32: "i686",
  loong64: "loongarch64",
};

/** `NAME=value` lines, the value perhaps in quotes; see os-release(5). */
function readOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line);
    if (match !== null) values.set(match[1]!, match[3]!);
  }
  return values;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ""))];
}

function tryRead(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
