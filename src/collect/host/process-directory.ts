/**
 * The processes of this host as the sensor tells of them, bounded. A process that it never told of
 * is read from /proc, if the sensor's scope admits it and its start is the one that was seen.
 */
import { readdirSync } from "node:fs";
import type { Limits } from "../../base/limits.ts";
import { readProcText } from "../linux/process-files.ts";
import type { Actor, ExecActivity } from "./activity.ts";
import { type Container, containerOfCgroupFile } from "./container.ts";
import { type EntityIds, nsPerTick, ticksOf } from "./entity-id.ts";
import { entryOf } from "./entry-leader.ts";
import { fileKeyOf } from "./file-contents.ts";
import { areSameCredentials, HostProcess } from "./host-process.ts";
import { type ProcSnapshot, readProcess, readStartTicks } from "./proc-snapshot.ts";

export interface DirectoryOptions {
  readonly entityIds: EntityIds;
  readonly limits: Pick<
    Limits,
    "hostProcesses" | "hostProcessChars" | "endedProcessMs" | "hostContainers"
  >;
  /** Whether a process may be read from /proc. */
  readonly admits: (pid: number) => boolean;
  /** Whether ancestors of admitted processes may be read as well, though the scope leaves them out. */
  readonly readAncestors: boolean;
  /** Told of each process that came from /proc, parents first. */
  readonly onSnapshot: (process: HostProcess, isRepaired: boolean) => void;
}

export interface DirectoryCounters {
  /** Processes in the directory. */
  processes: number;
  /** Forgotten before their end, to keep within the limit. */
  evicted: number;
  /** Read from /proc because the sensor had not told of them. */
  repaired: number;
}

