/** `kestrel replay`: recorded events through rules. */
import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { settleHeap } from "../agent/heap.ts";
import { prepareRules, provenanceOf } from "../agent/prepare.ts";
import { defaultTop, profiler, reportCosts } from "../agent/profile.ts";
import { type ReplayOptions, type ReplayProgress, replay } from "../agent/replay.ts";
import type { RunSummary } from "../agent/summary.ts";
import { monotonicMs } from "../base/clock.ts";
import { createProgress } from "../console/progress.ts";
import { grouped } from "../console/summary-text.ts";
import type { Costs } from "../engine/rule-costs.ts";
import { openAlertOutput } from "./alert-output.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { sliceOf, speedOf } from "./log-options.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function replayCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const isProfiled = args.isOn("profile");
  if (isProfiled && (args.number("workers") ?? 1) > 1) {
    throw new CommandFailure(
      "--profile needs --workers 1: what rules cost is counted in one thread",
    );
  }
  const slice = { ...sliceOf(args), speed: speedOf(args) };
  const options = prepareOptions(args);
  const prepared = prepareRules(options);
  reportRules(prepared, context);
  settleHeap();
  const provenance = provenanceOf(prepared.compiled);
  const output = openAlertOutput(args, context, provenance);
  const progress = createProgress(process.stderr, monotonicMs);
  const replayed: Omit<ReplayOptions, "inputs" | "sinks"> = {
    ...slice,
    rules: prepared.compiled.set,
    backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
    limits: options.limits,
    engineVersion: provenance.engineVersion,
    batchSize: args.number("batch-size"),
    seed: args.number("seed"),
    workers: args.number("workers"),
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    onProblem: (message) => context.log.error(message),
    onNotice: (message) => context.log.warn(message),
    onProgress: (state) => progress.show(...progressOf(state)),
    signal: context.signal,
  };
  let summary: RunSummary;
  let costs: Costs | undefined;
  const keepCosts = (found: Costs): void => {
    costs = found;
  };
  try {
    summary = await replay({
      ...replayed,
      inputs: args.rest(0),
      sinks: [output.sink],
      rejectFile: args.text("reject"),
      profiler: isProfiled ? profiler : undefined,
      onCosts: isProfiled ? keepCosts : undefined,
    });
  } finally {
    progress.end();
    await output.sink.close();
  }
  if (costs !== undefined) {
    const profile = reportCosts(costs, prepared.compiled.set, defaultTop);
    output.summarize({ ...summary, profile });
  } else output.summarize(summary);
  context.log.debug(JSON.stringify(summary.counters));
  const code = verdict(summary, args.text("expect"), context);
  const other = args.text("compare");
  if (other === undefined || code !== exitCodes.ok || summary.interrupted) return code;
  return compare(summary, await replay({ ...replayed, inputs: [other], sinks: [] }), context);
}

/** Whether another replay gave the same alerts. */
function compare(summary: RunSummary, other: RunSummary, context: CommandContext): ExitCode {
  if (other.broken_inputs.length > 0) return exitCodes.usage;
  if (other.interrupted || other.digest === summary.digest) return exitCodes.ok;
  context.log.error(
    `the alerts differ: digest ${summary.digest} (${grouped(summary.alerts)} alerts), the other's is ${other.digest} (${grouped(other.alerts)} alerts)`,
  );
  return exitCodes.mismatch;
}

/** What the progress line shows. */
export function progressOf(state: ReplayProgress): [label: string, fraction: number | null] {
  if (state.phase === "read") {
    const megabytes = (state.totalBytes / 1_000_000).toFixed(1);
    return [`reading: ${grouped(state.records)} events, ${megabytes} MB`, null];
  }
  return [`evaluating ${grouped(state.records)} events`, state.done / Math.max(1, state.records)];
}

function verdict(
  summary: RunSummary,
  expected: string | undefined,
  context: CommandContext,
): ExitCode {
  if (summary.lost_alerts > 0) {
    context.log.error(`${grouped(summary.lost_alerts)} alerts could not be written`);
    return exitCodes.usage;
  }
  if (summary.broken_inputs.length > 0) return exitCodes.usage;
  if (expected === undefined || summary.interrupted) return exitCodes.ok;
  if (expected.toLowerCase() === summary.digest) return exitCodes.ok;
  context.log.error(`the alerts have digest ${summary.digest}, not ${expected}`);
  return exitCodes.mismatch;
}
