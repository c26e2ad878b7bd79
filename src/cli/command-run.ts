/** `kestrel run`: a live source through rules. */

import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { settleHeap } from "../agent/heap.ts";
import { openLogOutput } from "../agent/log-output.ts";
import { prepareRules, provenanceOf } from "../agent/prepare.ts";
import { run } from "../agent/run.ts";
import type { RunSummary } from "../agent/summary.ts";
import { grouped } from "../console/summary-text.ts";
import { openAlertOutput } from "./alert-output.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { endSignal, keepingOf, sourceOf } from "./log-options.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function runCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const input = sourceOf(args);
  const options = prepareOptions(args);
  const prepared = prepareRules(options);
  reportRules(prepared, context);
  settleHeap();
  const provenance = provenanceOf(prepared.compiled);
  const output = openAlertOutput(args, context, provenance);
  const record = args.text("record");
  const log =
    record === undefined
      ? undefined
      : openLogOutput({
          ...keepingOf(args),
          path: record,
          limits: options.limits,
          schema: prepared.compiled.set.schema,
          engineVersion: provenance.engineVersion,
          rulePackHash: provenance.rulePackHash,
          timestampField: args.text("timestamp-field"),
          timestampUnit: args.choice("timestamp-unit", timeUnits),
          isLive: true,
          onLoss: (message) => context.log.error(message),
        });
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
      log,
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
  if (log !== undefined && log.lost > 0) {
    context.log.error(`${grouped(log.lost)} records could not be logged`);
    return exitCodes.usage;
  }
  return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
}
