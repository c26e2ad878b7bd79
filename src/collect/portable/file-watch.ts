/**
 * Fanotify as a sensor: what happens to files below a directory, and who did it. Events carry no
 * time; they get that of the moment they are read at. Kestrel's own doings are left out.
 */
import { readlinkSync } from "node:fs";
import { monotonicNs } from "../../base/clock.ts";
import type { Accept, DrainResult, Sensor } from "../drained-source.ts";
import type { FileActivity, FileFacts } from "../host/activity.ts";
import { callError, closeDescriptor, isEmpty, readBytes, suspendedNs } from "../linux/libc.ts";
import { readFileFacts } from "../linux/process-files.ts";
import { coversAllProcesses, coversProcess, type Scope } from "../scope.ts";
import { SourceError } from "../source.ts";
import { DirectoryPaths } from "./directory-paths.ts";
import {
  type FanotifyGroup,
  type FanotifyLevel,
  type FanotifyPaths,
  isAlive,
  openFanotifyGroup,
} from "./fanotify-group.ts";
import { type FanotifyEvent, fanotifyMask, readFanotifyEvents } from "./fanotify-message.ts";
import { FileChanges } from "./file-changes.ts";
import { actorOf, type KnownProcess, lookAtProcess, unknownProcess } from "./known-processes.ts";

/** Of a directory; what lies deeper is seen too where its whole filesystem can be marked. */
export interface FileWatchOptions extends FanotifyPaths {
  readonly scope: Scope;
  /** How many directories' paths are remembered. */
  readonly directories: number;
  /** For trying out what older kernels can tell. */
  readonly levels?: readonly FanotifyLevel[];
}

type FileChange = FileActivity["change"];

const readsPerDrain = 16;

/** How long the machine has slept is asked for again once a second or so. */
const drainsPerClock = 200;

export class FileWatch implements Sensor {
  readonly intervalMs = 5;
  readonly horizonMs = 10;
  readonly group: FanotifyGroup;
  readonly #scope: Scope;
  readonly #changes: FileChanges;
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(0x10000);
  /** Processes of this drain; null is one out of scope. */
  readonly #actors = new Map<number, KnownProcess | null>();
  #lastNs: bigint;
  #suspendedNs: bigint;
  #drains = 0;
  #filtered = 0;
  #rejected = 0;
  #closed = false;