export class ProcessDirectory {
  readonly counters: DirectoryCounters = { processes: 0, evicted: 0, repaired: 0 };
  readonly #options: DirectoryOptions;
  /** The latest process of each pid; in the order in which evictions look at them. */
  readonly #byPid: Map<number, HostProcess> = new Map();
  /** Ended ones in the order of their ends. */
  #ended: HostProcess[] = [];
  readonly #graceNs: bigint;
  #endedFrom: number = 0;
  /** Of all processes together. */
  #chars: number = 0;
  #nowNs: bigint = 0n;
  /** The actor that was looked for last, and whose it is. */
  #lastActor: Actor | null = null;
  #lastProcess: HostProcess | null = null;
  readonly #containers: Map<bigint, Container | null> = new Map();

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#graceNs = BigInt(options.limits.endedProcessMs) * 1_000_000n;
  }

  /** Reads all admitted processes, and tells of each; parents first. */
  seed(): void {
    for (const entry of readdirSync("/proc")) {
      const pid = Number(entry);
      if (!Number.isInteger(pid) || !this.#options.admits(pid)) continue;
      if (!this.#byPid.has(pid)) this.#load(pid, null, false);
    }
  }

  /** The process of that pid and start, if it is known; without a start, the latest of that pid. */
  find(pid: number, startNs: bigint | null): HostProcess | null {
    let process = this.#byPid.get(pid) ?? null;
    if (startNs === null || process === null) return process;
    const ticks = ticksOf(startNs);
    while (process !== null && !this.#isStart(process, ticks)) process = process.older;
    return process;
  }

  /** Whether the latest process of that name is known to have ended. */
  hasEnded({ pid, startNs }: Actor): boolean {
    const process = this.find(pid, startNs);
    return process !== null && process.endNs !== null;
  }

  /**
   * The process that acts; one that nobody told of is repaired, or else entered as unknown. With
   * `mayRead` false it is not looked for in /proc: the activity tells all, or comes too late.
   */
  resolve(actor: Actor, timeNs: bigint, mayRead: boolean): HostProcess {
    const { pid, startNs } = actor;
    if (actor === this.#lastActor) {
      const latest = this.#byPid.get(pid);
      if (latest !== undefined && this.#isAsBefore(latest, actor)) return latest;
    }
    const process = this.find(pid, startNs);
    if (process !== null && !(startNs === null && hasEndedBefore(process, timeNs))) {
      process.isUsed = true;
      this.#refresh(process, actor);
      this.#lastActor = actor;
      this.#lastProcess = process;
      return process;
    }
    const ticks = startNs === null ? null : ticksOf(startNs);
    if (mayRead && this.#options.admits(pid)) {
      const repaired = this.#load(pid, ticks, true);
      if (repaired !== null) return repaired;
    }
    const unknown = this.#create(pid, ticks, ticks !== null);
    this.#refresh(unknown, actor);
    return unknown;
  }

  /** The process that a parent made; the same again if it is known already, from /proc for example. */
  fork(parent: HostProcess, pid: number, startNs: bigint | null, timeNs: bigint): HostProcess {
    const told = startNs ?? this.#startOf(pid);
    const known = told === null ? null : this.find(pid, told);
    if (known?.isAnnounced === true) {
      if (known.parent !== null) return known;
      known.setParent(parent);
      known.entry = entryOf(known);
      known.changed();
      return known;
    }
    const child = known ?? this.#create(pid, ticksOf(told ?? timeNs), told !== null);
    child.inherit(parent);
    child.entry = entryOf(child);
    this.#weigh(child);
    return child;
  }

  /** Makes the process that which it now runs. */
  exec(process: HostProcess, activity: ExecActivity): void {
    process.isAnnounced = true;
    process.comm = activity.actor.comm === "" ? process.comm : activity.actor.comm;
    process.executable =
      activity.executable ??
      (activity.memfdName === null ? activity.filename : `/memfd:${activity.memfdName} (deleted)`);
    process.file = activity.file;
    process.fileKey = activity.file === null ? null : fileKeyOf(activity.file);
    process.args = activity.args;
    process.title = null;
    process.environment = activity.environment;
    process.workingDirectory = activity.workingDirectory ?? process.workingDirectory;
    if (activity.terminalKnown) process.terminal = activity.terminal;
    process.pidNamespace = activity.pidNamespace ?? process.pidNamespace;
    process.mountNamespace = activity.mountNamespace ?? process.mountNamespace;
    // Whoever made a process stays its parent, even if it ended and the kernel gave the child away.
    if (process.parent === null && activity.parentPid !== null) {
      this.#findParent(process, activity.parentPid, activity.parentStartNs);
    }
    if (activity.groupLeaderPid !== null) this.#setGroupLeader(process, activity.groupLeaderPid);
    if (activity.sessionLeaderPid !== null) this.#setSession(process, activity.sessionLeaderPid);
    process.entry = entryOf(process) ?? process.entry;
    process.changed();
    this.#weigh(process);
  }

  /** A process made a session, which makes it leader of a group as well. */
  beginSession(process: HostProcess, sessionId: number): void {
    this.#setSession(process, sessionId);
    this.#setGroupLeader(process, sessionId);
    process.terminal = null;
    process.entry = entryOf(process) ?? process.entry;
    process.changed();
  }

  /** Ends the process; it stays known for `endedProcessMs` of event time. */
  end(process: HostProcess, timeNs: bigint): void {
    if (process.endNs !== null) return;
    process.endNs = timeNs;
    process.fragment = null;
    this.#ended.push(process);
  }

  /** Forgets what ended long before `timeNs`. */
  advance(timeNs: bigint): void {
    this.#nowNs = timeNs;
    while (this.#endedFrom < this.#ended.length) {
      const process = this.#ended[this.#endedFrom]!;
      if ((process.endNs ?? 0n) + this.#graceNs > timeNs) break;
      this.#endedFrom += 1;
      this.#remove(process);
    }
    if (this.#endedFrom > 1024 && this.#endedFrom * 2 > this.#ended.length) {
      this.#ended = this.#ended.slice(this.#endedFrom);
      this.#endedFrom = 0;
    }
  }

  /** Whether the process, the latest of its pid, was found for this very actor before and is as it was then. */
  #isAsBefore(latest: HostProcess, { startNs, credentials }: Actor): boolean {
    if (latest !== this.#lastProcess || latest.credentials !== credentials) return false;
    if (startNs === null || latest.endNs !== null) return false;
    latest.isUsed = true;
    return true;
  }

  #isStart(process: HostProcess, ticks: number): boolean {
    if (process.startTicks === ticks) return true;
    if (process.isStartExact) return false;
    // It was entered by the time of its fork, or without any: now its start is known.
    if (process.startTicks !== null && Math.abs(process.startTicks - ticks) > 1) return false;
    if (process.startTicks !== null) return true;
    process.startTicks = ticks;
    process.isStartExact = true;
    process.entityId = this.#options.entityIds.of(process.pid, ticks);
    process.changed();
    return true;
  }

  #create(pid: number, ticks: number | null, isExact: boolean): HostProcess {
    const entityId = ticks === null ? "" : this.#options.entityIds.of(pid, ticks);
    const process = new HostProcess(pid, ticks, isExact, entityId);
    const older = this.#byPid.get(pid) ?? null;
    process.older = older;
    // Whoever had the pid before must have ended, though nobody told.
    if (older !== null) this.end(older, this.#nowNs);
    // At the end of the map, where evictions come last.
    this.#byPid.delete(pid);
    this.#byPid.set(pid, process);
    this.counters.processes += 1;
    if (this.counters.processes > this.#options.limits.hostProcesses) this.#evict(process);
    return process;
  }

  /** Takes account of the size of its texts, and makes room. */
  #weigh(process: HostProcess): void {
    const chars = charsOf(process);
    this.#chars += chars - process.chars;
    process.chars = chars;
    while (this.#chars > this.#options.limits.hostProcessChars && this.counters.processes > 1) {
      this.#evict(process);
    }
  }

  /** Gives up the ended one that ended first, or else the one that was not used for longest. */
  #evict(newest: HostProcess): void {
    if (this.#endedFrom < this.#ended.length) {
      const process = this.#ended[this.#endedFrom]!;
      this.#endedFrom += 1;
      this.#remove(process);
      return;
    }
    for (const [pid, process] of this.#byPid) {
      if (process === newest) continue;
      if (process.isUsed) {
        process.isUsed = false;
        this.#byPid.delete(pid);
        this.#byPid.set(pid, process);
        continue;
      }
      this.counters.evicted += 1;
      this.#remove(process);
      return;
    }
  }

  #remove(process: HostProcess): void {
    const latest = this.#byPid.get(process.pid);
    if (latest === process) {
      if (process.older === null) this.#byPid.delete(process.pid);
      else this.#byPid.set(process.pid, process.older);
    } else {
      let later = latest ?? null;
      while (later !== null && later.older !== process) later = later.older;
      if (later === null) return;
      later.older = process.older;
    }
    if (process === this.#lastProcess) this.#lastProcess = null;
    this.counters.processes -= 1;
    this.#chars -= process.chars;
    process.chars = 0;
    process.release();
  }

  /**
   * Enters a process from /proc with its ancestors and leaders, as far as these may be read, and tells
   * of them. Null if it is not there (any more), or started at another tick.
   */
  #load(pid: number, ticks: number | null, isRepaired: boolean): HostProcess | null {
    const root = readProcess(pid);
    if (root === null || (ticks !== null && root.startTicks !== ticks)) return null;
    const processes = this.#parentsFirst(this.#readRelatives(root)).map((snapshot) => {
      const known = this.find(snapshot.pid, BigInt(snapshot.startTicks) * nsPerTick);
      const process = known ?? this.#create(snapshot.pid, snapshot.startTicks, true);
      this.#take(process, snapshot);
      return { process, snapshot };
    });
    // Leaders may be children of those whom they lead, so links wait until all are there.
    for (const { process, snapshot } of processes) {
      const { groupLeaderPid, sessionLeaderPid } = snapshot;
      if (groupLeaderPid > 0) this.#setGroupLeader(process, groupLeaderPid);
      if (sessionLeaderPid > 0) this.#setSession(process, sessionLeaderPid);
      process.entry = entryOf(process);
      process.changed();
      if (isRepaired) this.counters.repaired += 1;
      this.#options.onSnapshot(process, isRepaired);
    }
    return this.#byPid.get(pid) ?? null;
  }

  /** The process and all above it that are unknown and may be read, by pid. */
  #readRelatives(root: ProcSnapshot): Map<number, ProcSnapshot> {
    const snapshots = new Map([[root.pid, root]]);
    // What is added while the map is walked is walked too.
    for (const { parentPid, sessionLeaderPid, groupLeaderPid } of snapshots.values()) {
      for (const other of [parentPid, sessionLeaderPid, groupLeaderPid]) {
        const isKnown = other <= 0 || this.#byPid.has(other) || snapshots.has(other);
        const snapshot = !isKnown && this.#mayRead(other) ? readProcess(other) : null;
        if (snapshot !== null) snapshots.set(other, snapshot);
      }
    }
    return snapshots;
  }

  /** In an order in which each comes after its parent. Empties the map. */
  #parentsFirst(snapshots: Map<number, ProcSnapshot>): ProcSnapshot[] {
    const ordered: ProcSnapshot[] = [];
    for (const pid of [...snapshots.keys()].reverse()) {
      const line: ProcSnapshot[] = [];
      let next = snapshots.get(pid);
      while (next !== undefined) {
        snapshots.delete(next.pid);
        line.push(next);
        next = snapshots.get(next.parentPid);
      }
      ordered.push(...line.reverse());
    }
    return ordered;
  }

  #mayRead(pid: number): boolean {
    return this.#options.readAncestors || this.#options.admits(pid);
  }

  #take(process: HostProcess, snapshot: ProcSnapshot): void {
    process.isAnnounced = true;
    process.comm = snapshot.comm;
    process.executable = snapshot.executable;
    process.file = snapshot.file;
    process.fileKey = snapshot.file === null ? null : fileKeyOf(snapshot.file);
    process.args = snapshot.args;
    process.environment = snapshot.environment;
    process.workingDirectory = snapshot.workingDirectory;
    process.terminal = snapshot.terminal;
    process.credentials = snapshot.credentials;
    process.supplementaryGroups = snapshot.supplementaryGroups;
    process.pidNamespace = snapshot.pidNamespace;
    process.mountNamespace = snapshot.mountNamespace;
    process.container = snapshot.container;
    if (snapshot.parentPid > 0) this.#linkParent(process, snapshot.parentPid, null);
    this.#weigh(process);
  }

  /** Links the parent that an exec tells of; one that is unknown is repaired first. */
  #findParent(process: HostProcess, parentPid: number, startNs: bigint | null): void {
    if (parentPid > 0 && this.find(parentPid, startNs) === null && this.#mayRead(parentPid)) {
      this.#load(parentPid, startNs === null ? null : ticksOf(startNs), true);
    }
    this.#linkParent(process, parentPid, startNs);
  }

  #linkParent(process: HostProcess, parentPid: number, startNs: bigint | null): void {
    const parent = parentPid === process.pid ? null : this.find(parentPid, startNs);
    if (parent !== null) process.setParent(parent);
    else process.parentPid = parentPid;
  }

  #setGroupLeader(process: HostProcess, leaderPid: number): void {
    process.groupLeaderPid = leaderPid;
    process.groupLeader = leaderPid === process.pid ? process : this.find(leaderPid, null);
  }

  #setSession(process: HostProcess, leaderPid: number): void {
    process.sessionLeaderPid = leaderPid;
    process.sessionLeader = leaderPid === process.pid ? process : this.find(leaderPid, null);
  }

  /** Takes in what each activity says of its actor. */
  #refresh(process: HostProcess, actor: Actor): void {
    const { credentials, cgroupId } = actor;
    if (process.comm === "" && actor.comm !== "") {
      process.comm = actor.comm;
      process.changed();
    }
    if (credentials !== null) {
      const known = process.credentials;
      process.credentials = credentials;
      if (known === null || !areSameCredentials(known, credentials)) process.changed();
    }
    if (cgroupId !== null && cgroupId !== process.cgroupId) this.#moveTo(process, cgroupId);
  }

  #moveTo(process: HostProcess, cgroupId: bigint): void {
    let container = this.#containers.get(cgroupId);
    if (container === undefined && this.#options.admits(process.pid)) {
      const text = readProcText(process.pid, "cgroup");
      if (text === null) return;
      container = containerOfCgroupFile(text);
      if (this.#containers.size >= this.#options.limits.hostContainers) this.#containers.clear();
      this.#containers.set(cgroupId, container);
    }
    process.cgroupId = cgroupId;
    if (container === undefined || container?.id === process.container?.id) return;
    process.container = container;
    process.entry = entryOf(process) ?? process.entry;
    process.changed();
  }

  #startOf(pid: number): bigint | null {
    const ticks = this.#options.admits(pid) ? readStartTicks(pid) : null;
    return ticks === null ? null : BigInt(ticks) * nsPerTick;
  }
}

/** UTF-16 units of the texts that only this process may have, at most. */
function charsOf({ executable, args, environment, workingDirectory }: HostProcess): number {
  let chars = (executable?.length ?? 0) + (workingDirectory?.length ?? 0);
  for (const text of args ?? []) chars += text.length;
  for (const text of environment ?? []) chars += text.length;
  return chars;
}

/** Whether an activity without a start must be another process's, which has the pid now. */
function hasEndedBefore(process: HostProcess, timeNs: bigint): boolean {
  return process.endNs !== null && process.endNs < timeNs;
}
