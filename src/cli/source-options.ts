/** What the commands that read live sources have in common. */
import { realpathSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { CommandFailure } from "../agent/failure.ts";
import { parseSourceSpec, type SourceSpec } from "../agent/source-spec.ts";
import { systemReason } from "../base/system-reason.ts";
import type { ScopeRequest } from "../collect/scope.ts";
import type { Arguments } from "./arguments.ts";

/** The sources that `--source` names; empty where it was not given. Throws a CommandFailure. */
export function sourceSpecsOf(args: Arguments): readonly SourceSpec[] {
  return args.texts("source").map((text) => {
    const spec = parseSourceSpec(text);
    if (typeof spec === "string") throw new CommandFailure(spec);
    return spec;
  });
}

/** What the flags limit live sources to. Throws a CommandFailure. */
export function scopeRequestOf(args: Arguments): ScopeRequest {
  return {
    cgroupId: cgroupIdOf(args.text("cgroup")),
    uid: args.number("uid") ?? null,
    folders: args.texts("path-prefix").map(folderOf),
  };
}

/** The folder as events name it: without links, and without a slash at its end. */
function folderOf(path: string): string {
  if (!isAbsolute(path)) throw new CommandFailure(`--path-prefix ${path}: not an absolute path`);
  try {
    return realpathSync(path).replace(/\/+$/, "");
  } catch (error) {
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
}

/** The id of the control group at `path`, which is the inode of its folder; null without a path. Throws a CommandFailure. */
function cgroupIdOf(path: string | undefined): bigint | null {
  if (path === undefined) return null;
  try {
    const found = statSync(path, { bigint: true });
    if (found.isDirectory()) return found.ino;
  } catch (error) {
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
  throw new CommandFailure(`${path} is no folder of a control group`);
}
