/** Which processes a source may look at. */
import { groupPathOf } from "./linux/control-groups.ts";
import { readControlGroup } from "./linux/process-files.ts";

/**
 * All of the host, or one control group of the unified hierarchy with those below it. `path` is as in
 * /proc/PID/cgroup, without a slash at its end.
 */
export type Scope = { readonly kind: "host" } | { readonly kind: "cgroup"; readonly path: string };

/** Whether a process of the control group `path` belongs to `scope`; null is a group that is not known. */
export function coversGroup(scope: Scope, path: string | null): boolean {
  if (scope.kind === "host") return true;
  return path !== null && (path === scope.path || path.startsWith(`${scope.path}/`));
}

/** Whether `pid` belongs to `scope`. Of a process that does not, nothing but its control group is read. */
export function coversProcess(scope: Scope, pid: number): boolean {
  return scope.kind === "host" || coversGroup(scope, readControlGroup(pid));
}

/** The scope that a control group's id (the inode of its folder) stands for; null where there is no such group. */
export function scopeOf(cgroupId: bigint | null): Scope | null {
  if (cgroupId === null) return { kind: "host" };
  const path = groupPathOf(cgroupId);
  return path === null ? null : { kind: "cgroup", path };
}
