/** The unified hierarchy of control groups. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where the unified hierarchy is mounted; null where it is not. */
export function unifiedMount(): string | null {
  try {
    // Fields of a line: device, place, type.
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    const found = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2");
    return found?.[1] ?? null;
  } catch {
    return null;
  }
}

/**
 * The path of the control group of that id (the inode of its folder) as /proc/PID/cgroup has it,
 * empty for the root; null where there is none.
 */
export function groupPathOf(id: bigint): string | null {
  const mount = unifiedMount();
  return mount === null ? null : findBelow(mount, "", id);
}

function findBelow(mount: string, path: string, id: bigint): string | null {
  const folder = join(mount, path);
  try {
    if (statSync(folder, { bigint: true }).ino === id) return path;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const found = entry.isDirectory() ? findBelow(mount, `${path}/${entry.name}`, id) : null;
      if (found !== null) return found;
    }
  } catch {
    // The group went away while it was looked at.
  }
  return null;
}
