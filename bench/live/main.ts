/**
 * `npm run bench:live`: what watching a live host costs. Loads run in a control group of their own,
 * which `kestrel run --source ebpf` watches; nothing else is looked at. Needs root, eBPF and a C
 * compiler; says so where one is missing.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { monotonicMs } from "../../src/base/clock.ts";
import { offerEbpf } from "../../src/collect/ebpf/ebpf-source.ts";
import { unifiedMount } from "../../src/collect/linux/control-groups.ts";
import { median } from "../median.ts";
import type { Metric } from "../metrics.ts";
import { takeRunTimesOf } from "./run-times.ts";

const root = new URL("../../../", import.meta.url).pathname;
const cli = join(root, "dist/src/cli/main.js");
/** Seconds that a load goes on. */
const loadSeconds = 5;
/** Of the paced load. */
const pacedSeconds = 60;
/** Rates that are tried, from the highest; 0 is as fast as one process can. */
const rates = [0, 200_000, 100_000, 60_000, 40_000, 30_000, 20_000, 10_000, 5_000];
const idleSeconds = 10;
/** Of the paced load, what is not looked at for the steady state: at this rate code is compiled as slowly as it gets hot. */
const settleSeconds = 40;
const rounds = 8;
/** Processes that a load starts, and system calls that it makes. */
const spawnCount = 400;
/** Those that an agent has seen before what it costs is measured: some seconds of a busy host. */
const earlierSpawns = 4000;
const callCount = 300_000;

/** Members of the summary of `kestrel run` that are used here. */
interface Summary {
  readonly events: number;
  readonly evaluated: number;
  readonly dropped: number;
  readonly filtered_in_kernel: number;
  readonly cpu_seconds: number;
  readonly seconds: number;
  readonly rss_mb: number;
  readonly alerts: number;
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
}

const options = new Command("bench:live")
  .description("Measures what watching a live host by eBPF costs.")
  .option(
    "--rules <path>",
    "rules beside the one of the benchmark; repeats",
    (path, all: string[]) => [...all, path],
    [join(root, "rules")],
  )
  .option("--json", "one JSON object instead of a table")
  .parse()
  .opts<{ rules: string[]; json?: boolean }>();

