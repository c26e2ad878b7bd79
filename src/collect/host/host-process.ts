/** What is known of one process while it lives, and some time longer. */
import type { Credentials, FileFacts, Terminal } from "./activity.ts";
import type { Container } from "./container.ts";
import type { ProcessFragment } from "./host-event.ts";

/** The way by which the session of a process came in. */
export interface Entry {
  readonly leader: HostProcess;
  /** init, sshd, ssm, kthread, container, terminal or console. */
  readonly type: string;
  /** Where it came from, canonical; null where unknown. */
  readonly sourceIp: string | null;
}

/** How many ancestors an event names. */
export const ancestryLimit = 20;

/** Counts changes of processes, so that a text made of several shows whether it is still right. */
let lastChange = 0;

export class HostProcess {
  readonly pid: number;
  /** Ticks since boot; null where nobody told. */
  startTicks: number | null;
  /** Whether `startTicks` comes from the kernel and not from the time of the fork. */
  isStartExact: boolean;
  /** Empty where the start is unknown. */
  entityId: string;
  /** Whether the sensor or /proc ever told of it; otherwise only its events are known. */
  isAnnounced: boolean = false;
  comm: string = "";
  executable: string | null = null;
  file: FileFacts | null = null;
  /** Key of the executable among the hashes; null where it has none. */
  fileKey: string | null = null;
  args: readonly string[] | null = null;
  title: string | null = null;
  environment: readonly string[] | null = null;
  workingDirectory: string | null = null;
  /** Undefined where it is not known whether there is one. */
  terminal: Terminal | null | undefined = undefined;
  credentials: Credentials | null = null;
  supplementaryGroups: readonly string[] | null = null;
  pidNamespace: number | null = null;
  mountNamespace: number | null = null;
  /** Undefined where unknown. */
  container: Container | null | undefined = undefined;
  cgroupId: bigint | null = null;
  /** Who made it, also after that one's end. */
  parent: HostProcess | null = null;
  /** What is known of a parent that is not in the directory. */
  parentPid: number | null = null;
  groupLeader: HostProcess | null = null;
  groupLeaderPid: number | null = null;
  sessionLeader: HostProcess | null = null;
  sessionLeaderPid: number | null = null;
  entry: Entry | null = null;
  /** Entity ids, nearest first, at most `ancestryLimit`. */
  ancestry: readonly string[] = [];
  /** Address of the last connection that it accepted; only of sshd. */
  acceptedFrom: string | null = null;
  /** ns since boot; null while it lives. */
  endNs: bigint | null = null;
  /** A process that had this pid before and is still remembered. */
  older: HostProcess | null = null;
  /** Size of its texts, as the directory counts it. */
  chars: number = 0;
  /** Whether it was looked for since the last round of evictions. */
  isUsed: boolean = false;
  /** Number of its last change, in the order of all changes. */
  change: number = 0;
  /** Texts made of it (process-text.ts): the whole with the newest change that it shows. */
  textEpoch: number = 0;
  fragment: ProcessFragment | null = null;
  fragmentChange: number = -1;
  parentText: string | null = null;
  leaderText: string | null = null;

  constructor(pid: number, startTicks: number | null, isStartExact: boolean, entityId: string) {
    this.pid = pid;
    this.startTicks = startTicks;
    this.isStartExact = isStartExact;
    this.entityId = entityId;
    this.changed();
  }

  /** Last component of the executable; of kernel threads and where it is unknown, the thread's name. */
  get name(): string | null {
    const { executable } = this;
    if (executable !== null) return executable.slice(executable.lastIndexOf("/") + 1);
    return this.comm === "" ? null : this.comm;
  }

  /** To be called after fields were changed: texts are made anew. */
  changed(): void {
    lastChange += 1;
    this.change = lastChange;
    this.parentText = null;
    this.leaderText = null;
  }

  /** Links it below `parent`. */
  setParent(parent: HostProcess): void {
    this.parent = parent;
    this.parentPid = parent.pid;
    const above = parent.entityId === "" ? [] : [parent.entityId];
    this.ancestry = above.concat(parent.ancestry.slice(0, ancestryLimit - above.length));
  }

  /** Takes over what a child has of its parent at fork(2). */
  inherit(parent: HostProcess): void {
    this.isAnnounced = parent.isAnnounced;
    this.comm = parent.comm;
    this.executable = parent.executable;
    this.file = parent.file;
    this.fileKey = parent.fileKey;
    this.args = parent.args;
    this.title = parent.title;
    this.environment = parent.environment;
    this.workingDirectory = parent.workingDirectory;
    this.terminal = parent.terminal;
    this.credentials = parent.credentials;
    this.supplementaryGroups = parent.supplementaryGroups;
    this.pidNamespace = parent.pidNamespace;
    this.mountNamespace = parent.mountNamespace;
    this.container = parent.container;
    this.cgroupId = parent.cgroupId;
    this.groupLeader = parent.groupLeader;
    this.groupLeaderPid = parent.groupLeaderPid;
    this.sessionLeader = parent.sessionLeader;
    this.sessionLeaderPid = parent.sessionLeaderPid;
    this.acceptedFrom = parent.acceptedFrom;
    this.setParent(parent);
    this.changed();
  }

  /** Lets go of other processes; what was made of it, such as its text as a parent, stays. */
  release(): void {
    this.parent = null;
    this.groupLeader = null;
    this.sessionLeader = null;
    this.older = null;
    this.entry = null;
    this.fragment = null;
  }
}

/** Credentials as the kernel compares them. */
export function areSameCredentials(a: Credentials, b: Credentials): boolean {
  return (
    a === b ||
    (a.uid === b.uid &&
      a.euid === b.euid &&
      a.suid === b.suid &&
      a.gid === b.gid &&
      a.egid === b.egid &&
      a.sgid === b.sgid &&
      a.capEffective === b.capEffective &&
      a.capPermitted === b.capPermitted)
  );
}
