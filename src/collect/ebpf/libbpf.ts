/**
 * Calls into libbpf, and the only file that makes them. Needs libbpf.so.1 (1.0 or later; Debian's
 * package libbpf1).
 *
 * Layouts of options mirror libbpf.h of version 1.0; later versions only append to them.
 */
import { close, closeSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import { SourceError } from "../source.ts";

/** A handle of libbpf's. */
export type Program = bigint;

/** A program that is attached. */
export interface Link {
  /** Detaches, now or within seconds: the kernel takes its time. */
  readonly detach: () => void;
  /** Takes it back that it was detached; false where it is too late. */
  readonly resume: () => boolean;
}

interface Library {
  readonly poll: {
    readonly async: (requests: Uint8Array, count: number, ms: number, done: () => void) => void;
  };
  readonly setPrint: (print: null) => bigint | null;
  readonly openMemory: (bytes: Uint8Array, size: number, options: Uint8Array) => bigint | null;
  readonly load: (object: bigint) => number;
  readonly closeObject: (object: bigint) => void;
  readonly findProgram: (object: bigint, name: string) => bigint | null;
  readonly setAutoload: (program: bigint, on: boolean) => number;
  readonly attach: (program: bigint) => bigint | null;
  readonly programFdOf: (program: bigint) => number;
  readonly createLink: (fd: number, target: number, type: number, options: Uint8Array) => number;
  readonly destroyLink: (link: bigint) => number;
  readonly findMap: (object: bigint, name: string) => bigint | null;
  readonly mapFd: (map: bigint) => number;
  readonly setMaxEntries: (map: bigint, entries: number) => number;
  readonly update: (fd: number, key: Uint8Array, value: Uint8Array, flags: bigint) => number;
  readonly lookUp: (fd: number, key: Uint8Array, value: Uint8Array) => number;
  readonly cpus: () => number;
  readonly nextProgramId: (id: number, next: Uint32Array) => number;
  readonly programFd: (id: number) => number;
  readonly infoByFd: (fd: number, info: Uint8Array, size: Uint32Array) => number;
  readonly enableStats: (kind: number) => number;
  readonly syscall: (...args: unknown[]) => bigint | number;
  readonly mmap: (
    at: null,
    size: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => bigint;
  readonly munmap: (at: bigint, size: number) => number;
  readonly mount: (from: string, at: string, type: string, flags: number, data: null) => number;
  readonly umount: (at: string, flags: number) => number;
}

let loaded: Library | null = null;

/** Throws a SourceError where there is no libbpf. */
export function loadLibbpf(): void {
  loaded ??= load();
}

function library(): Library {
  loaded ??= load();
  return loaded;
}

function load(): Library {
  let bpf: ReturnType<typeof koffi.load>;
  try {
    bpf = koffi.load("libbpf.so.1");
  } catch (error) {
    throw new SourceError("ebpf", "libbpf", "libbpf.so.1 is missing", error);
  }
  const libc = koffi.load(null);
  const calls: Library = {
    setPrint: bpf.func("void *libbpf_set_print(void *)"),
    openMemory: bpf.func("void *bpf_object__open_mem(const void *, unsigned long, const void *)"),
    load: bpf.func("int bpf_object__load(void *)"),
    closeObject: bpf.func("void bpf_object__close(void *)"),
    findProgram: bpf.func("void *bpf_object__find_program_by_name(void *, const char *)"),
    setAutoload: bpf.func("int bpf_program__set_autoload(void *, bool)"),
    attach: bpf.func("void *bpf_program__attach(void *)"),
    programFdOf: bpf.func("int bpf_program__fd(void *)"),
    createLink: bpf.func("int bpf_link_create(int, int, int, const void *)"),
    destroyLink: bpf.func("int bpf_link__destroy(void *)"),
    findMap: bpf.func("void *bpf_object__find_map_by_name(void *, const char *)"),
    mapFd: bpf.func("int bpf_map__fd(void *)"),
    setMaxEntries: bpf.func("int bpf_map__set_max_entries(void *, uint32_t)"),
    update: bpf.func("int bpf_map_update_elem(int, const void *, const void *, uint64_t)"),
    lookUp: bpf.func("int bpf_map_lookup_elem(int, const void *, void *)"),
    cpus: bpf.func("int libbpf_num_possible_cpus()"),
    nextProgramId: bpf.func("int bpf_prog_get_next_id(uint32_t, void *)"),
    programFd: bpf.func("int bpf_prog_get_fd_by_id(uint32_t)"),
    infoByFd: bpf.func("int bpf_obj_get_info_by_fd(int, void *, void *)"),
    enableStats: bpf.func("int bpf_enable_stats(int)"),
    syscall: libc.func("long syscall(long, ...)"),
    mmap: libc.func("uintptr_t mmap(void *, size_t, int, int, int, long)"),
    munmap: libc.func("int munmap(uintptr_t, size_t)"),
    mount: libc.func("int mount(const char *, const char *, const char *, unsigned long, void *)"),
    umount: libc.func("int umount2(const char *, int)"),
    poll: libc.func("int poll(void *, unsigned long, int)"),
  };
  // What went wrong is in our own errors; libbpf would write to stderr.
  calls.setPrint(null);
  return calls;
}

/** Processors that the kernel may bring up; per-processor maps have a value for each. */
export function possibleCpus(): number {
  return library().cpus();
}

/** What the verifier says of the largest program takes less; where it does not fit, loading fails by that. */
const logBytes = 0x1000000;
/** Loading is broken off where a signal comes, for example a profiler's. */
const loadAttempts = 10;

/** A BPF object in the kernel: its programs and maps. Whoever opens it closes it. */
export class BpfObject {
  readonly #object: bigint;
  #isClosed: boolean = false;

  /**
   * Loads an object. `without` names programs that are left out; `entries` sets the sizes of maps.
   * Throws a SourceError with what the verifier said.
   */
  static load(
    bytes: Uint8Array,
    without: readonly string[],
    entries: ReadonlyMap<string, number>,
  ): BpfObject {
    const calls = library();
    const log = new Uint8Array(logBytes);
    for (let attempt = 1; ; attempt += 1) {
      const object = new BpfObject(bytes, log);
      try {
        for (const name of without) calls.setAutoload(object.program(name), false);
        for (const [name, count] of entries) calls.setMaxEntries(object.#map(name), count);
        const result = calls.load(object.#object);
        if (result === 0) return object;
        if (result !== -constants.errno.EAGAIN || attempt === loadAttempts) {
          throw refused(result, log);
        }
        object.close();
      } catch (error) {
        object.close();
        throw error;
      }
    }
  }

  private constructor(bytes: Uint8Array, log: Uint8Array) {
    const object = library().openMemory(bytes, bytes.length, openOptions(log));
    if (object === null)
      throw new SourceError("ebpf", "bpf-object", "the BPF object can't be read");
    this.#object = object;
  }

  program(name: string): Program {
    const program = library().findProgram(this.#object, name);
    if (program === null) throw new SourceError("ebpf", "bpf-object", `no program ${name}`);
    return program;
  }

  /** The descriptor of a map; it lives as long as the object. */
  mapFd(name: string): number {
    return library().mapFd(this.#map(name));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    library().closeObject(this.#object);
  }

  #map(name: string): bigint {
    const map = library().findMap(this.#object, name);
    if (map === null) throw new SourceError("ebpf", "bpf-object", `no map ${name}`);
    return map;
  }
}

function refused(result: number, log: Uint8Array): SourceError {
  const end = log.indexOf(0);
  const said = Buffer.from(log.subarray(0, end === -1 ? log.length : end)).toString("utf8");
  const reason = `the kernel refused the programs: ${getSystemErrorName(result)}`;
  const tail = said.trimEnd().split("\n").slice(-12).join("\n");
  return new SourceError("ebpf", "bpf-programs", tail === "" ? reason : `${reason}\n${tail}`);
}

/** struct bpf_object_open_opts: where the verifier's log goes. */
function openOptions(log: Uint8Array): Uint8Array {
  const options = new BigUint64Array(10);
  options[0] = BigInt(options.byteLength); // sz
  // object_name, relaxed_maps, pin_root_path, a removed one, kconfig, btf_custom_path: none
  options[7] = koffi.address(log); // kernel_log_buf
  options[8] = BigInt(log.length); // kernel_log_size
  options[9] = 0n; // kernel_log_level: said only where it fails
  return new Uint8Array(options.buffer);
}

/** Attaches a program to what its section names. Throws a SourceError. */
export function attachProgram(program: Program, name: string): Link {
  const link = library().attach(program);
  if (link === null) throw attachError(name, koffi.errno());
  return {
    detach: () => {
      library().destroyLink(link);
    },
    resume: () => false,
  };
}

function attachError(hook: string, errno: number): SourceError {
  const why = errno === 0 ? "" : `: ${getSystemErrorName(-errno)}`;
  return new SourceError("ebpf", "bpf-tracepoints", `can't attach to ${hook}${why}`);
}

/** perf_event_open(2) on x86-64 and arm64, from the kernel's system call tables. */
const perfEventOpenNumber = process.arch === "arm64" ? 241 : 298;
/** include/uapi/linux/perf_event.h */
const perfTypeTracepoint = 2;
const perfSampleRaw = 0x400n;
const perfFlagCloseOnExec = 8;
const perfAttributeBytes = 112;
/** Of the attribute's flags. */
const perfDisabled = 1n;
/** BPF_PERF_EVENT of include/uapi/linux/bpf.h */
const linkToPerfEvent = 41;

/** Attaches a program to the tracepoint `id` with a cookie. Throws a SourceError. */
export function attachTracepoint(program: Program, id: number, cookie: bigint, name: string): Link {
  const attribute = new Uint8Array(perfAttributeBytes);
  const view = new DataView(attribute.buffer);
  view.setUint32(0, perfTypeTracepoint, true);
  view.setUint32(4, perfAttributeBytes, true);
  view.setBigUint64(8, BigInt(id), true);
  view.setBigUint64(16, 1n, true); // sample_period
  view.setBigUint64(24, perfSampleRaw, true);
  // The program runs all the same, and nothing else shall come of the event.
  view.setBigUint64(40, perfDisabled, true);
  const calls = library();
  const fd = Number(
    calls.syscall(
      perfEventOpenNumber,
      "void *",
      attribute,
      "int",
      -1,
      "int",
      0,
      "int",
      -1,
      "unsigned long",
      perfFlagCloseOnExec,
    ),
  );
  if (fd < 0) throw attachError(name, koffi.errno());
  const link = createLink(program, fd, cookie);
  if (link < 0) {
    closeSync(fd);
    throw attachError(name, -link);
  }
  // The link holds it.
  closeSync(fd);
  return { detach: () => retire(link), resume: () => retired.delete(link) };
}

/**
 * Links a program to a perf event; a negative number of an error. While a link of the same program to the same
 * tracepoint is being closed, the kernel refuses another (bpf_prog_array_copy of kernel/bpf/core.c): it is waited for.
 */
function createLink(program: Program, fd: number, cookie: bigint): number {
  const calls = library();
  for (let pauses = 0; ; pauses += 1) {
    const programFd = calls.programFdOf(program);
    const link = calls.createLink(programFd, fd, linkToPerfEvent, linkOptions(cookie));
    if (link !== linkExists || closers === 0 || pauses === pausesAtMost) return link;
    Atomics.wait(pause, 0, 0, pauseMs);
  }
}

/** -EEXIST */
const linkExists = -17;
const pauseMs = 1;
/** Far beyond the grace periods of a kernel that is busy. */
const pausesAtMost = 5000;
const pause: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4));

/** struct bpf_link_create_opts, up to the cookie. */
function linkOptions(cookie: bigint): Uint8Array {
  // sz; flags; iter_info; iter_info_len and target_btf_id; perf_event.bpf_cookie
  const options = new BigUint64Array([40n, 0n, 0n, 0n, cookie]);
  return new Uint8Array(options.buffer);
}

/** Descriptors of links that are to be closed. */
const retired: Set<number> = new Set();
/** Closed at once: each takes up a thread that reads of files want as well. */
const closersAtMost = 2;
let closers = 0;

/**
 * Closes a link beside all else: the kernel waits for grace periods each time, some 50 ms, and for most of that closes
 * one after the other whoever asks.
 */
function retire(link: number): void {
  retired.add(link);
  if (closers === closersAtMost) return;
  closers += 1;
  closeNext();
}

function closeNext(): void {
  const [link] = retired;
  if (link === undefined) closers -= 1;
  else {
    retired.delete(link);
    close(link, closeNext);
  }
}

export function updateMap(fd: number, key: number, value: Uint8Array): void {
  const result = library().update(fd, Uint8Array.of(key, 0, 0, 0), value, 0n);
  if (result < 0) {
    throw new SourceError("ebpf", "bpf-maps", `can't set a map: ${getSystemErrorName(result)}`);
  }
}

/** Reads the value of `key` into `value`; false where there is none. */
export function readMap(fd: number, key: number, value: Uint8Array): boolean {
  return library().lookUp(fd, Uint8Array.of(key, 0, 0, 0), value) === 0;
}

/** Memory shared with the kernel. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  readonly unmap: () => void;
}

const protectionRead = 1;
const protectionWrite = 2;
const mapShared = 1;

/** `struct pollfd` of include/uapi/asm-generic/poll.h: a descriptor and two words of events; POLLIN. */
const pollBytes = 8;
const pollIn = 1;

/**
 * Resolves when there is something to read from the descriptor, after `ms`, rounded up, at the latest; at once where it can't
 * be waited for. It waits in a thread of the pool, so nothing else has to.
 */
export function waitReadable(fd: number, ms: number): Promise<void> {
  const request = Buffer.alloc(pollBytes);
  request.writeInt32LE(fd, 0);
  request.writeInt16LE(pollIn, 4);
  return new Promise((resolve) => {
    library().poll.async(request, 1, Math.max(1, Math.ceil(ms)), () => resolve());
  });
}

/** Maps `size` bytes of a descriptor from `offset`. Throws a SourceError. */
export function mapMemory(fd: number, size: number, offset: number, isWritable: boolean): Mapping {
  const protection = protectionRead | (isWritable ? protectionWrite : 0);
  const at = BigInt(library().mmap(null, size, protection, mapShared, fd, offset));
  // MAP_FAILED is -1.
  if (BigInt.asIntN(64, at) === -1n) {
    const name = getSystemErrorName(-koffi.errno());
    throw new SourceError("ebpf", "bpf-ring-buffer", `can't map the ring buffer: ${name}`);
  }
  return {
    buffer: koffi.view(at, size),
    unmap: () => {
      library().munmap(at, size);
    },
  };
}

/** MS_NOSUID, MS_NODEV and MS_NOEXEC of include/uapi/linux/mount.h; MNT_DETACH. */
const mountFlags = 0xe;
const unmountDetach = 2;

/**
 * Calls `read` with a folder where the kernel's tracing files are, which need not be mounted: then
 * they are, for that moment, in a folder of our own. Throws a SourceError.
 */
export function withTracingFiles<T>(read: (folder: string) => T): T {
  for (const folder of ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]) {
    if (hasEvents(folder)) return read(folder);
  }
  const folder = mkdtempSync(`${tmpdir()}/kestrel-tracing-`);
  const calls = library();
  try {
    if (calls.mount("tracefs", folder, "tracefs", mountFlags, null) !== 0) {
      const name = getSystemErrorName(-koffi.errno());
      throw new SourceError("ebpf", "tracefs", `can't mount tracefs: ${name}`);
    }
    try {
      return read(folder);
    } finally {
      calls.umount(folder, unmountDetach);
    }
  } finally {
    rmdirSync(folder);
  }
}

function hasEvents(folder: string): boolean {
  try {
    readFileSync(`${folder}/events/syscalls/sys_exit_openat/id`);
    return true;
  } catch {
    return false;
  }
}

/** Ids of the loaded programs whose names (15 bytes) are among these, whoever loaded them. */
export function loadedPrograms(names: ReadonlySet<string>): readonly number[] {
  const ids: number[] = [];
  const next = new Uint32Array(1);
  for (let id = 0; library().nextProgramId(id, next) === 0; ) {
    id = next[0]!;
    const program = readProgram(id);
    if (program !== null && names.has(program.name)) ids.push(id);
  }
  return ids;
}

/** Lets the kernel take the time of all programs of this machine till it is closed; null where it does not. */
export function takeRunTimes(): { readonly close: () => void } | null {
  // BPF_STATS_RUN_TIME
  const fd = library().enableStats(0);
  return fd < 0 ? null : { close: () => closeSync(fd) };
}

/** A program as the kernel has it; the run time is taken while `takeRunTimes` lets it. */
export interface LoadedProgram {
  readonly name: string;
  readonly runs: number;
  readonly runNs: number;
}

/** struct bpf_prog_info of include/uapi/linux/bpf.h: its size up to `run_cnt`, and places in it, bytes. */
const programInfo = { size: 208, name: 64, nameBytes: 16, runNs: 192, runs: 200 } as const;

/** Null for a program that is gone by now. */
export function readProgram(id: number): LoadedProgram | null {
  const fd = library().programFd(id);
  if (fd < 0) return null;
  try {
    const info = Buffer.alloc(programInfo.size);
    if (library().infoByFd(fd, info, Uint32Array.of(programInfo.size)) !== 0) return null;
    const name = info.subarray(programInfo.name, programInfo.name + programInfo.nameBytes);
    return {
      name: name.toString("latin1", 0, name.indexOf(0)),
      runs: Number(info.readBigUInt64LE(programInfo.runs)),
      runNs: Number(info.readBigUInt64LE(programInfo.runNs)),
    };
  } finally {
    closeSync(fd);
  }
}
