/** Activities made by hand, and a `HostEvents` that keeps what it emits. */
import type { JsonObject } from "../../base/json.ts";
import { lookUp } from "../../event/lookup.ts";
import { Accounts } from "./accounts.ts";
import type { Activity, Actor, Credentials, ExecActivity, FileFacts } from "./activity.ts";
import { BootClock } from "./boot-clock.ts";
import { HostEvents, type HostEventsOptions } from "./host-events.ts";
import type { HostFacts } from "./host-facts.ts";

export const facts: HostFacts = {
  id: "machine",
  hostname: "box",
  addresses: ["10.0.0.5"],
  hardwareAddresses: ["02-00-00-00-00-01"],
  architecture: "x86_64",
  bootId: "ec4cc89d-f5c4-4534-b033-0a533e318b0f",
  osName: "Debian GNU/Linux",
  osVersion: "12",
  kernel: "6.18.0",
  agentId: "agent",
  agentVersion: "0.1.0",
  namespace: "default",
};

/** Boot was on 2026-01-01 at midnight. */
export const bootWallNs = 1_767_225_600_000_000_000n;

/** A clock of which boot time begins at `bootWallNs`. */
export function fixedClock(): BootClock {
  let bootNs = 0n;
  const tick = (): bigint => {
    bootNs += 10_000_000n;
    return bootNs;
  };
  return new BootClock({ bootNs: tick, wallNs: () => bootWallNs + bootNs });
}

export const root: Credentials = {
  uid: 0,
  euid: 0,
  suid: 0,
  gid: 0,
  egid: 0,
  sgid: 0,
  capEffective: 0x1ffffffffffn,
  capPermitted: 0x1ffffffffffn,
};

export const user: Credentials = {
  ...{ uid: 1000, euid: 1000, suid: 1000, gid: 1000, egid: 1000, sgid: 1000 },
  capEffective: 0n,
  capPermitted: 0n,
};

/** A moment `ms` after boot. */
export function at(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}

/** The process of that pid which started at `startMs`. */
export function actor(pid: number, startMs: number | null, more: Partial<Actor> = {}): Actor {
  const startNs = startMs === null ? null : at(startMs);
  return { pid, startNs, comm: "", credentials: root, cgroupId: null, ...more };
}

export function exec(
  who: Actor,
  timeMs: number,
  args: readonly string[],
  more: Partial<ExecActivity> = {},
): ExecActivity {
  return {
    kind: "exec",
    timeNs: at(timeMs),
    actor: who,
    parentPid: null,
    parentStartNs: null,
    groupLeaderPid: null,
    sessionLeaderPid: null,
    executable: args[0] ?? null,
    filename: args[0] ?? null,
    args,
    argsTruncated: false,
    environment: null,
    workingDirectory: "/",
    terminal: null,
    terminalKnown: true,
    pidNamespace: 4_026_531_836,
    mountNamespace: 4_026_531_841,
    file: null,
    memfdName: null,
    ...more,
  };
}

export function fork(who: Actor, timeMs: number, childPid: number): Activity {
  const timeNs = at(timeMs);
  return { kind: "fork", timeNs, actor: who, childPid, childStartNs: timeNs };
}

export function exit(who: Actor, timeMs: number, waitStatus: number = 0): Activity {
  return { kind: "exit", timeNs: at(timeMs), actor: who, waitStatus };
}

export const fileFacts: FileFacts = {
  inode: 77n,
  device: 2049n,
  sizeBytes: 12,
  mode: 0o100644,
  uid: 0,
  gid: 0,
  links: 1,
  mtimeNs: bootWallNs + 5n,
  ctimeNs: bootWallNs + 7n,
};

/** Events of activities, with nothing read from /proc unless `options` say so. */
export class Recorder {
  readonly texts: string[] = [];
  readonly events: HostEvents;

  constructor(options: Partial<HostEventsOptions> = {}) {
    this.events = new HostEvents({
      emit: (event) => this.texts.push(typeof event === "string" ? event : event.text()),
      provider: "ebpf",
      host: facts,
      admits: () => false,
      clock: fixedClock(),
      accounts: new Accounts("/dev/null", "/dev/null"),
      ...options,
    });
  }

  /** The events that the activities give, parsed. */
  feed(...activities: readonly Activity[]): JsonObject[] {
    const from = this.texts.length;
    for (const activity of activities) this.events.accept(activity);
    return this.parsed().slice(from);
  }

  parsed(): JsonObject[] {
    return this.texts.map((text) => JSON.parse(text) as JsonObject);
  }
}

/** The values of fields by their dotted paths. */
export function pick(event: JsonObject | undefined, ...paths: readonly string[]): unknown[] {
  return paths.map((path) => (event === undefined ? undefined : lookUp(event, path)));
}
