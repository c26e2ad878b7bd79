/** `kestrel run`: a live source through rules. */

import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { settleHeap } from "../agent/heap.ts";
import { prepareRules, provenanceOf } from "../agent/prepare.ts";
import { run } from "../agent/run.ts";
import type { RunSummary } from "../agent/summary.ts";
import { grouped } from "../console/summary-text.ts";
import { openAlertOutput } from "./alert-output.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function runCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const input = readSource(args.text("source"));
  const options = prepareOptions(args);
  const prepared = prepareRules(options);
  reportRules(prepared, context);
  settleHeap();
  const provenance = provenanceOf(prepared.compiled);
  const output = openAlertOutput(args, context, provenance);
  const end = endSignal(args.number("for"), context.signal);
  let summary: RunSummary;
  try {
    summary = await run({
      input,
      rules: prepared.compiled.set,
      backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
      limits: options.limits,
      engineVersion: provenance.engineVersion,
      sinks: [output.sink],
      rejectFile: args.text("reject"),
      timestampField: args.text("timestamp-field"),
      timestampUnit: args.choice("timestamp-unit", timeUnits),
      onProblem: (message) => context.log.warn(message),
      signal: end.signal,
    });
  } finally {
    end.clear();
    await output.sink.close();
  }
  output.summarize(summary);
  context.log.debug(JSON.stringify(summary.counters));
  if (summary.lost_alerts > 0) {
    context.log.error(`${grouped(summary.lost_alerts)} alerts could not be written`);
    return exitCodes.usage;
  }
  return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
}

function readSource(source: string | undefined): string {
  if (source === undefined) {
    throw new CommandFailure("name what to follow with --source jsonl:PATH");
  }
  const path = /^jsonl:(.+)$/s.exec(source)?.[1];
  if (path === undefined) throw new CommandFailure(`unknown source ${source}: use jsonl:PATH`);
  return path;
}

/** Aborted with `signal`, or after `seconds`. */
function endSignal(
  seconds: number | undefined,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  if (seconds === undefined) return { signal, clear: () => undefined };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.min(seconds * 1000, 0x7fffffff));
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    clear: () => clearTimeout(timer),
  };
}
