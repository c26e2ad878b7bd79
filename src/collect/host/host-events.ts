/**
 * Makes events of what a sensor saw: one ECS JSON line for each activity, with the process, its
 * parent and leaders as they are known at that moment. Texts of processes are kept, so that an event
 * costs the putting together of a few of them.
 */
import { unreachable } from "../../base/assert.ts";
import { defaultLimits, type Limits } from "../../base/limits.ts";
import type { PiecedEvent } from "../../event/pieced-event.ts";
import { gapJson } from "../../event/stream-record.ts";
import { Accounts } from "./accounts.ts";
import type {
  Activity,
  CredentialsActivity,
  ExecActivity,
  ExitActivity,
  FileActivity,
  FileFacts,
  ForkActivity,
  LostActivity,
  NetworkActivity,
} from "./activity.ts";
import { BootClock } from "./boot-clock.ts";
import {
  callAction,
  callMembers,
  mappingMembers,
  memoryFileMembers,
  moduleMembers,
  sharedMemoryMembers,
  signalMembers,
  traceMembers,
} from "./call-text.ts";
import { EntityIds, nsPerTick } from "./entity-id.ts";
import { isSshd } from "./entry-leader.ts";
import { EventHeads } from "./event-head.ts";
import { type ContentCounters, FileContents, fileKeyOf } from "./file-contents.ts";
import { FileParticulars } from "./file-particulars.ts";
import { type FileNames, fileActions } from "./file-text.ts";
import { type GivenTexts, HostEvent, type Particulars, Texts } from "./host-event.ts";
import { type HostFacts, hostMembers } from "./host-facts.ts";
import type { HostProcess } from "./host-process.ts";
import { listMember, numberMember, objectMember, textMember } from "./json-text.ts";
import { endValues, execValues, nothingElse } from "./life-values.ts";
import { dnsActions, NetworkTexts, networkActions } from "./network-text.ts";
import { type DirectoryCounters, ProcessDirectory } from "./process-directory.ts";
import { ProcessTexts } from "./process-text.ts";

export interface HostEventsOptions {
  /** Takes each event and snapshot, and gaps as JSON text, at once and in order. */
  readonly emit: (event: string | PiecedEvent) => void;
  /** `event.provider`: the facility that saw it, such as `ebpf`. */
  readonly provider: string;
  readonly host: HostFacts;
  /** Whether a process may be read from /proc; all by default. */
  readonly admits?: (pid: number) => boolean;
  /** Whether events of the file at that path are told; all by default. */
  readonly coversPath?: (path: string) => boolean;
  /** Whether ancestors and leaders of admitted processes may be read as well; not by default. */
  readonly readAncestors?: boolean;
  /** Whether executables are hashed, beside the events; not by default. */
  readonly hashExecutables?: boolean;
  /** Whether files of file events are hashed too; not by default. */
  readonly hashFiles?: boolean;
  readonly limits?: Limits;
  readonly clock?: BootClock;
  readonly accounts?: Accounts;
}

/** What `HostEvents` counted; all but `processes` only grow. */
export interface HostEventsCounters extends DirectoryCounters {
  /** JSON texts handed over, gaps left out. */
  events: number;
  /** Of these, of processes that nobody told of and /proc does not have. */
  unknown: number;
}

/** What an event holds beside process, user and host; what is missing is empty. */
interface Told extends GivenTexts {
  readonly action: string;
}

export class HostEvents {
  readonly #options: HostEventsOptions;
  readonly #clock: BootClock;
  readonly #accounts: Accounts;
  readonly #directory: ProcessDirectory;
  readonly #texts: ProcessTexts;
  readonly #network: NetworkTexts;
  readonly #contents: FileContents;
  readonly #heads: EventHeads;
  #sequence: number = 0;
  #unknown: number = 0;
  #outside: number = 0;
  #nowNs: bigint = 0n;

