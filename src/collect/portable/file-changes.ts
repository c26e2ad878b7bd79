/** What fanotify events mean: which files changed, and how. */
import { existsSync } from "node:fs";
import type { FileActivity } from "../host/activity.ts";
import type { DirectoryPaths } from "./directory-paths.ts";
import { type FanotifyEvent, fanotifyMask } from "./fanotify-message.ts";

/** A change of one file. */
export interface FileChangeAt {
  readonly change: FileActivity["change"];
  readonly path: string;
  /** Of a rename: the path before, null where it was outside of what is watched. */
  readonly otherPath: string | null;
  /** `execve` of a file opened to be run. */
  readonly call: string | null;
}

const mask = fanotifyMask;
/** Files whose first write was told, remembered until they are closed. */
const writtenLimit = 4096;

export class FileChanges {
  readonly #directories: DirectoryPaths;
  /** Who wrote what, of files that are not closed yet. */
  readonly #written = new Set<string>();
  /** The first half of a rename; kernels before 5.17 tell it in two events. */
  #movedFrom: { readonly pid: number; readonly path: string } | null = null;

  constructor(directories: DirectoryPaths) {
    this.#directories = directories;
  }

  /**
   * The changes in the order in which they must have happened; null where the directory is not
   * known any more. The kernel puts events of one file together, so one may say several things.
   */
  describe(event: FanotifyEvent): FileChangeAt[] | null {
    if ((event.mask & mask.rename) !== 0n) return this.#rename(event);
    const path = event.entry === null ? null : this.#directories.resolve(event.entry);
    if (path === null) return null;
    const has = (bit: bigint): boolean => (event.mask & bit) !== 0n;
    const changes: FileChangeAt[] = [];
    const add = (change: FileChangeAt["change"], call: string | null = null): void => {
      changes.push({ change, path, otherPath: null, call });
    };
    const isMadeAnew = has(mask.create) && has(mask.delete) && existsSync(path);
    if (isMadeAnew) add("deletion");
    if (has(mask.create)) add("creation");
    if (has(mask.create) && has(mask.onDirectory) && event.target !== null) {
      this.#directories.learn(event.target, path);
    }
    if (has(mask.attributes)) add("attributes");
    if (has(mask.modify) && this.#isFirstWrite(event.pid, path)) add("modification");
    if (has(mask.closeWrite)) this.#written.delete(writeKey(event.pid, path));
    if (has(mask.openExec)) add("open", "execve");
    if (has(mask.movedFrom)) this.#movedFrom = { pid: event.pid, path };
    if (has(mask.movedTo)) changes.push(this.#endMove(event, path));
    if (has(mask.delete) && !isMadeAnew) add("deletion");
    return changes;
  }

  #rename(event: FanotifyEvent): FileChangeAt[] | null {
    const from = event.oldEntry === null ? null : this.#directories.resolve(event.oldEntry);
    const to = event.entry === null ? null : this.#directories.resolve(event.entry);
    if ((event.mask & mask.onDirectory) !== 0n) this.#directories.clear();
    if (to !== null) return [{ change: "rename", path: to, otherPath: from, call: null }];
    // Moved to where nobody looks: for who watches it is gone.
    return from === null ? null : [{ change: "deletion", path: from, otherPath: null, call: null }];
  }

  #endMove(event: FanotifyEvent, path: string): FileChangeAt {
    const start = this.#movedFrom;
    this.#movedFrom = null;
    if ((event.mask & mask.onDirectory) !== 0n) this.#directories.clear();
    const otherPath = start !== null && start.pid === event.pid ? start.path : null;
    return { change: "rename", path, otherPath, call: null };
  }

  #isFirstWrite(pid: number, path: string): boolean {
    const key = writeKey(pid, path);
    if (this.#written.has(key)) return false;
    if (this.#written.size >= writtenLimit) this.#written.clear();
    this.#written.add(key);
    return true;
  }
}

function writeKey(pid: number, path: string): string {
  return `${pid} ${path}`;
}
