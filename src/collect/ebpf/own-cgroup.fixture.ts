/** A control group that a test makes for its own processes, and programs run in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unifiedMount } from "../linux/control-groups.ts";
import { offerEbpf } from "./ebpf-source.ts";

/** Why the sensor can't be tested here, or false. */
export function whyNoSensor(): string | false {
  const missing = offerEbpf().capabilities.find(({ available }) => !available);
  if (missing !== undefined) return `${missing.name}: ${missing.why}`;
  try {
    new OwnCgroup().close();
    return false;
  } catch (error) {
    return `no control group can be made: ${String(error)}`;
  }
}

let made = 0;

export class OwnCgroup {
  /** As the kernel names it. */
  readonly id: bigint;
  readonly #folder: string;
  /** A group below it, where the programs run. */
  readonly #below: string;

  constructor() {
    const mount = unifiedMount();
    if (mount === null) throw new Error("cgroup2 is not mounted");
    made += 1;
    this.#folder = join(mount, `kestrel-ebpf-${process.pid}-${made}`);
    this.#below = join(this.#folder, "below");
    mkdirSync(this.#below, { recursive: true });
    this.id = statSync(this.#folder, { bigint: true }).ino;
  }

  /** Starts a program in the group below this one; its standard output is the child's. */
  start(command: readonly string[], cwd: string = "/"): ChildProcess {
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const stdio = ["ignore", "pipe", "inherit"] as const;
    return spawn("/bin/sh", ["-c", script, this.#below, ...command], { cwd, stdio: [...stdio] });
  }

  /** Runs it and gives what it wrote. */
  async run(command: readonly string[], cwd?: string): Promise<string> {
    const child = this.start(command, cwd);
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    return text;
  }

  /** Removes it; what still runs in it is ended first. */
  close(): void {
    for (const folder of [this.#below, this.#folder]) {
      try {
        writeFileSync(join(folder, "cgroup.kill"), "1");
      } catch {
        // Kernels before 5.14 have no such file.
      }
      for (let tries = 0; ; tries += 1) {
        try {
          rmdirSync(folder);
          break;
        } catch (error) {
          if (tries === 100) throw error;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        }
      }
    }
  }
}
