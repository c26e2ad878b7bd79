/** A control group that a test makes for itself, so that it sees only processes of its own. */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { unifiedMount } from "./control-groups.ts";

export interface OwnGroup {
  /** As in /proc/PID/cgroup. */
  readonly path: string;
  /** As the kernel names it: the inode of its folder. */
  readonly id: bigint;
  /** Runs a program in a group below this one, to its end; what it wrote. */
  runBelow(command: readonly string[], cwd?: string): string;
  /** Runs a shell script in the group, to its end. */
  run(script: string): SpawnSyncReturns<string>;
  /** Runs it beside the test. */
  start(script: string): ChildProcess;
  /** Ends what still runs in it, and removes it. */
  remove(): Promise<void>;
}

/** Null where the system lets no control group be made. */
export function makeOwnGroup(): OwnGroup | null {
  const mount = unifiedMount();
  if (mount === null) return null;
  let folder: string;
  try {
    folder = mkdtempSync(join(mount, "kestrel-test-"));
  } catch {
    return null;
  }
  const enter = ["-c", `echo $$ > ${folder}/cgroup.procs; exec sh -c "$1"`, "sh"];
  return {
    path: `/${basename(folder)}`,
    id: statSync(folder, { bigint: true }).ino,
    runBelow: (command, cwd = "/") => runBelow(join(folder, "below"), command, cwd),
    run: (script) => spawnSync("sh", [...enter, script], { encoding: "utf8", timeout: 60_000 }),
    start: (script) => spawn("sh", [...enter, script], { stdio: "ignore", timeout: 60_000 }),
    remove: () => removeGroup(folder),
  };
}

/** The program takes the place of the shell that joins the group, so its parent is the test. */
function runBelow(group: string, command: readonly string[], cwd: string): string {
  mkdirSync(group, { recursive: true });
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  return spawnSync("/bin/sh", ["-c", script, group, ...command], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    timeout: 60_000,
  }).stdout;
}

/** The reason for skipping a test that needs a group, or false. */
export const whyNoGroup: string | false = canMakeGroup()
  ? false
  : "no control group of its own can be made here";

function canMakeGroup(): boolean {
  const mount = unifiedMount();
  if (mount === null || process.getuid?.() !== 0) return false;
  try {
    const folder = mkdtempSync(join(mount, "kestrel-probe-"));
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function removeGroup(folder: string): Promise<void> {
  try {
    writeFileSync(join(folder, "cgroup.kill"), "1");
  } catch {
    // Kernels before 5.14 have no such file; the tests' programs end by themselves.
  }
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      if (existsSync(join(folder, "below"))) rmdirSync(join(folder, "below"));
      rmdirSync(folder);
      return;
    } catch {
      await delay(20);
    }
  }
}
