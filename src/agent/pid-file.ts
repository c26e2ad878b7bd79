/** The PID file of an agent: a lock that a crash does not leave behind. */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { systemReason } from "../base/system-reason.ts";
import { CommandFailure } from "./failure.ts";

/** A PID file that is held. */
export interface PidFile {
  /** Removes the file, if it is still ours; safe to call twice. */
  release(): void;
}

/** A file that goes on being there after this many attempts is somebody's. */
const attempts = 5;

/**
 * Takes the PID file: made new, or from an agent that is no more. The first line is the process id, the second
 * says which process of that id is meant (start time and boot id, where the system tells them). Throws a
 * CommandFailure where another agent holds it or it can't be written.
 */
export function takePidFile(path: string): PidFile {
  const content = `${process.pid}\n${identityOf(process.pid) ?? ""}\n`;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (create(path, content)) return holding(path, content);
    const found = read(path);
    if (found !== null && isAlive(found)) {
      throw new CommandFailure(`${path}: held by process ${found.split("\n")[0]}, which runs`);
    }
    if (found !== null) removeStale(path, found);
  }
  throw new CommandFailure(`${path}: another process takes it again and again`);
}

function create(path: string, content: string): boolean {
  try {
    const handle = openSync(path, "wx", 0o644);
    writeSync(handle, content);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
  }
}

/** Null where it is gone. */
function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
}

/** Moves the file away before it is removed: so of several who find it stale none removes another's new one. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== stale) linkSync(aside, path);
    unlinkSync(aside);
  } catch {
    // Somebody else was faster: the next attempt sees what is there now.
  }
}

function holding(path: string, content: string): PidFile {
  let held = true;
  return {
    release: () => {
      if (!held) return;
      held = false;
      try {
        if (readFileSync(path, "utf8") === content) unlinkSync(path);
      } catch {
        // Gone already.
      }
    },
  };
}

/** Whether the process that wrote `content` runs. */
function isAlive(content: string): boolean {
  const [line = "", identity = ""] = content.split("\n");
  const pid = Number(line);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const now = identityOf(pid);
  if (now !== null && identity !== "") return now === identity;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Tells apart processes that have the same id one after the other; null where the process or that fact is not there. */
function identityOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name before it is in parentheses and may hold anything. Field 3 is the state, 22 the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return "ended";
    return `${fields[19]} ${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}`;
  } catch {
    return null;
  }
}
