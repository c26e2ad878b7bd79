/** Which file systems hold files of this machine, out of /proc/self/mountinfo (proc(5)). */
import { readFileSync } from "node:fs";

/** Kinds that keep files, on a disk or in memory; not those that show what a kernel or another machine has. */
const keeping: ReadonlySet<string> = new Set([
  ...["bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3", "overlay"],
  ...["ramfs", "reiserfs", "tmpfs", "ubifs", "vfat", "xfs", "zfs"],
]);

/**
 * A place for each file system that can be written to: where its own root is mounted first. `/` comes first,
 * whatever it is. `table` is the text of a mountinfo.
 */
export function mountedFiles(
  table: string = readFileSync("/proc/self/mountinfo", "utf8"),
): readonly ["/", ...string[]] {
  const places = new Map<string, string>();
  for (const line of table.split("\n")) {
    const mount = readMount(line);
    if (mount === null || mount.path === "/" || places.has(mount.device)) continue;
    if (mount.root === "/" && keeping.has(mount.kind) && mount.isWritable && !isShown(mount.path)) {
      places.set(mount.device, mount.path);
    }
  }
  for (const line of table.split("\n")) {
    const mount = readMount(line);
    if (mount?.path === "/") places.delete(mount.device);
  }
  return ["/", ...places.values()];
}

/** Whether it lies where a kernel shows itself: what is mounted there in memory holds the places of other mounts. */
function isShown(path: string): boolean {
  return path.startsWith("/sys/") || path.startsWith("/proc/");
}

interface Mount {
  readonly device: string;
  /** The directory of the file system that is seen at `path`. */
  readonly root: string;
  readonly path: string;
  readonly kind: string;
  readonly isWritable: boolean;
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; null for none. */
function readMount(line: string): Mount | null {
  const [place, kept] = line.split(" - ");
  const [, , device, root, path, options] = place?.split(" ") ?? [];
  const [kind, , ownOptions] = kept?.split(" ") ?? [];
  if (device === undefined || root === undefined || path === undefined) return null;
  if (options === undefined || kind === undefined || ownOptions === undefined) return null;
  const isWritable = [options, ownOptions].every((list) => list.split(",").includes("rw"));
  return { device, root: unescaped(root), path: unescaped(path), kind, isWritable };
}

/** Blanks and backslashes stand there as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
