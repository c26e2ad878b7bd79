/** Recorded events through rules: inputs -> decoder -> batches -> engine -> sinks. */
import { setImmediate as turn } from "node:timers/promises";
import { monotonicMs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import type { TimeUnit } from "../base/time.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { type RecordParser, sortedRecords } from "../collect/jsonl/sorted-records.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import type { Costs } from "../engine/rule-costs.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";
import { CommandFailure, systemReason } from "./failure.ts";
import { Pipeline } from "./pipeline.ts";
import { openRejectFile, type RejectFile } from "./reject-file.ts";
import { type RunSummary, summarize } from "./summary.ts";

export interface ReplayOptions {
  /** Paths of JSON lines, plain or gzip; `-` for standard input. */
  readonly inputs: readonly string[];
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  /** Where alerts go; whoever opened them closes them. */
  readonly sinks: readonly Sink[];
  /** Events in one batch, `1 <= n <= limits.batchEvents`; the largest there is unless given. */
  readonly batchSize?: number | undefined;
  /** Cuts batches at random sizes up to `batchSize`. */
  readonly seed?: number | undefined;
  readonly rejectFile?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly onProblem: (message: string) => void;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Ends the replay early: what was evaluated so far is summed up. */
  readonly signal?: AbortSignal;
  readonly profiler?: Profiler | undefined;
  /** Called once at the end, with what the rules cost. */
  readonly onCosts?: ((costs: Costs) => void) | undefined;
}

/** First the inputs are read and sorted, then their records are evaluated. */
export type ReplayProgress =
  | { readonly phase: "read"; readonly totalBytes: number; readonly records: number }
  | { readonly phase: "evaluate"; readonly done: number; readonly records: number };

/** Blocks of records between two turns of the event loop, in which signals and errors are heard. */
const blocksPerTurn = 8;

/**
 * Replays `inputs` and resolves to the summary. The alerts, and so the digest, depend on the inputs
 * and the rules alone. Throws a CommandFailure where an input can't be read at all.
 */
export async function replay(options: ReplayOptions): Promise<RunSummary> {
  const startMs = monotonicMs();
  const { sinks } = options;
  const pipeline = new Pipeline({ ...options, nextBatchSize: batchSizes(options) });
  const rejects = openRejectFile(options.rejectFile);
  const tally: Tally = { records: 0, rejected: 0, brokenInputs: [] };
  try {
    await evaluateAll(options, pipeline, rejects, tally);
    pipeline.finish();
  } catch (error) {
    throw commandFailure(error);
  } finally {
    rejects.close();
  }
  options.onCosts?.(pipeline.engine.costs);
  await Promise.all(sinks.map((sink) => sink.flush()));
  return summarize({
    pipeline,
    rules: options.rules,
    backend: options.backend.name,
    engineVersion: options.engineVersion,
    sinks,
    rejected: tally.rejected,
    late: 0,
    elapsedMs: monotonicMs() - startMs,
    interrupted: options.signal?.aborted ?? false,
    brokenInputs: tally.brokenInputs,
  });
}

/** An input that can't be read, or a temporary folder that can't be written, is no defect. */
function commandFailure(error: unknown): unknown {
  if (error instanceof InputError) return new CommandFailure(error.message, undefined, error);
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new CommandFailure(`can't sort on disk: ${systemReason(error)}`, undefined, error);
}

/** Sizes of the batches: always the same, or random ones from a seed. */
export function batchSizes(
  options: Pick<ReplayOptions, "batchSize" | "seed" | "limits">,
): () => number {
  const largest = options.batchSize ?? options.limits.batchEvents;
  if (options.seed === undefined) return () => largest;
  const random = new Prng(options.seed);
  return () => 1 + random.int(largest);
}

interface Tally {
  /** Lines that were read. */
  records: number;
  rejected: number;
  readonly brokenInputs: string[];
}

async function evaluateAll(
  options: ReplayOptions,
  pipeline: Pipeline,
  rejects: RejectFile,
  tally: Tally,
): Promise<void> {
  const { signal, onProgress } = options;
  let done = 0;
  let blocks = 0;
  const parser: RecordParser = {
    parse: (line) => pipeline.decoder.parse(line),
    readsTimestamp: options.timestampField === undefined || options.timestampField === "@timestamp",
  };
  const records = sortedRecords(options.inputs, {
    parser,
    limits: options.limits,
    onReject: (rejection, line, input) => {
      tally.rejected += 1;
      rejects.write(rejection, line, input);
    },
    onProblem: (message, input) => {
      tally.brokenInputs.push(input);
      options.onProblem(message);
    },
    onProgress: (totalBytes, count) => {
      tally.records = count;
      onProgress?.({ phase: "read", totalBytes, records: count });
    },
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const block of records) {
    for (const { record, timeNs } of block) pipeline.push(record, timeNs);
    done += block.length;
    blocks += 1;
    if (blocks % blocksPerTurn === 0) {
      onProgress?.({ phase: "evaluate", done, records: tally.records });
      await Promise.all(options.sinks.map((sink) => sink.flush()));
      await turn();
    }
    if (signal?.aborted === true) return;
  }
}
