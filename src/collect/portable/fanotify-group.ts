/** A fanotify group with its mark: opening it, falling back step by step where a kernel knows less. */
import { closeSync, constants, openSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import {
  callError,
  closeDescriptor,
  errorName,
  fileSystemId,
  initFanotify,
  markFanotify,
} from "../linux/libc.ts";
import { type Capability, SourceError } from "../source.ts";
import { fanotifyMask } from "./fanotify-message.ts";

/** What a kernel's fanotify can tell, the most first. */
export interface FanotifyLevel {
  readonly name: string;
  /** Flags of fanotify_init(2). */
  readonly flags: number;
  /** Whether a rename is told with both names at once. */
  readonly hasRename: boolean;
}

const closeOnExec = 0x1;
const nonBlocking = 0x2;
const reportPidfd = 0x80;
const reportFid = 0x200;
const reportDirectory = 0x400;
const reportName = 0x800;
const reportTarget = 0x1000;
const names: number = closeOnExec | nonBlocking | reportDirectory | reportName;

/** From Linux 5.17, 5.17 without pidfds, 5.15 and 5.9. */
export const fanotifyLevels: readonly FanotifyLevel[] = [
  level("names, targets and pidfds", names | reportFid | reportTarget | reportPidfd, true),
  level("names and targets", names | reportFid | reportTarget, true),
  level("names and pidfds", names | reportPidfd, false),
  level("names", names, false),
];

function level(name: string, flags: number, hasRename: boolean): FanotifyLevel {
  return { name, flags, hasRename };
}

/** A mark on all of a filesystem, or on one directory and what lies in it, but not deeper. */
export type FanotifyMarkKind = "filesystem" | "directory";

export interface FanotifyPlace {
  /** The path without symbolic links. */
  readonly path: string;
  /** A descriptor on its filesystem, for opening handles. */
  readonly mountFd: number;
  readonly mark: FanotifyMarkKind;
  /** Of its filesystem, as events have it (8 bytes as latin1). */
  readonly fileSystem: string | null;
}

export interface FanotifyGroup {
  readonly fd: number;
  readonly level: FanotifyLevel;
  readonly places: readonly FanotifyPlace[];
  close(): void;
}

const markAdd = 0x1;
const markFilesystem = 0x100;

/** What a group is to watch. */
export interface FanotifyPaths {
  readonly path: string;
  /** Watched as well, as far as that goes. */
  readonly others?: readonly string[];
  /** Told of each of the others that can't be watched. */
  readonly onRefused?: (path: string, why: string) => void;
}

/**
 * Opens a group and marks the filesystem of each path, or, where that is refused, the directory alone.
 * Throws a SourceError where nothing works for `path`. `levels` are tried in turn.
 */
export function openFanotifyGroup(
  { path, others = [], onRefused }: FanotifyPaths,
  levels: readonly FanotifyLevel[] = fanotifyLevels,
): FanotifyGroup {
  const { fd, level } = openGroup(levels);
  const places: FanotifyPlace[] = [];
  const close = (): void => {
    closeDescriptor(fd);
    for (const { mountFd } of places) closeSync(mountFd);
  };
  try {
    places.push(openPlace(fd, level, path));
  } catch (error) {
    close();
    throw error;
  }
  for (const other of others) {
    try {
      places.push(openPlace(fd, level, other));
    } catch (error) {
      onRefused?.(other, (error as SourceError).message);
    }
  }
  return { fd, level, places, close };
}

/** Throws a SourceError. */
function openPlace(fd: number, level: FanotifyLevel, given: string): FanotifyPlace {
  const path = resolvePlace(given);
  let mountFd = -1;
  try {
    mountFd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    return { path, mountFd, mark: addMark(fd, level, path), fileSystem: fileSystemId(path) };
  } catch (error) {
    if (mountFd >= 0) closeSync(mountFd);
    if (error instanceof SourceError) throw error;
    throw new SourceError("fanotify", "fanotify-path", (error as Error).message, error);
  }
}

function resolvePlace(path: string): string {
  try {
    const place = realpathSync(path);
    return statSync(place).isDirectory() ? place : dirname(place);
  } catch (error) {
    throw new SourceError(
      "fanotify",
      "fanotify-path",
      `${path}: ${(error as Error).message}`,
      error,
    );
  }
}

function openGroup(levels: readonly FanotifyLevel[]): {
  readonly fd: number;
  readonly level: FanotifyLevel;
} {
  let result = 0;
  for (const level of levels) {
    result = initFanotify(level.flags, constants.O_RDONLY);
    if (result >= 0) return { fd: result, level };
    // Only flags that a kernel does not know are worth another try.
    if (errorName(result) !== "EINVAL") break;
  }
  const cause = callError("fanotify_init", result);
  throw new SourceError("fanotify", "fanotify", cause.message, cause);
}

function addMark(fd: number, level: FanotifyLevel, path: string): FanotifyMarkKind {
  const { modify, attributes, closeWrite, create, openExec, onDirectory } = fanotifyMask;
  const moves = level.hasRename
    ? fanotifyMask.rename
    : fanotifyMask.movedFrom | fanotifyMask.movedTo;
  const mask =
    modify |
    attributes |
    closeWrite |
    create |
    fanotifyMask.delete |
    openExec |
    onDirectory |
    moves;
  if (markFanotify(fd, markAdd | markFilesystem, mask, path) === 0) return "filesystem";
  const result = markFanotify(fd, markAdd, mask | fanotifyMask.eventOnChild, path);
  if (result === 0) return "directory";
  const cause = callError("fanotify_mark", result);
  throw new SourceError("fanotify", "fanotify-mark", cause.message, cause);
}

/** Which level the kernel has; nothing is marked. */
export function probeFanotify(): Capability {
  const name = "fanotify";
  try {
    const { fd, level } = openGroup(fanotifyLevels);
    closeDescriptor(fd);
    return { name, available: true, why: `the kernel tells ${level.name}`, mend: null };
  } catch (error) {
    const mend = "run as root (CAP_SYS_ADMIN) on Linux 5.9 or newer with CONFIG_FANOTIFY";
    return { name, available: false, why: (error as Error).message, mend };
  }
}

/** Whether the process of an event's pidfd still has its pid, so that /proc/PID is its own. */
export function isAlive(pidfd: number): boolean {
  try {
    return !/^Pid:\t-1$/m.test(readFileSync(`/proc/self/fdinfo/${pidfd}`, "utf8"));
  } catch {
    return false;
  }
}
