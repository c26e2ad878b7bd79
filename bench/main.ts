/** `npm run bench`: how fast Kestrel is beside JSON.parse, and what it needs. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { CommandFailure } from "../src/agent/failure.ts";
import { monotonicMs } from "../src/base/clock.ts";
import { createProgress } from "../src/console/progress.ts";
import { measure } from "./measure.ts";
import { computeMetrics, type Metrics } from "./metrics.ts";
import { reportText } from "./report.ts";
import { prepareStreams } from "./stream/prepare.ts";

interface Options {
  readonly corpus?: string;
  readonly rules: readonly string[];
  readonly events: readonly string[];
  readonly rounds: number;
  readonly eventsPerStream: number;
  readonly seed: number;
  readonly json?: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => controller.abort());
  const options = parseOptions();
  try {
    const metrics = await runBenchmark(options, controller.signal);
    process.stdout.write(
      options.json === true ? `${JSON.stringify(metrics)}\n` : reportText(metrics),
    );
    return 0;
  } catch (error) {
    if (controller.signal.aborted) return 130;
    const isUsage =
      error instanceof CommandFailure || (error instanceof Error && "syscall" in error);
    process.stderr.write(`error: ${isUsage ? error.message : String((error as Error).stack)}\n`);
    return isUsage ? 2 : 70;
  }
}

function parseOptions(): Options {
  const list = (path: string, paths: readonly string[]): readonly string[] => [...paths, path];
  return new Command("bench")
    .description("Measures Kestrel's speed beside JSON.parse on the same lines, and its memory.")
    .option(
      "--corpus <dir>",
      "folder with rules/ and events/; without it the shipped ones are used",
    )
    .option("--rules <path>", "rules to load in place of the corpus's; repeats", list, [])
    .option(
      "--events <file>",
      "JSON lines, plain or gzip, in place of all streams; repeats",
      list,
      [],
    )
    .option("--rounds <n>", "how often everything is measured; medians count", wholeNumber, 3)
    .option("--events-per-stream <n>", "events of each stream that is made", wholeNumber, 60_000)
    .option(
      "--seed <n>",
      "seed of the generated streams and of the choice of rules",
      wholeNumber,
      1,
    )
    .option("--json", "print one JSON object of metrics")
    .parse()
    .opts<Options>();
}

function wholeNumber(given: string): number {
  const number = /^\d{1,8}$/.test(given) ? Number(given) : 0;
  if (number >= 1) return number;
  throw new InvalidArgumentError("It must be a whole number from 1 to 99999999.");
}

async function runBenchmark(options: Options, signal: AbortSignal): Promise<Metrics> {
  const { corpus, rounds, seed } = options;
  const rulePaths = chooseRulePaths(options);
  const folder = mkdtempSync(join(tmpdir(), "kestrel-bench-"));
  const progress = createProgress(process.stderr, monotonicMs);
  try {
    progress.show("making streams", null);
    const set = prepareStreams({ ...options, folder, corpus });
    const onProgress = progress.show.bind(progress);
    return computeMetrics(await measure({ set, rulePaths, seed, rounds, onProgress, signal }));
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function chooseRulePaths({ corpus, rules }: Options): readonly string[] {
  const corpusRules = corpus === undefined ? "rules" : join(corpus, "rules");
  const paths = rules.length > 0 ? rules : [corpusRules];
  for (const path of paths) {
    if (!existsSync(path)) throw new CommandFailure(`no rules at ${path}`);
  }
  return paths;
}
