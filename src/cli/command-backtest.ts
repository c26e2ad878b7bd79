/** `kestrel backtest`: which alerts a change of rules adds, takes away or changes. */
import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { AlertRecorder, type Backtest, compareAlerts } from "../agent/backtest.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { type PrepareOptions, prepareRules, provenanceOf } from "../agent/prepare.ts";
import { replay } from "../agent/replay.ts";
import type { RunSummary } from "../agent/summary.ts";
import { monotonicMs } from "../base/clock.ts";
import { backtestJunit, backtestText } from "../console/backtest-text.ts";
import { createProgress } from "../console/progress.ts";
import type { Arguments } from "./arguments.ts";
import { progressOf } from "./command-replay.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function backtestCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const against = args.texts("against");
  if (against.length === 0)
    throw new CommandFailure("name the rules as they were with --against DIR");
  const options = prepareOptions(args);
  const before = new AlertRecorder();
  const after = new AlertRecorder();
  const passes = [
    { recorder: before, options: { ...options, rules: against } },
    { recorder: after, options },
  ];
  for (const pass of passes) {
    const summary = await raise(pass.options, pass.recorder, args, context);
    if (summary.interrupted || summary.broken_inputs.length > 0) {
      context.log.error("not all of the input was read: there is nothing to compare");
      return exitCodes.usage;
    }
  }
  show(compareAlerts(before, after), args, context);
  return exitCodes.ok;
}

async function raise(
  options: PrepareOptions,
  recorder: AlertRecorder,
  args: Arguments,
  context: CommandContext,
): Promise<RunSummary> {
  const prepared = prepareRules(options);
  reportRules(prepared, context);
  const progress = createProgress(process.stderr, monotonicMs);
  try {
    return await replay({
      inputs: args.rest(0),
      rules: prepared.compiled.set,
      backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
      limits: options.limits,
      engineVersion: provenanceOf(prepared.compiled).engineVersion,
      sinks: [recorder],
      timestampField: args.text("timestamp-field"),
      timestampUnit: args.choice("timestamp-unit", timeUnits),
      onProblem: (message) => context.log.error(message),
      onProgress: (state) => progress.show(...progressOf(state)),
      signal: context.signal,
    });
  } finally {
    progress.end();
  }
}

function show(backtest: Backtest, args: Arguments, context: CommandContext): void {
  switch (args.text("format")) {
    case "json":
      context.out(`${JSON.stringify(byRule(backtest))}\n`);
      return;
    case "junit":
      context.out(backtestJunit(backtest));
      return;
    default:
      context.out(backtestText(backtest));
  }
}

/** `{added, removed, changed, unchanged}`, each by the rules' ids, and the totals. */
function byRule({ rules, ...totals }: Backtest): Record<string, unknown> {
  const lists = (kind: "added" | "removed" | "changed"): Record<string, unknown> =>
    Object.fromEntries(
      rules
        .filter((change) => change[kind].length > 0)
        .map((change) => [change.rule, change[kind]]),
    );
  const unchanged = rules.filter((change) => change.unchanged > 0);
  return {
    added: lists("added"),
    removed: lists("removed"),
    changed: lists("changed"),
    unchanged: Object.fromEntries(unchanged.map((change) => [change.rule, change.unchanged])),
    totals,
  };
}