async function main(): Promise<number> {
  const missing = whatIsMissing();
  if (missing !== null) {
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ available: false, why: missing })}\n`
        : `not available here: ${missing}\n`,
    );
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "kestrel-bench-"));
  const group = join(unifiedMount()!, `kestrel-bench-${process.pid}`);
  mkdirSync(group);
  const bench = new LiveBench(folder, group);
  // Whoever ends the benchmark shall not find its agent left behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      // What waits for them fails now.
      process.on("unhandledRejection", () => undefined);
      bench.end();
      await removeGroup(group);
      rmSync(folder, { recursive: true });
      process.exit(1);
    });
  }
  try {
    const metrics = await bench.measure();
    const text = Object.entries(metrics).map(
      ([name, { value, unit }]) =>
        `${name.padEnd(28)} ${typeof value === "object" ? JSON.stringify(value) : value} ${unit}\n`,
    );
    process.stdout.write(options.json === true ? `${JSON.stringify(metrics)}\n` : text.join(""));
    return 0;
  } finally {
    await removeGroup(group);
    rmSync(folder, { recursive: true });
  }
}

function whatIsMissing(): string | null {
  if (unifiedMount() === null) return "no unified hierarchy of control groups";
  if (spawnSync("cc", ["--version"]).error !== undefined)
    return "no C compiler (apt-get install gcc)";
  const lacking = offerEbpf().capabilities.find(({ available }) => !available);
  return lacking === undefined ? null : `${lacking.name}: ${lacking.why}`;
}

async function removeGroup(group: string): Promise<void> {
  for (let attempt = 0; existsSync(group) && attempt < 50; attempt += 1) {
    try {
      rmdirSync(group);
    } catch {
      // Its last process is still ending.
      await delay(100);
    }
  }
}

class LiveBench {
  readonly #folder: string;
  readonly #group: string;
  readonly #load: string;
  readonly #rules: readonly string[];
  #agent: ChildProcess | null = null;

  constructor(folder: string, group: string) {
    this.#folder = folder;
    this.#group = group;
    this.#load = join(folder, "load");
    execFileSync("cc", ["-O2", "-o", this.#load, join(root, "bench/live/load.c")]);
    const rule = join(folder, "mark.eql");
    writeFileSync(
      rule,
      'process where event.action == "exec" and process.args == "kestrel-bench-mark"\n',
    );
    const files = join(folder, "files.eql");
    // Files are collected for this one, and it never matches.
    writeFileSync(
      files,
      'file where event.action in ("creation", "deletion") and file.name == "kestrel-none"\n',
    );
    this.#rules = [rule, files, ...options.rules].flatMap((path) => ["--rules", path]);
  }

  /** Ends the agent and the loads. */
  end(): void {
    this.#agent?.kill("SIGKILL");
    try {
      writeFileSync(join(this.#group, "cgroup.kill"), "1");
    } catch {
      // Kernels before 5.14 have no such file; loads end by themselves.
    }
  }

  async measure(): Promise<Readonly<Record<string, Metric>>> {
    let [steady, idle] = [Number.NaN, Number.NaN];
    const paced = await this.#watched(async (agent) => {
      const load = this.#paced();
      await delay(settleSeconds * 1000);
      steady = await cpuPercent(agent, load);
    });
    await this.#watched(async (agent) => {
      idle = await cpuPercent(agent, delay(idleSeconds * 1000));
    });
    const highest = await this.#highest();
    const calls = await this.#inTurn(["calls", String(callCount)], spawnCount);
    const spawns = await this.#inTurn(spawnLoad(spawnCount), earlierSpawns);
    const inKernel = await this.#inKernel();
    const told = `${paced.events} events, ${paced.dropped} dropped`;
    return {
      cpu_percent: metric(
        (100 * paced.cpu_seconds) / paced.seconds,
        "% of a core",
        `While ${Math.round(paced.events / pacedSeconds)} events a second came for ${pacedSeconds} s, from the moment its source was attached: ${told}.`,
      ),
      cpu_percent_steady: metric(
        steady,
        "% of a core",
        `While those events came, from ${settleSeconds} s after the first, when what runs often has been compiled.`,
      ),
      cpu_percent_idle: metric(idle, "% of a core", `In ${idleSeconds} s without events.`),
      latency_p50_ms: metric(
        paced.latency_ms.p50 ?? Number.NaN,
        "ms",
        `From an event's own time to its alert, ${paced.alerts} alerts: ${told}.`,
      ),
      latency_p99_ms: metric(paced.latency_ms.p99 ?? Number.NaN, "ms", "The same."),
      rss_mb: metric(paced.rss_mb, "MiB", "Resident memory at the end of that run."),
      ...highest,
      unwanted_call: metric(
        ratio(calls, 0),
        "x",
        `A system call that no rule needs, watched against not; ${inTurn(calls, 0)}`,
      ),
      spawn: metric(
        ratio(spawns, 0),
        "x",
        `fork, exec and exit, the time that their parent waits, watched against not; ${inTurn(spawns, 0)}`,
      ),
      spawn_cpu: metric(
        ratio(spawns, 1),
        "x",
        `The CPU time of fork, exec and exit, watched against not, whoever else had a processor; ${inTurn(spawns, 1)}`,
      ),
      spawn_in_kernel_us: {
        value: inKernel,
        unit: "us",
        how: "What the sensor's programs take during a fork, exec and exit by the kernel's own account, and how often they run; none of it is the agent's. Runs for other processes of the machine, which are out of scope, are in it.",
      },
    };
  }

  /** 1,000 events a second, and a program now and then that a rule asks for. */
  async #paced(): Promise<void> {
    const marks = this.#start(["marks", "/bin/true", String(pacedSeconds * 15)]);
    await Promise.all([this.#start(["files", this.#folder, "940", String(pacedSeconds)]), marks]);
  }

  async #highest(): Promise<Readonly<Record<string, Metric>>> {
    const tried: Record<string, unknown>[] = [];
    for (const rate of rates) {
      let made = 0;
      const summary = await this.#watched(async () => {
        made = Number(
          await this.#start(["files", this.#folder, String(rate), String(loadSeconds)]),
        );
      });
      const { events, evaluated, dropped, cpu_seconds } = summary;
      tried.push({
        asked: rate === 0 ? "flat out" : rate,
        made,
        events,
        evaluated,
        dropped,
        cpu_seconds,
      });
      if (dropped > 0 || evaluated < made) continue;
      const how = `The highest of the rates tried over ${loadSeconds} s with nothing dropped; one process makes and removes files.`;
      return {
        highest_rate: metric(made / loadSeconds, "events/s", how),
        rates_tried: {
          value: { tried },
          unit: "",
          how: "Events made by the load, and what became of them.",
        },
      };
    }
    return {
      rates_tried: { value: { tried }, unit: "", how: "None of the rates went without loss." },
    };
  }

  /** Runs a load watched and not watched, in turn, by agents that saw some spawns before; what it printed each time. */
  async #inTurn(load: readonly string[], earlier: number): Promise<readonly Turn[]> {
    const turns: Turn[] = [];
    for (let round = 0; round < rounds; round += 1) {
      let on: readonly number[] = [];
      await this.#watched(async () => {
        await this.#start(spawnLoad(earlier));
        on = numbersOf(await this.#start(load, "last"));
      });
      turns.push({ on, off: numbersOf(await this.#start(load, "last")) });
    }
    return turns;
  }

  async #inKernel(): Promise<Readonly<Record<string, unknown>>> {
    let taken: Readonly<Record<string, unknown>> = {};
    await this.#watched(async () => {
      await this.#start(spawnLoad(earlierSpawns));
      taken = await takeRunTimesOf(spawnCount, () => this.#start(spawnLoad(spawnCount)));
    });
    return taken;
  }

  /** The summary of an agent that watched while `act` went on. */
  async #watched(act: (agent: number) => Promise<void>): Promise<Summary> {
    const alerts = join(this.#folder, "alerts.jsonl");
    rmSync(alerts, { force: true });
    const agent = spawn(
      this.#load,
      [
        ...["pin", "first", process.execPath, cli],
        "run",
        "--source",
        "ebpf",
        "--cgroup",
        this.#group,
        ...this.#rules,
        "--alerts",
        alerts,
        "--format",
        "json",
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#agent = agent;
    let output = "";
    let said = "";
    agent.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    const ended = new Promise<void>((resolve) => agent.once("close", () => resolve()));
    await new Promise<void>((resolve, reject) => {
      agent.stderr.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        if (/^ready$/m.test(said)) resolve();
      });
      agent.once("close", () => reject(new Error(`the agent ended: ${said}`)));
    });
    // What is compiled at the first events shall not count.
    await this.#start(["marks", "/bin/true", "5"]);
    await act(agent.pid!);
    await delay(500);
    agent.kill("SIGINT");
    await ended;
    return JSON.parse(output) as Summary;
  }

  /** Runs the load program; what it printed. */
  #start(load: readonly string[], processor: "first" | "last" | null = null): Promise<string> {
    const pinned = processor === null ? [] : ["pin", processor, this.#load];
    return new Promise((resolve, reject) => {
      const child = spawn(this.#load, [...pinned, this.#group, ...load], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.on("data", (bytes: Buffer) => {
        output += bytes.toString();
      });
      child.once("error", reject);
      child.once("close", (code) => {
        if (code === 0) resolve(output.trim());
        else reject(new Error(`the load ended with ${code}`));
      });
    });
  }
}

