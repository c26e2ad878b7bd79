/** Where directories are that the kernel names by handles; bounded. */
import { constants, readlinkSync } from "node:fs";
import { closeDescriptor, openByHandle } from "../linux/libc.ts";
import type { FanotifyEntry, FanotifyHandle } from "./fanotify-message.ts";

/**
 * Remembers the paths of directories, because a handle leads nowhere (ESTALE) once its directory is
 * gone, and events of what was in it come after that.
 */
export class DirectoryPaths {
  readonly #mountOf: (key: string) => number | null;
  readonly #limit: number;
  readonly #paths = new Map<string, string>();

  /** `mountOf` gives a descriptor on the filesystem of the handle with that key; it belongs to the caller. */
  constructor(mountOf: (key: string) => number | null, limit: number) {
    this.#mountOf = mountOf;
    this.#limit = limit;
  }

  get size(): number {
    return this.#paths.size;
  }

  /** The path of an entry; null where its directory can't be found any more. */
  resolve(entry: FanotifyEntry): string | null {
    const directory = this.#resolveDirectory(entry.directory);
    if (directory === null || entry.name === ".") return directory;
    return directory === "/" ? `/${entry.name}` : `${directory}/${entry.name}`;
  }

  /** A directory was made at `path`, and may be gone when something in it is told. */
  learn(directory: FanotifyHandle, path: string): void {
    this.#remember(directory.key, path);
  }

  /** A directory was moved: all paths may be others now. */
  clear(): void {
    this.#paths.clear();
  }

  #resolveDirectory({ key, handle }: FanotifyHandle): string | null {
    const known = this.#paths.get(key);
    if (known !== undefined) {
      // Those used last are forgotten last.
      this.#paths.delete(key);
      this.#paths.set(key, known);
      return known;
    }
    // O_PATH of include/uapi/asm-generic/fcntl.h; no right to read is needed.
    const mountFd = this.#mountOf(key);
    if (mountFd === null) return null;
    const fd = openByHandle(mountFd, handle, 0x200000 | constants.O_DIRECTORY);
    if (fd < 0) return null;
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      if (path.endsWith(" (deleted)")) return path.slice(0, -" (deleted)".length);
      this.#remember(key, path);
      return path;
    } catch {
      return null;
    } finally {
      closeDescriptor(fd);
    }
  }

  #remember(key: string, path: string): void {
    if (this.#paths.size >= this.#limit) {
      const [oldest] = this.#paths.keys();
      if (oldest !== undefined) this.#paths.delete(oldest);
    }
    this.#paths.set(key, path);
  }
}