  /** Marks the path. Throws a SourceError where the kernel refuses. */
  constructor(options: FileWatchOptions) {
    this.group = openFanotifyGroup(options, options.levels);
    this.#scope = options.scope;
    const directories = new DirectoryPaths((key) => this.#mountOf(key), options.directories);
    this.#changes = new FileChanges(directories);
    this.#suspendedNs = suspendedNs();
    this.#lastNs = this.#nowNs();
  }

  get filtered(): number {
    return this.#filtered;
  }

  /** Events of files whose directory could not be found any more. */
  get rejected(): number {
    return this.#rejected;
  }

  drain(accept: Accept): DrainResult {
    if (this.#closed) return "ended";
    this.#drains += 1;
    if (this.#drains % drainsPerClock === 0) this.#suspendedNs = suspendedNs();
    // A pid may be another process's the next time.
    this.#actors.clear();
    for (let round = 0; round < readsPerDrain; round++) {
      const size = readBytes(this.group.fd, this.#bytes);
      if (size < 0 && isEmpty(size)) {
        this.#lastNs = this.#nowNs();
        return "empty";
      }
      if (size < 0) {
        const cause = callError("read", size);
        throw new SourceError("fanotify", "fanotify", cause.message, cause);
      }
      const timeNs = this.#nowNs();
      for (const event of readFanotifyEvents(this.#bytes.subarray(0, size))) {
        this.#tell(event, timeNs, accept);
      }
    }
    return "more";
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.group.close();
  }

  #nowNs(): bigint {
    return monotonicNs() + this.#suspendedNs;
  }

  #tell(event: FanotifyEvent, timeNs: bigint, accept: Accept): void {
    if ((event.mask & fanotifyMask.overflow) !== 0n) {
      // The kernel does not say how many: one at least.
      const categories = ["file"];
      accept({ kind: "lost", fromNs: this.#lastNs, toNs: timeNs, count: 1, cpu: null, categories });
    } else {
      const process = this.#findProcess(event);
      if (process === null) this.#filtered += 1;
      else this.#tellFile(event, process, timeNs, accept);
    }
    if (event.pidfd !== null && event.pidfd >= 0) closeDescriptor(event.pidfd);
  }

  #tellFile(event: FanotifyEvent, process: KnownProcess, timeNs: bigint, accept: Accept): void {
    const changes = this.#changes.describe(event);
    if (changes === null) {
      this.#rejected += 1;
      return;
    }
    for (const { change, path, otherPath, call } of changes) {
      if (!this.#isWatched(path) && !(otherPath !== null && this.#isWatched(otherPath))) {
        this.#filtered += 1;
        continue;
      }
      const file = change === "deletion" ? null : readFileFacts(path, "link");
      accept({
        kind: "file",
        timeNs,
        actor: actorOf(process),
        racyFields: readLater,
        change: change === "creation" ? kindOfCreation(file) : change,
        path,
        otherPath: change === "creation" && isSymlink(file) ? readTarget(path) : otherPath,
        file,
        header: null,
        call,
      });
    }
  }

  #isWatched(path: string): boolean {
    return this.group.places.some(
      ({ path: base }) => base === "/" || path === base || path.startsWith(`${base}/`),
    );
  }

  /** Parts of one filesystem can have other ids than the whole, so where there is one, it is that. */
  #mountOf(key: string): number | null {
    const { places } = this.group;
    const place =
      places.length === 1
        ? places[0]
        : places.find(({ fileSystem }) => fileSystem !== null && key.startsWith(fileSystem));
    return place?.mountFd ?? null;
  }

  /** Null where it is out of scope. */
  #findProcess(event: FanotifyEvent): KnownProcess | null {
    if (event.pid === process.pid) return null;
    const known = this.#actors.get(event.pid);
    if (known !== undefined) return known;
    const found = this.#lookAt(event.pid, event.pidfd);
    if (this.#actors.size < actorsPerDrain) this.#actors.set(event.pid, found);
    return found;
  }

  /** Of a process that is gone only the pid is known: what /proc says may be another's by now. */
  #lookAt(pid: number, pidfd: number | null): KnownProcess | null {
    const gone = coversAllProcesses(this.#scope) ? unknownProcess(pid) : null;
    if (pidfd !== null && pidfd < 0) return gone;
    if (!coversProcess(this.#scope, pid)) return null;
    const found = lookAtProcess(pid);
    return pidfd === null || isAlive(pidfd) ? found : gone;
  }
}

function kindOfCreation(file: FileFacts | null): FileChange {
  if (isSymlink(file)) return "symlink";
  const isLink = file !== null && ((file.mode ?? 0) & fileTypeBits) === regularFile;
  return isLink && (file.links ?? 1) > 1 ? "link" : "creation";
}

function isSymlink(file: FileFacts | null): boolean {
  return ((file?.mode ?? 0) & fileTypeBits) === symbolicLink;
}

function readTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** `S_IFMT`, `S_IFREG` and `S_IFLNK` of include/uapi/linux/stat.h. */
const fileTypeBits = 0o170000;
const regularFile = 0o100000;
const symbolicLink = 0o120000;

/** Fields that are read after the event. */
const readLater: readonly string[] = [
  "file.type",
  "file.size",
  "file.inode",
  "file.mode",
  "file.uid",
  "file.gid",
  "file.mtime",
  "file.ctime",
  "file.target_path",
];
/** Processes remembered in one drain. */
const actorsPerDrain = 1024;
