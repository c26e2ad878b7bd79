/** The eBPF sensor: the kernel side loaded, attached as the rules want it, and emptied by a timer. */
import { readFileSync } from "node:fs";
import { categoriesOfActions } from "../../schema/event-table.ts";
import { type Interest, wantedActions } from "../../schema/interest.ts";
import type { Accept, DrainResult, Sensor } from "../drained-source.ts";
import type { LostActivity } from "../host/activity.ts";
import { bootNs } from "../linux/libc.ts";
import { SourceError } from "../source.ts";
import {
  actionsByHook,
  callHooks,
  cookieOf,
  credentialsEnter,
  hookName,
  plainHooks,
} from "./hook-table.ts";
import {
  attachProgram,
  attachTracepoint,
  BpfObject,
  type Link,
  possibleCpus,
  readMap,
  updateMap,
  waitReadable,
  withTracingFiles,
} from "./libbpf.ts";
import {
  counterIndices,
  environmentBit,
  folderBytes,
  folderLayout,
  folderNameBytes,
  maxFolders,
  settingsBytes,
  settingsLayout,
} from "./record-layout.ts";
import { RecordReader } from "./record-reader.ts";
import { RingBuffer } from "./ring-buffer.ts";

export interface EbpfOptions {
  /** Only processes of this control group and those below it; null for all. */
  readonly cgroupId: bigint | null;
  /** Only processes of this user; null for all. */
  readonly uid: number | null;
  /** Only files of these folders or below, which are absolute paths without a slash at the end; empty for all. */
  readonly folders: readonly string[];
  /** What the rules can use; null for everything. */
  readonly interest: Interest | null;
  /** Names of environment variables that may be read. */
  readonly environment: ReadonlySet<string>;
  /** Bytes of the ring buffer, a power of two. */
  readonly ringBytes: number;
}

/** What was kept back or lost in the kernel, and why; all only grow. */
export interface KernelCounters {
  readonly sent: number;
  readonly lost: number;
  readonly outOfScope: number;
  readonly notWanted: number;
  readonly truncated: number;
}

/** The compiled kernel side; `npm run bpf` makes it. */
export const objectPath: string = new URL("../../../../bpf/kestrel.bpf.o", import.meta.url)
  .pathname;

/** Bytes that one drain hands over, so that the engine comes to its turn. */
const drainBytes = 0x80000;
/** With the horizon, what an alert waits for at least; the ring has room for far more than comes in it. */
const intervalMs = 10;
/** Drains in a row, after which lost records are looked for whatever the ring holds. */
const unaskedDrains = 10;
/** More than any record takes: while the ring has that much room, none is lost for want of it. */
const recordRoomBytes = 0x10000;
/** The programs run on all processors at once, and a record is dated before it has its place. */
const horizonMs = 3;

export class EbpfSensor implements Sensor {
  readonly intervalMs: number = intervalMs;
  readonly horizonMs: number = horizonMs;
  readonly rejected = 0;
  /** Hooks that this kernel does not have, by name, with what it said. */
  readonly missing: ReadonlyMap<string, string>;
  readonly #object: BpfObject;
  readonly #ring: RingBuffer;
  readonly #reader: RecordReader;
  readonly #options: EbpfOptions;
  readonly #countersFd: number;
  readonly #cpus: number = possibleCpus();
  readonly #values: BigUint64Array<ArrayBuffer>;
  /** By hook. */
  readonly #links: Map<string, Link[]> = new Map();
  /** What was detached lately, by hook: the kernel may still be at it. */
  readonly #detached: Map<string, Link[]> = new Map();
  readonly #missing: Map<string, string> = new Map();
  /** Hooks that were ever attached: one that is detached may tell something for seconds yet. */
  readonly #exposed: Set<string> = new Set();
  /** Records lost by processor, as they were told. */
  readonly #lost: Float64Array;
  /** When it was drained last, and when lost records were looked for; how many drains did not. */
  #drainedNs: bigint;
  #askedNs: bigint;
  #unasked: number = 0;
  #final: KernelCounters | null = null;
  #isClosed: boolean = false;