  constructor(options: HostEventsOptions) {
    const limits = options.limits ?? defaultLimits;
    this.#options = options;
    this.#clock = options.clock ?? new BootClock();
    this.#accounts = options.accounts ?? new Accounts();
    this.#contents = new FileContents(limits, () => this.#texts.renew());
    this.#texts = new ProcessTexts(this.#clock, this.#accounts, (key) => {
      return this.#contents.find(key)?.sha256 ?? null;
    });
    this.#network = new NetworkTexts(limits.hostNames, limits.hostConnections);
    this.#heads = new EventHeads(
      options.provider,
      hostMembers(options.host),
      options.host.namespace,
    );
    this.#directory = new ProcessDirectory({
      entityIds: new EntityIds(options.host.bootId),
      limits,
      admits: options.admits ?? (() => true),
      readAncestors: options.readAncestors ?? false,
      onSnapshot: (process, isRepaired) => this.#snapshot(process, isRepaired),
    });
  }

  get counters(): Readonly<HostEventsCounters> {
    return { ...this.#directory.counters, events: this.#sequence, unknown: this.#unknown };
  }

  /** Activities that were left out because of their path; only grows. */
  get outside(): number {
    return this.#outside;
  }

  get contentCounters(): Readonly<ContentCounters> {
    return this.#contents.counters;
  }

  /**
   * Emits an event `already_running` for each process that runs now and is admitted, parents before
   * children. To be called once the sensor is attached, before what it saw is handed over.
   */
  seed(): void {
    this.#advance(this.#clock.nowNs());
    this.#directory.seed();
  }

  /** Emits the event of an activity, perhaps after snapshots of processes that were unknown. */
  accept(activity: Activity | LostActivity): void {
    if (activity.kind === "lost") {
      this.#lose(activity);
      return;
    }
    this.#advance(activity.timeNs);
    if (activity.kind === "file" && !this.#covers(activity)) {
      this.#outside += 1;
      return;
    }
    // Sensors may see the ends of two threads that go together as two ends.
    if (activity.kind === "exit" && this.#directory.hasEnded(activity.actor)) return;
    const { actor, timeNs } = activity;
    const process = this.#directory.resolve(actor, timeNs, !isSelfContained(activity));
    switch (activity.kind) {
      case "exec":
        return this.#exec(process, activity);
      case "fork":
        return this.#fork(process, activity);
      case "exit":
        return this.#exit(process, activity);
      case "credentials":
        return this.#credentials(process, activity);
      case "file":
        return this.#file(process, activity);
      case "network":
        return this.#connection(process, activity);
      default:
        return this.#write(activity, process, this.#particulars(process, activity));
    }
  }

  /** Resolves when all files that wait for their hash have been read. */
  hashed(): Promise<void> {
    return this.#contents.idle();
  }

  /** Measures wall time again, after the clock was set for example. */
  remeasureClock(): void {
    this.#clock.remeasure();
    this.#texts.renew();
  }

  /** Stops reading files; events can go on, with the hashes that are known. */
  close(): void {
    this.#contents.close();
  }

  /** Of two paths, one is enough. */
  #covers({ path, otherPath }: FileActivity): boolean {
    const { coversPath } = this.#options;
    if (coversPath === undefined || coversPath(path)) return true;
    return otherPath !== null && coversPath(otherPath);
  }

  #advance(timeNs: bigint): void {
    if (timeNs > this.#nowNs) this.#nowNs = timeNs;
    if (this.#accounts.refresh(this.#nowNs)) this.#texts.renew();
    this.#directory.advance(this.#nowNs);
  }

  #lose({ fromNs, toNs, count, categories }: LostActivity): void {
    const { provider, emit } = this.#options;
    const gap = {
      source: provider,
      fromNs: this.#clock.wallNs(fromNs),
      toNs: this.#clock.wallNs(toNs),
      lost: count,
      categories,
    };
    // Where it begins, so that it is known to all alerts that it may concern.
    emit(gapJson(gap, gap.fromNs));
  }

  #snapshot(process: HostProcess, isRepaired: boolean): void {
    const marks = isRepaired ? ',"repaired":true' : "";
    const told = { action: "already_running", values: nothingElse };
    this.#emit(this.#nowNs, process, told, marks);
    this.#hashExecutable(process);
  }

  #exec(process: HostProcess, activity: ExecActivity): void {
    this.#directory.exec(process, activity);
    const { memfdName } = activity;
    const extension = objectMember("memfd", textMember("name", memfdName));
    this.#write(activity, process, { action: "exec", extension, values: execValues(memfdName) });
    this.#hashExecutable(process);
  }

  #fork(parent: HostProcess, activity: ForkActivity): void {
    const { childPid, childStartNs, timeNs } = activity;
    const child = this.#directory.fork(parent, childPid, childStartNs, timeNs);
    this.#write(activity, child, { action: "fork", values: nothingElse });
  }

  #exit(process: HostProcess, activity: ExitActivity): void {
    const { waitStatus, timeNs } = activity;
    const { startTicks } = process;
    const ageNs = startTicks === null ? null : timeNs - BigInt(startTicks) * nsPerTick;
    const members =
      textMember("end", this.#clock.text(timeNs)) +
      numberMember("uptime", ageNs === null ? null : ageNs / 1_000_000_000n) +
      numberMember("exit_code", exitCodeOf(waitStatus));
    this.#write(activity, process, { action: "end", process: members, values: endValues });
    this.#directory.end(process, timeNs);
  }

  #credentials(process: HostProcess, activity: CredentialsActivity): void {
    process.credentials = activity.after;
    process.changed();
    this.#write(activity, process, { action: credentialActions[activity.change] });
  }

  #file(process: HostProcess, activity: FileActivity): void {
    const { file, path, change } = activity;
    const { hashFiles, hashExecutables } = this.#options;
    const isHashing = hashFiles === true || hashExecutables === true;
    const key = file === null || !isHashing ? null : fileKeyOf(file);
    const content = key === null ? null : this.#contents.find(key);
    const names = this.#fileNames(file);
    const marks = this.#marks(process, racyMember(activity.racyFields));
    const particulars = new FileParticulars(activity, names, content, marks);
    this.#tell(activity.timeNs, process, fileActions[change], particulars);
    if (hashFiles !== true || key === null || file === null) return;
    if (change !== "deletion" && change !== "symlink") this.#contents.request(key, [path], file);
  }

  #connection(process: HostProcess, activity: NetworkActivity): void {
    const { change, remoteAddress } = activity;
    if (change === "accept" && remoteAddress !== null && isSshd(process)) {
      process.acceptedFrom = remoteAddress;
    }
    const { outcome, text } = this.#network.network(activity);
    this.#write(activity, process, { action: networkActions[change], outcome, sections: text });
  }

  /** What is particular to activities that change nothing else than their process. */
  #particulars(process: HostProcess, activity: PlainActivity): Told {
    switch (activity.kind) {
      case "setsid":
        this.#directory.beginSession(process, activity.sessionId);
        return { action: "session_id_change", values: nothingElse };
      case "title":
        process.title = activity.title;
        process.changed();
        return { action: "title_change", values: nothingElse };
      case "dns": {
        const { outcome, text } = this.#network.dns(activity);
        return { action: dnsActions[activity.change], outcome, sections: text };
      }
      case "memfd":
        return { action: "memfd_create", ...memoryFileMembers(activity) };
      case "shmget":
        return { action: "shmget", ...sharedMemoryMembers(activity) };
      case "ptrace":
        return { action: "ptrace", ...traceMembers(activity) };
      case "module":
        return { action: "load_module", ...moduleMembers(activity) };
      case "call": {
        const outcome = activity.result < 0 ? "failure" : "success";
        return { action: callAction(activity.call), outcome, ...callMembers(activity) };
      }
      case "mapping":
        return { action: activity.call, ...mappingMembers(activity) };
      case "signal":
        return { action: "signal", ...signalMembers(activity) };
      default:
        return unreachable(activity);
    }
  }

  #write(activity: Activity, process: HostProcess, told: Told): void {
    this.#emit(activity.timeNs, process, told, racyMember(activity.racyFields));
  }

  #emit(timeNs: bigint, process: HostProcess, told: Told, marks: string): void {
    const { sections = "" } = told;
    const kestrel = objectMember("kestrel", this.#marks(process, marks));
    const texts = new Texts({ ...told, sections: sections + kestrel });
    this.#tell(timeNs, process, told.action, texts);
  }

  /** Members of `kestrel`. */
  #marks(process: HostProcess, marks: string): string {
    return process.isAnnounced ? marks : `,"unknown_process":true${marks}`;
  }

  #tell(timeNs: bigint, process: HostProcess, action: string, particulars: Particulars): void {
    this.#sequence += 1;
    if (!process.isAnnounced) this.#unknown += 1;
    const [head, fragment] = [this.#heads.of(action), this.#texts.fragment(process)];
    const wallNs = this.#clock.wallNs(timeNs);
    this.#options.emit(new HostEvent(wallNs, head, fragment, this.#sequence, particulars));
  }

  #fileNames(file: FileFacts | null): FileNames {
    if (file === null || (file.uid === null && file.gid === null)) return noNames;
    const { uid, gid } = file;
    return {
      owner: uid === null ? null : this.#accounts.userName(uid),
      group: gid === null ? null : this.#accounts.groupName(gid),
    };
  }

  #hashExecutable({ pid, fileKey, file, executable }: HostProcess): void {
    if (this.#options.hashExecutables !== true || fileKey === null || file === null) return;
    const isReadable = this.#options.admits?.(pid) ?? true;
    const paths = isReadable ? [`/proc/${pid}/exe`] : [];
    this.#contents.request(fileKey, executable === null ? paths : [...paths, executable], file);
  }
}

