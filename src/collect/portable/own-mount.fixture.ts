/** A filesystem in memory that a test mounts for itself, so that it watches only files of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OwnMount {
  readonly path: string;
  remove(): void;
}

/** Throws where the system lets nothing be mounted. */
export function makeOwnMount(): OwnMount {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "kestrel-mount-")));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", path]);
  if (mounted.status !== 0) {
    rmdirSync(path);
    throw new Error(`mount: ${mounted.stderr}`);
  }
  return { path, remove: () => unmount(path) };
}

function unmount(path: string): void {
  // Lazily: a process of the test may still be on its way out.
  spawnSync("umount", ["-l", path]);
  rmdirSync(path);
}

/** The reason for skipping a test that needs a mount, or false. */
export const whyNoMount: string | false = canMount() ? false : "no filesystem can be mounted here";

function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    makeOwnMount().remove();
    return true;
  } catch {
    return false;
  }
}