  /** Loads and attaches. Throws a SourceError. */
  constructor(options: EbpfOptions) {
    this.#options = options;
    this.missing = this.#missing;
    this.#values = new BigUint64Array(this.#cpus);
    this.#lost = new Float64Array(this.#cpus);
    const entries = new Map([
      ["events", options.ringBytes],
      ["scratches", 2 * this.#cpus],
    ]);
    const without = missingTargets();
    for (const name of without) this.#missing.set(name, "this kernel does not have its tracepoint");
    this.#object = BpfObject.load(readFileSync(objectPath), without, entries);
    this.#countersFd = this.#object.mapFd("counters");
    try {
      this.#ring = new RingBuffer(this.#object.mapFd("events"), options.ringBytes);
      this.#reader = new RecordReader(this.#ring.bytes, this.#ring.view, options.environment);
      this.#drainedNs = bootNs();
      this.#askedNs = this.#drainedNs;
      this.#writeFolders();
      this.setInterest(options.interest);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The scope is looked at in the kernel: see `filteredInKernel`. */
  readonly filtered = 0;

  /** Kept back in the kernel: out of scope, or no event would come of it. */
  get filteredInKernel(): number {
    const { outOfScope, notWanted } = this.counters;
    return outOfScope + notWanted;
  }

  /** Of a sensor that is closed, those of its end. */
  get counters(): KernelCounters {
    if (this.#final !== null) return this.#final;
    const { sent, lost, outOfScope, notWanted, truncated } = counterIndices;
    return {
      sent: this.#sum(sent),
      lost: this.#sum(lost),
      outOfScope: this.#sum(outOfScope),
      notWanted: this.#sum(notWanted),
      truncated: this.#sum(truncated),
    };
  }

  /** Names of the hooks that are attached now. */
  get attached(): ReadonlySet<string> {
    return new Set(this.#links.keys());
  }

  /** Attaches what the rules want and detaches all else; what stays goes on without a break. */
  setInterest(interest: Interest | null): void {
    const wanted = interest === null ? null : wantedActions(interest, "linux");
    this.#writeSettings(wanted);
    for (const [name, actions] of plainHooks) {
      if (this.#missing.has(name)) continue;
      this.#set(name, isWanted(wanted, actions), () => [
        attachProgram(this.#object.program(name), name),
      ]);
    }
    withTracingFiles((folder) => {
      for (const [code, hook] of callHooks.entries()) {
        const { call, program, actions, places, meaning } = hook;
        const cookie = cookieOf(code, places);
        this.#set(hookName(hook), isWanted(wanted, actions), () => {
          const enter =
            meaning.kind === "credentials"
              ? [this.#attachCall(folder, `sys_enter_${call}`, credentialsEnter, cookie)]
              : [];
          return [...enter, this.#attachCall(folder, `sys_exit_${call}`, program, cookie)];
        });
      }
    });
    for (const hook of this.#links.keys()) this.#exposed.add(hook);
    if (!this.#links.has("process_exec")) {
      const why = this.#missing.get("process_exec") ?? "not attached";
      throw new SourceError("ebpf", "bpf-tracepoints", `process_exec: ${why}`);
    }
  }

  isQuiet(): boolean {
    return !this.#isClosed && this.#ring.pendingBytes === 0;
  }

  sleep(ms: number): Promise<void> {
    return waitReadable(this.#object.mapFd("events"), ms);
  }

  drain(accept: Accept): DrainResult {
    if (this.#isClosed) return "ended";
    const { pendingBytes } = this.#ring;
    // Between two drains the ring only fills, so what it holds now is the most that it held. During one it may fill as well.
    const { ringBytes } = this.#options;
    const wasFull = ringBytes - pendingBytes < Math.max(recordRoomBytes, ringBytes / 2);
    const isAsking = wasFull || this.#unasked >= unaskedDrains;
    this.#unasked = isAsking ? 0 : this.#unasked + 1;
    if (pendingBytes === 0 && !isAsking) return "empty";
    const nowNs = bootNs();
    const drained = this.#ring.drain((offset) => {
      const activity = this.#reader.read(offset);
      if (activity !== null) accept(activity);
    }, drainBytes);
    if (isAsking) {
      this.#tellLost(wasFull ? this.#drainedNs : this.#askedNs, accept);
      this.#askedNs = nowNs;
    }
    this.#drainedNs = nowNs;
    // What came meanwhile can wait for the next time.
    return drained >= drainBytes ? "more" : "empty";
  }

  close(): void {
    if (this.#isClosed) return;
    this.#final = this.counters;
    this.#isClosed = true;
    // Programs may run on for seconds; they tell nothing more.
    this.#writeSettings(null);
    for (const links of this.#links.values()) for (const link of links) link.detach();
    this.#links.clear();
    this.#ring?.close();
    this.#object.close();
  }

  #set(name: string, isOn: boolean, attach: () => Link[]): void {
    const links = this.#links.get(name);
    if (!isOn && links !== undefined) {
      for (const link of links) link.detach();
      this.#links.delete(name);
      this.#detached.set(name, links);
    }
    if (!isOn || links !== undefined) return;
    try {
      this.#links.set(name, this.#resume(name) ?? attach());
      this.#missing.delete(name);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#missing.set(name, error.message);
    }
  }

  /** The links of a hook that were detached, if the kernel has not begun; else everything would be told twice. */
  #resume(name: string): Link[] | null {
    const links = this.#detached.get(name) ?? [];
    this.#detached.delete(name);
    const resumed = links.filter((link) => link.resume());
    if (resumed.length > 0 && resumed.length === links.length) return links;
    for (const link of resumed) link.detach();
    return null;
  }

  #attachCall(folder: string, tracepoint: string, program: string, cookie: bigint): Link {
    const path = `${folder}/events/syscalls/${tracepoint}/id`;
    let id: number;
    try {
      id = Number.parseInt(readFileSync(path, "utf8"), 10);
    } catch (error) {
      throw new SourceError("ebpf", "bpf-tracepoints", `this kernel has no ${tracepoint}`, error);
    }
    return attachTracepoint(this.#object.program(program), id, cookie, tracepoint);
  }

  #writeFolders(): void {
    const fd = this.#object.mapFd("folders");
    const { folders } = this.#options;
    if (folders.length > maxFolders) {
      throw new SourceError("ebpf", "bpf-maps", `more than ${maxFolders} folders to watch`);
    }
    for (const [index, path] of folders.entries()) {
      const names = Buffer.from(namesOf(path));
      if (names.length > folderNameBytes) {
        const why = `${path}: more than ${folderNameBytes - 1} bytes`;
        throw new SourceError("ebpf", "bpf-maps", why);
      }
      const folder = new Uint8Array(folderBytes);
      new DataView(folder.buffer).setUint32(folderLayout.bytes, names.length, true);
      folder.set(names, folderLayout.names);
      updateMap(fd, index, folder);
    }
  }

  #writeSettings(wanted: ReadonlySet<string> | null): void {
    const { cgroupId, uid, environment } = this.#options;
    const view = new DataView(new ArrayBuffer(settingsBytes));
    view.setBigUint64(settingsLayout.scope_cgroup, cgroupId ?? 0n, true);
    view.setBigInt64(settingsLayout.scope_uid, BigInt(uid ?? -1), true);
    view.setUint32(settingsLayout.own_pid, process.pid, true);
    view.setUint32(settingsLayout.is_closed, this.#isClosed ? 1 : 0, true);
    view.setUint32(settingsLayout.folders, this.#options.folders.length, true);
    view.setUint32(settingsLayout.wants_environment, environment.size > 0 ? 1 : 0, true);
    view.setUint32(settingsLayout.wants_headers, 1, true);
    view.setUint32(settingsLayout.wants_opens, isWanted(wanted, ["open"]) ? 1 : 0, true);
    markNames(new Uint8Array(view.buffer, settingsLayout.environment_names), environment);
    updateMap(this.#object.mapFd("settings"), 0, new Uint8Array(view.buffer));
  }

  /** A gap, from `fromNs` on, for each processor that lost records since it was asked last. */
  #tellLost(fromNs: bigint, accept: Accept): void {
    if (!this.#read(counterIndices.lost)) return;
    let categories: readonly string[] | null = null;
    for (let cpu = 0; cpu < this.#cpus; cpu += 1) {
      const lost = Number(this.#values[cpu]!);
      const count = lost - this.#lost[cpu]!;
      if (count === 0) continue;
      this.#lost[cpu] = lost;
      // It was counted after the drain had begun.
      const toNs = bootNs();
      // The kernel does not say what it was: of a kind that a hook told of.
      categories ??= categoriesOfActions(
        [...this.#exposed].flatMap((name) => actionsByHook.get(name) ?? []),
      );
      const gap: LostActivity = { kind: "lost", fromNs, toNs, count, cpu, categories };
      accept(gap);
    }
  }

  #sum(counter: number): number {
    if (!this.#read(counter)) return 0;
    return Number(this.#values.reduce((sum, value) => sum + value, 0n));
  }

  #read(counter: number): boolean {
    return readMap(this.#countersFd, counter, new Uint8Array(this.#values.buffer));
  }
}

let missingHere: readonly string[] | null = null;

/** Programs whose tracepoint this kernel does not have; loading them would fail. */
export function missingTargets(): readonly string[] {
  // The kernel's types are some megabytes, and stay what they are.
  missingHere ??= findMissing();
  return missingHere;
}

function findMissing(): string[] {
  const names: readonly (readonly [string, string])[] = [
    ["module_loaded", "btf_trace_module_load"],
    ["uring_submitted", "btf_trace_io_uring_submit_req"],
  ];
  const types = readFileSync("/sys/kernel/btf/vmlinux");
  return names.filter(([, type]) => !types.includes(`\0${type}\0`)).map(([program]) => program);
}

/** The names of a path as records have them: leaf first, each with a NUL. */
function namesOf(path: string): string {
  const names = path.split("/").filter((name) => name !== "");
  return names
    .reverse()
    .map((name) => `${name}\0`)
    .join("");
}

/** Sets the bits by which the kernel side knows variables that may be wanted. */
function markNames(bits: Uint8Array, names: ReadonlySet<string>): void {
  for (const name of names) {
    const start = Buffer.from(`${name}=`);
    // Of a name so short, the value is in the hash as well: all variables are told.
    if (start.length < 4) bits.fill(0xff);
    else {
      const bit = environmentBit(start.readUInt32LE(0));
      bits[bit >> 3]! |= 1 << (bit & 7);
    }
  }
}

function isWanted(wanted: ReadonlySet<string> | null, actions: readonly string[]): boolean {
  return wanted === null || actions.some((action) => wanted.has(action));
}