/** What a load printed while it was watched, and while it was not. */
interface Turn {
  readonly on: readonly number[];
  readonly off: readonly number[];
}

function spawnLoad(count: number): readonly string[] {
  return ["spawns", String(count), "/bin/true"];
}

function numbersOf(printed: string): readonly number[] {
  return printed.split(" ").map(Number);
}

/** The median of the ratios of neighbours: a machine's speed changes from minute to minute. */
function ratio(turns: readonly Turn[], index: number): number {
  return median(turns.map(({ on, off }) => on[index]! / off[index]!));
}

function inTurn(turns: readonly Turn[], index: number): string {
  const [on, off] = [turns.map((it) => it.on[index]!), turns.map((it) => it.off[index]!)];
  const places =
    availableParallelism() < 2
      ? "agent and load share the only processor"
      : "the agent is kept on the first processor, the load on the last one";
  return `median of ${turns.length} ratios in turn, ${median(on)} and ${median(off)} ns; ${places}.`;
}

/** Processor time that a process uses meanwhile, all its threads, per cent of a core. */
async function cpuPercent(pid: number, meanwhile: Promise<unknown>): Promise<number> {
  const [startMs, startTicks] = [monotonicMs(), cpuTicks(pid)];
  await meanwhile;
  // USER_HZ is 100 on every architecture that Linux has a Node for, so a tick is 10 ms.
  return ((cpuTicks(pid) - startTicks) * 1000) / (monotonicMs() - startMs);
}

/** utime and stime of /proc/PID/stat, the 14th and 15th of its fields; see proc(5). */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function metric(value: number, unit: string, how: string): Metric {
  return { value: Number(value.toPrecision(4)), unit, how };
}

process.exitCode = await main();
