/**
 * `npm run bench:live`: what watching a live host costs. Loads run in a control group of their own,
 * which `kestrel run --source ebpf` watches; nothing else is looked at. Needs root, eBPF and a C
 * compiler; says so where one is missing.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { offerEbpf } from "../../src/collect/ebpf/ebpf-source.ts";
import { unifiedMount } from "../../src/collect/linux/control-groups.ts";
import type { Metric } from "../metrics.ts";

const root = new URL("../../../", import.meta.url).pathname;
const cli = join(root, "dist/src/cli/main.js");
/** Seconds that a load goes on. */
const loadSeconds = 5;
/** Of the paced load: long enough for the code to be compiled and its cost to be small beside the rest. */
const pacedSeconds = 20;
/** Rates that are tried, from the highest; 0 is as fast as one process can. */
const rates = [0, 200_000, 100_000, 60_000, 40_000, 30_000, 20_000, 10_000, 5_000];
const rounds = 4;

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
  try {
    const metrics = await new LiveBench(folder, group).measure();
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

  async measure(): Promise<Readonly<Record<string, Metric>>> {
    const paced = await this.#watched(() => this.#paced());
    const highest = await this.#highest();
    const calls = await this.#inTurn(["calls", "300000"]);
    const spawns = await this.#inTurn(["spawns", "400", "/bin/true"]);
    const told = `${paced.events} events, ${paced.dropped} dropped`;
    return {
      cpu_percent: metric(
        (100 * paced.cpu_seconds) / paced.seconds,
        "% of a core",
        `While ${Math.round(paced.events / pacedSeconds)} events a second came for ${pacedSeconds} s, from the moment its source was attached: ${told}.`,
      ),
      latency_p50_ms: metric(
        paced.latency_ms.p50 ?? Number.NaN,
        "ms",
        `From an event's own time to its alert, ${paced.alerts} alerts: ${told}.`,
      ),
      latency_p99_ms: metric(paced.latency_ms.p99 ?? Number.NaN, "ms", "The same."),
      rss_mb: metric(paced.rss_mb, "MiB", "Resident memory at the end of that run."),
      ...highest,
      unwanted_call: metric(
        calls.ratio,
        "x",
        `A system call that no rule needs, watched against not, medians of ${rounds} in turn: ${calls.on} and ${calls.off} ns.`,
      ),
      spawn: metric(
        spawns.ratio,
        "x",
        `fork, exec and exit, watched against not, medians of ${rounds} in turn: ${spawns.on} and ${spawns.off} ns.`,
      ),
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

  /** Runs a load watched and not watched, in turn; medians. */
  async #inTurn(load: readonly string[]): Promise<{ on: number; off: number; ratio: number }> {
    const on: number[] = [];
    const off: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await this.#watched(async () => {
        on.push(Number(await this.#start(load)));
      });
      off.push(Number(await this.#start(load)));
    }
    return { on: median(on), off: median(off), ratio: median(on) / median(off) };
  }

  /** The summary of an agent that watched while `act` went on. */
  async #watched(act: () => Promise<void>): Promise<Summary> {
    const alerts = join(this.#folder, "alerts.jsonl");
    rmSync(alerts, { force: true });
    const agent = spawn(
      process.execPath,
      [
        cli,
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
    await act();
    await delay(500);
    agent.kill("SIGINT");
    await ended;
    return JSON.parse(output) as Summary;
  }

  /** Runs the load program; what it printed. */
  #start(load: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#load, [this.#group, ...load], {
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

function metric(value: number, unit: string, how: string): Metric {
  return { value: Number(value.toPrecision(4)), unit, how };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

process.exitCode = await main();
