/** Runs the jobs of a benchmark, each in a process of its own, in rounds that take turns between them. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Job, JobResult, Packed, RuleChoice } from "./activity/job.ts";
import { median } from "./median.ts";
import type { Stream, StreamSet } from "./stream/stream.ts";

/** What is timed over all streams. `shared` is `ingest` by two threads; `none`, `few` and `some` are `ingest` with 0, 1 and 10 % of the rules. */
export type Activity =
  | "parse"
  | "ingest"
  | "shared"
  | "none"
  | "few"
  | "some"
  | "batches"
  | "interpret"
  | "logWrite"
  | "logReplay";

const activities: readonly Activity[] = [
  "parse",
  "ingest",
  "shared",
  "none",
  "few",
  "some",
  "batches",
  "interpret",
  "logWrite",
  "logReplay",
];

export interface Measurement {
  readonly streams: readonly Stream[];
  /** ms by activity and stream: the median over the rounds. */
  readonly times: Readonly<Record<Activity, Readonly<Record<string, number>>>>;
  /** Bytes by stream. */
  readonly packed: Readonly<Record<string, Packed>>;
  /** The median over the rounds. */
  readonly loadSeconds: number;
  readonly rssMegabytes: number;
  /** Stream that the memory was measured with. */
  readonly memoryStream: string;
  /** Valid rules among those of the paths. */
  readonly rules: number;
}

export interface MeasureOptions {
  readonly set: StreamSet;
  readonly rulePaths: readonly string[];
  readonly seed: number;
  readonly rounds: number;
  readonly onProgress: (label: string, fraction: number) => void;
  /** Ends the job at hand and the measurement with it, by an AbortError. */
  readonly signal: AbortSignal;
}

/** Rejects with the error of a job that fails. */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { set, rounds } = options;
  const { streams } = set;
  const largest = largestStream(streams);
  const all = chooseRules(options, 1);
  const steps = rounds * (activities.length + 1) + 1;
  let done = 0;
  const run = async (label: string, job: Job): Promise<JobResult> => {
    options.onProgress(label, done / steps);
    done += 1;
    return runJob(job, options.signal);
  };
  const samples = new Map<Activity, JobResult[]>(activities.map((name) => [name, []]));
  const loads: JobResult[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of activities) {
      const label = `round ${round} of ${rounds}: ${name}`;
      samples.get(name)!.push(await run(label, timedJob(name, options)));
    }
    loads.push(await run(`round ${round} of ${rounds}: load`, { kind: "load", rules: all }));
  }
  const memory = await run("memory", { kind: "memory", stream: largest, rules: all });
  const medians = activities.map(
    (name) => [name, medianTimes(streams, samples.get(name)!)] as const,
  );
  return {
    streams,
    times: Object.fromEntries(medians) as Measurement["times"],
    loadSeconds: median(loads.map(({ figure }) => figure)),
    rssMegabytes: memory.figure,
    packed: samples.get("logWrite")![0]!.packed!,
    memoryStream: largest.name,
    rules: memory.rules,
  };
}

function timedJob(name: Activity, options: MeasureOptions): Job {
  const { set } = options;
  const ingest = (share: number): Job => ({
    kind: "ingest",
    set,
    rules: chooseRules(options, share),
    backend: "wasm",
  });
  switch (name) {
    case "parse":
      return { kind: "json-parse", set };
    case "ingest":
      return ingest(1);
    case "logWrite":
      return { kind: "log-write", set };
    case "logReplay":
      return { kind: "log-replay", set, rules: chooseRules(options, 1), backend: "wasm" };
    case "shared":
      return { kind: "shared", set, rules: chooseRules(options, 1), backend: "wasm" };
    case "none":
      return ingest(0);
    case "few":
      return ingest(0.01);
    case "some":
      return ingest(0.1);
    case "batches":
    case "interpret": {
      const backend = name === "interpret" ? "interpret" : "wasm";
      return { kind: "batches", set, rules: chooseRules(options, 1), backend };
    }
  }
}

function chooseRules({ rulePaths, seed }: MeasureOptions, share: number): RuleChoice {
  return { paths: rulePaths, share, seed };
}

/** Of the generated streams the one with the most bytes, or of all where none is generated. */
function largestStream(streams: readonly Stream[]): Stream {
  const generated = streams.filter(({ source }) => source.startsWith("generated"));
  const among = generated.length > 0 ? generated : streams;
  return among.reduce((largest, stream) => (stream.bytes > largest.bytes ? stream : largest));
}

function medianTimes(
  streams: readonly Stream[],
  results: readonly JobResult[],
): Record<string, number> {
  return Object.fromEntries(
    streams.map(({ name }) => [name, median(results.map(({ times }) => times[name]!))]),
  );
}

/** Carries out a job in a fresh process. */
export async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  const program = fileURLToPath(new URL("activity/child.js", import.meta.url));
  const args = ["--expose-gc", program, JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as JobResult;
}
