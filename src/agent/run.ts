/** A live source through rules: lines as they come -> order -> batches -> engine -> sinks. */
import { monotonicMs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { followLines } from "../collect/jsonl/follow.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";
import { CommandFailure } from "./failure.ts";
import { Intake } from "./intake.ts";
import { horizonMs, LiveOrder } from "./live-order.ts";
import { Pipeline } from "./pipeline.ts";
import { openRejectFile } from "./reject-file.ts";
import { type RunSummary, summarize } from "./summary.ts";

export interface RunOptions {
  /** Path of a growing file of JSON lines; `-` for standard input. */
  readonly input: string;
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  /** Where alerts go; whoever opened them closes them. */
  readonly sinks: readonly Sink[];
  readonly rejectFile?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly onProblem: (message: string) => void;
  /** Where records go before the engine sees them; it is closed at the end. */
  readonly log?: LogWriter | undefined;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Follows `input` until its end or until `signal` is aborted, and resolves to the summary; what was
 * read is evaluated first. Throws a CommandFailure where the input can't be opened.
 */
export async function run(options: RunOptions): Promise<RunSummary> {
  const startMs = monotonicMs();
  const { limits, signal, sinks, log } = options;
  const pipeline = new Pipeline({
    ...options,
    nextBatchSize: () => limits.batchEvents,
    onAlert: (alert) => {
      for (const sink of sinks) sink.write(alert);
    },
  });
  const rejects = openRejectFile(options.rejectFile);
  const order = new LiveOrder(horizonMs, (record, timeNs) => {
    log?.write(record, timeNs);
    pipeline.push(record, timeNs);
  });
  const intake = new Intake(options, (line) => pipeline.parse(line), order, rejects);
  try {
    const onNotice = options.onProblem;
    for await (const items of followLines(options.input, { limits, signal, onNotice })) {
      if (items.length === 0) order.idle(monotonicMs());
      else for (const item of items) intake.take(item);
      log?.tick();
      pipeline.flush();
      await Promise.all(sinks.map((sink) => sink.flush()));
    }
    order.flush();
    pipeline.finish();
  } catch (error) {
    throw error instanceof InputError ? new CommandFailure(error.message, undefined, error) : error;
  } finally {
    log?.close();
    rejects.close();
  }
  await Promise.all(sinks.map((sink) => sink.flush()));
  return summarize({
    totals: pipeline,
    rules: options.rules,
    backend: options.backend.name,
    engineVersion: options.engineVersion,
    sinks,
    rejected: intake.rejected,
    late: order.late,
    elapsedMs: monotonicMs() - startMs,
    interrupted: signal.aborted,
    brokenInputs: intake.isBroken ? [options.input] : [],
  });
}
