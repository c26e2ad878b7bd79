/** Recorded events through rules: inputs -> decoder -> batches -> engine -> sinks. */
import { monotonicMs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import { systemReason } from "../base/system-reason.ts";
import type { TimeUnit } from "../base/time.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import type { Profiler } from "../engine/batch-timer.ts";
import type { EngineObserver } from "../engine/observer.ts";
import type { Costs } from "../engine/rule-costs.ts";
import { LogError } from "../log/log-error.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";
import type { Evaluation } from "./evaluation.ts";
import { CommandFailure } from "./failure.ts";
import { LogInputs } from "./log-inputs.ts";
import { openRejectFile, type RejectFile } from "./reject-file.ts";
import { replayFiles } from "./replay-files.ts";
import { replayLogs } from "./replay-logs.ts";
import { replaySorted } from "./replay-sorted.ts";
import { type RunSummary, summarize } from "./summary.ts";

export interface ReplayOptions {
  /** Paths of logs, folders of logs, JSON lines, plain or gzip; `-` for standard input. */
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
  /** Only records of this time are replayed; see `parseSlice`. */
  readonly fromNs?: bigint | undefined;
  readonly toNs?: bigint | undefined;
  /** Times as fast as the events came; as fast as possible unless given. */
  readonly speed?: number | undefined;
  readonly rejectFile?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly onProblem: (message: string) => void;
  /** Something worth knowing that is no failure: a log was recorded by another version. */
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Ends the replay early: what was evaluated so far is summed up. */
  readonly signal?: AbortSignal;
  /** Threads that may share the work, 1 to 16; 1 unless given. Changes no result. */
  readonly workers?: number | undefined;
  readonly profiler?: Profiler | undefined;
  /** An observer for each engine; inputs that turn out to be out of order are given to a second one. */
  readonly createObserver?: (() => EngineObserver) | undefined;
  /** Called once at the end, with what the rules cost; not where several threads share the work. */
  readonly onCosts?: ((costs: Costs) => void) | undefined;
}

/** Inputs that are out of order are read and sorted first, and their records evaluated then. */
export type ReplayProgress =
  | { readonly phase: "read"; readonly totalBytes: number; readonly records: number }
  | { readonly phase: "evaluate"; readonly done: number; readonly records: number };

/**
 * Replays `inputs` and resolves to the summary. The alerts, and so the digest, depend on the inputs
 * and the rules alone. Throws a CommandFailure where an input can't be read at all.
 */
export async function replay(options: ReplayOptions): Promise<RunSummary> {
  const startMs = monotonicMs();
  const { sinks } = options;
  const { totals, tally, costs } = await evaluate(options);
  for (const problem of tally.problems) options.onProblem(problem);
  if (costs !== null) options.onCosts?.(costs());
  await Promise.all(sinks.map((sink) => sink.flush()));
  return summarize({
    totals,
    rules: options.rules,
    backend: options.backend.name,
    engineVersion: options.engineVersion,
    sinks,
    rejected: tally.rejected,
    late: 0,
    elapsedMs: monotonicMs() - startMs,
    interrupted: options.signal?.aborted ?? false,
    brokenInputs: tally.brokenInputs,
    damaged: tally.damaged,
  });
}

async function evaluate(options: ReplayOptions): Promise<Evaluation> {
  const rejects = openRejectFile(options.rejectFile);
  let logs: LogInputs | null = null;
  try {
    logs = LogInputs.open(options.inputs, options.limits);
    for (const notice of logs.mismatches(options)) options.onNotice?.(notice);
    const evaluation = await replayDirectly(options, logs, rejects);
    if (evaluation !== null) return evaluation;
    rejects.restart();
    return await replaySorted(options, rejects, logs);
  } catch (error) {
    throw commandFailure(error);
  } finally {
    rejects.close();
    logs?.close();
  }
}

/** Without sorting, where the inputs allow it; else null. */
async function replayDirectly(
  options: ReplayOptions,
  logs: LogInputs,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  if (!logs.isEmpty) return replayLogs(options, logs, rejects);
  const { fromNs, toNs, speed } = options;
  if (fromNs !== undefined || toNs !== undefined || speed !== undefined) return null;
  return replayFiles(options, rejects);
}

/** An input that can't be read, or a temporary folder that can't be written, is no defect. */
function commandFailure(error: unknown): unknown {
  if (error instanceof InputError || error instanceof LogError)
    return new CommandFailure(error.message, undefined, error);
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new CommandFailure(`can't sort on disk: ${systemReason(error)}`, undefined, error);
}
