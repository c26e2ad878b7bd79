/**
 * The last resort: looks at /proc again and again. A process that begins and ends between two looks
 * is never seen, and how a process ended is not known. Nothing but the control group is read of a
 * process outside the scope.
 */
import { monotonicMs } from "../../base/clock.ts";
import type { Accept, DrainResult, Sensor } from "../drained-source.ts";
import type { Activity } from "../host/activity.ts";
import { bootNs } from "../linux/libc.ts";
import { listPids, readImage, readStat } from "../linux/process-files.ts";
import { coversProcess, type Scope } from "../scope.ts";
import { actorOf, type KnownProcess, lookAtProcess } from "./known-processes.ts";
import { readExec } from "./read-exec.ts";

export interface ProcessPollOptions {
  readonly scope: Scope;
  /** Names of environment variables that may be read. */
  readonly environmentNames: ReadonlySet<string>;
  /** Between two looks, ms; a look costs some 50 us a process. */
  readonly intervalMs: number;
}

interface Seen {
  readonly process: KnownProcess;
  /** Path of its program; null where it has none, as threads of the kernel. */
  image: string | null;
  /** Whether the program it runs was not told yet: the look found it before its arguments were in place. */
  isUntold: boolean;
}

export class ProcessPoll implements Sensor {
  readonly intervalMs: number;
  /** A start is told with its own time, which may be as old as the look before. */
  readonly horizonMs: number;
  readonly rejected = 0;
  readonly #options: ProcessPollOptions;
  #seen: Map<number, Seen>;
  #foreign: ReadonlySet<number> = new Set();
  #filtered = 0;
  #closed = false;
  #nextLookMs = 0;

  /** Takes a first look; what runs then is not told as started. */
  constructor(options: ProcessPollOptions) {
    this.intervalMs = options.intervalMs;
    this.horizonMs = options.intervalMs + 100;
    this.#options = options;
    this.#seen = this.#look(new Map());
    this.#filtered = 0;
  }

  /** Processes that began outside the scope, as far as the looks show. */
  get filtered(): number {
    return this.#filtered;
  }

  /** Looks only once in `intervalMs`, however often it is called. */
  drain(accept: Accept): DrainResult {
    if (this.#closed) return "ended";
    if (monotonicMs() < this.#nextLookMs) return "empty";
    this.#nextLookMs = monotonicMs() + this.intervalMs;
    const nowNs = bootNs();
    const before = this.#seen;
    this.#seen = this.#look(before);
    for (const [pid, seen] of before) {
      const { process } = seen;
      const isOver = this.#seen.get(pid)?.process !== process;
      if (seen.isUntold) this.#tell(seen, process.startNs ?? nowNs, accept);
      if (isOver) accept(ended(process, nowNs));
    }
    const begun = [...this.#seen.values()].filter(
      (seen) => before.get(seen.process.pid)?.process !== seen.process,
    );
    begun.sort((a, b) => order(a.process, b.process));
    for (const seen of begun) this.#tell(seen, seen.process.startNs ?? nowNs, accept);
    for (const seen of this.#seen.values()) this.#checkImage(seen, nowNs, accept);
    return "empty";
  }

  close(): void {
    this.#closed = true;
  }

  /** What runs now; of a process that ran before, the same object. */
  #look(before: ReadonlyMap<number, Seen>): Map<number, Seen> {
    const now = new Map<number, Seen>();
    const foreign = new Set<number>();
    for (const pid of listPids()) {
      if (!coversProcess(this.#options.scope, pid)) {
        foreign.add(pid);
        continue;
      }
      const stat = readStat(pid);
      if (stat === null || stat.state === "Z" || stat.state === "X") continue;
      const known = before.get(pid);
      if (known !== undefined && known.process.startNs === stat.startNs) {
        known.process.comm = stat.comm;
        now.set(pid, known);
      } else {
        const image = readImage(pid)?.path ?? null;
        now.set(pid, { process: lookAtProcess(pid), image, isUntold: false });
      }
    }
    for (const pid of foreign) if (!this.#foreign.has(pid)) this.#filtered += 1;
    this.#foreign = foreign;
    return now;
  }

  /** Tells what a process runs; where a program has no arguments yet, the next look does. */
  #tell(seen: Seen, timeNs: bigint, accept: Accept): void {
    const { process } = seen;
    const activity = readExec(process, this.#options.environmentNames, timeNs);
    seen.isUntold = activity.args === null && !seen.isUntold && readImage(process.pid) !== null;
    if (!seen.isUntold) accept(activity);
  }

  /** A process may run another program under the same pid. */
  #checkImage(seen: Seen, nowNs: bigint, accept: Accept): void {
    const image = readImage(seen.process.pid)?.path ?? seen.image;
    if (image === seen.image) return;
    seen.image = image;
    this.#tell(seen, nowNs, accept);
  }
}

function ended(process: KnownProcess, timeNs: bigint): Activity {
  return { kind: "exit", timeNs, actor: actorOf(process), waitStatus: null };
}

function order(a: KnownProcess, b: KnownProcess): number {
  const difference = (a.startNs ?? 0n) - (b.startNs ?? 0n);
  return difference === 0n ? a.pid - b.pid : difference < 0n ? -1 : 1;
}
