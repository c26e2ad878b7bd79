/** What a source may look at. */
import { groupPathOf } from "./linux/control-groups.ts";
import { readControlGroup, readCredentials } from "./linux/process-files.ts";

/** Which processes, and of their file events which; null and an empty list limit nothing. */
export interface Scope {
  /** A control group of the unified hierarchy with those below it, as in /proc/PID/cgroup, without a slash at its end. */
  readonly group: string | null;
  /** The real user id. */
  readonly uid: number | null;
  /** Absolute paths of folders without a slash at their end; the root is empty. */
  readonly folders: readonly string[];
}

/** The highest user id; the one above stands for none (chown(2)). */
export const maxUid = 0xffff_fffe;

export const wholeHost: Scope = { group: null, uid: null, folders: [] };

/** What the user asked for: `cgroupId` is the inode of a control group's folder. */
export interface ScopeRequest {
  readonly cgroupId: bigint | null;
  readonly uid: number | null;
  readonly folders: readonly string[];
}

/** Whether all processes belong to `scope`. */
export function coversAllProcesses({ group, uid }: Scope): boolean {
  return group === null && uid === null;
}

/** Whether a process of the control group `path` belongs to `scope` as far as groups go; null is one that is not known. */
export function coversGroup({ group }: Scope, path: string | null): boolean {
  if (group === null) return true;
  return path !== null && (path === group || path.startsWith(`${group}/`));
}

/** Whether `pid` belongs to `scope`. Of a process that does not, nothing is read but what tells that. */
export function coversProcess(scope: Scope, pid: number): boolean {
  if (scope.group !== null && !coversGroup(scope, readControlGroup(pid))) return false;
  return scope.uid === null || readCredentials(pid)?.uid === scope.uid;
}

/** Whether the file at `path`, as events name it, is one of the folders or below one. */
export function coversFile({ folders }: Scope, path: string): boolean {
  if (folders.length === 0) return true;
  return folders.some(
    (folder) =>
      path.startsWith(folder) && (path.length === folder.length || path[folder.length] === "/"),
  );
}

/** The scope that is asked for; null where there is no such control group. */
export function scopeOf({ cgroupId, uid, folders }: ScopeRequest): Scope | null {
  const group = cgroupId === null ? null : groupPathOf(cgroupId);
  return cgroupId !== null && group === null ? null : { group, uid, folders };
}
