/** What a sensor without kernel support remembers of processes, so that events of one agree. Bounded. */
import type { Actor, Credentials } from "../host/activity.ts";
import { listPids, readCredentials, readStat } from "../linux/process-files.ts";
import { coversProcess, type Scope } from "../scope.ts";

/** A process that is in scope. */
export interface KnownProcess {
  readonly pid: number;
  /** Null where it was gone before it could be looked at, and its start was not seen. */
  startNs: bigint | null;
  comm: string;
  /** Null where it was gone before they could be read. */
  credentials: Credentials | null;
}

/** Said of a process that is not in scope: nothing else of it is kept. */
const foreign = "foreign";

export class KnownProcesses {
  readonly #scope: Scope;
  readonly #limit: number;
  readonly #processes = new Map<number, KnownProcess | typeof foreign>();

  /** Remembers at most `limit` processes; the oldest are forgotten, and looked at again when met. */
  constructor(scope: Scope, limit: number) {
    this.#scope = scope;
    this.#limit = limit;
  }

  get size(): number {
    return this.#processes.size;
  }

  /** Looks at what runs now, so that later changes have something to be compared with. */
  seed(): void {
    for (const pid of listPids()) this.find(pid);
  }

  /** The process, or null where it is not in scope. Of one not met before the scope is found out. */
  find(pid: number): KnownProcess | null {
    const known = this.#processes.get(pid);
    if (known !== undefined) return known === foreign ? null : known;
    if (!coversProcess(this.#scope, pid)) {
      this.#remember(pid, foreign);
      return null;
    }
    return this.#add(pid, null, null);
  }

  /** `find` at an exec, which is when a process that moved between control groups shows itself. */
  findAtExec(pid: number): KnownProcess | null {
    if (this.#processes.get(pid) === foreign && coversProcess(this.#scope, pid)) {
      this.#processes.delete(pid);
    }
    return this.find(pid);
  }

  /** A child is in scope if its parent is; null where it is not. `bornNs` is about when it began. */
  addChild(parent: KnownProcess | null, pid: number, bornNs: bigint): KnownProcess | null {
    this.#processes.delete(pid);
    if (parent === null) {
      this.#remember(pid, foreign);
      return null;
    }
    return this.#add(pid, parent, bornNs);
  }

  forget(pid: number): void {
    this.#processes.delete(pid);
  }

  #add(pid: number, parent: KnownProcess | null, bornNs: bigint | null): KnownProcess {
    const stat = readStat(pid);
    const process: KnownProcess = {
      pid,
      startNs: stat?.startNs ?? (bornNs === null ? null : bornNs - (bornNs % tickNs)),
      comm: stat?.comm ?? parent?.comm ?? "",
      credentials: parent === null ? readCredentials(pid) : parent.credentials,
    };
    this.#remember(pid, process);
    return process;
  }

  #remember(pid: number, process: KnownProcess | typeof foreign): void {
    if (this.#processes.size >= this.#limit) {
      const [oldest] = this.#processes.keys();
      if (oldest !== undefined) this.#processes.delete(oldest);
    }
    this.#processes.set(pid, process);
  }
}

/** The step of start times in /proc. */
const tickNs = 10_000_000n;

/** What /proc says of a process now. */
export function lookAtProcess(pid: number): KnownProcess {
  const stat = readStat(pid);
  return {
    pid,
    startNs: stat?.startNs ?? null,
    comm: stat?.comm ?? "",
    credentials: readCredentials(pid),
  };
}

/** A process that was gone before it could be looked at. */
export function unknownProcess(pid: number): KnownProcess {
  return { pid, startNs: null, comm: "", credentials: null };
}

export function actorOf(process: KnownProcess): Actor {
  const { pid, startNs, comm, credentials } = process;
  return { pid, startNs, comm, credentials, cgroupId: null };
}