type PlainActivity = Exclude<
  Activity,
  ExecActivity | ForkActivity | ExitActivity | CredentialsActivity | FileActivity | NetworkActivity
>;

const credentialActions: Readonly<Record<CredentialsActivity["change"], string>> = {
  uid: "uid_change",
  gid: "gid_change",
  capabilities: "capability_change",
};

/**
 * Whether /proc can add nothing for the actor: what it now runs is told, or it is ending and /proc has
 * no more than its name.
 */
function isSelfContained(activity: Activity): boolean {
  if (activity.kind === "exec") return activity.executable !== null || activity.args !== null;
  return activity.kind === "exit";
}

const noNames: FileNames = { owner: null, group: null };

/** Activities of a kind share their lists of racy fields, so the last text nearly always serves. */
let lastRacy: { readonly fields: readonly string[]; readonly text: string } | null = null;

function racyMember(fields: readonly string[] | undefined): string {
  if (fields === undefined || fields.length === 0) return "";
  if (lastRacy?.fields !== fields) lastRacy = { fields, text: listMember("racy", fields) };
  return lastRacy.text;
}

/** As a shell tells it: 128 and the signal where one ended the process; null where it is not known. */
function exitCodeOf(waitStatus: number | null): number | null {
  if (waitStatus === null) return null;
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}
