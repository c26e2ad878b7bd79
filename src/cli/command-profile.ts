/** `kestrel profile`: which rules are dear, and whether they keep to a budget. */

import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { checkBudget, loadBudget, writeBudget } from "../agent/budget.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { settleHeap } from "../agent/heap.ts";
import { type PreparedRules, prepareRules, provenanceOf } from "../agent/prepare.ts";
import { type CostReport, defaultTop, profiler, reportCosts } from "../agent/profile.ts";
import { replay } from "../agent/replay.ts";
import type { RunSummary } from "../agent/summary.ts";
import { assert } from "../base/assert.ts";
import { monotonicMs } from "../base/clock.ts";
import { profileText } from "../console/profile-text.ts";
import { createProgress } from "../console/progress.ts";
import type { Costs } from "../engine/rule-costs.ts";
import type { Arguments } from "./arguments.ts";
import { progressOf } from "./command-replay.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function profileCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const prepared = prepareRules(prepareOptions(args));
  reportRules(prepared, context);
  settleHeap();
  const { set } = prepared.compiled;
  const budgetPath = args.text("budget");
  // Before anything is read: a wrong budget should not cost a replay.
  const budget = budgetPath === undefined ? null : loadBudget(budgetPath, ruleIds(prepared));
  const { summary, costs } = await measure(args, context, prepared);
  const report = reportCosts(costs, set, args.number("top") ?? defaultTop);
  const isWhole = !summary.interrupted && summary.broken_inputs.length === 0;
  if (!isWhole && (budget !== null || args.text("write-budget") !== undefined)) {
    context.log.warn("not all of the input was read: budgets are neither checked nor written");
  }
  if (budget === null || !isWhole) {
    show(report, args, context);
    if (isWhole) writeAsked(args, costs, prepared);
    return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
  }
  const verdict = checkBudget(budget, costs, set);
  show({ ...report, budget: verdict }, args, context);
  writeAsked(args, costs, prepared);
  return verdict.within ? exitCodes.ok : exitCodes.findings;
}

async function measure(
  args: Arguments,
  context: CommandContext,
  prepared: PreparedRules,
): Promise<{ summary: RunSummary; costs: Costs }> {
  const progress = createProgress(process.stderr, monotonicMs);
  let costs: Costs | undefined;
  let summary: RunSummary;
  try {
    summary = await replay({
      inputs: args.rest(0),
      rules: prepared.compiled.set,
      backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
      limits: prepareOptions(args).limits,
      engineVersion: provenanceOf(prepared.compiled).engineVersion,
      sinks: [],
      timestampField: args.text("timestamp-field"),
      timestampUnit: args.choice("timestamp-unit", timeUnits),
      onProblem: (message) => context.log.error(message),
      onProgress: (state) => progress.show(...progressOf(state)),
      signal: context.signal,
      profiler,
      onCosts: (found) => {
        costs = found;
      },
    });
  } finally {
    progress.end();
  }
  assert(costs !== undefined, "a replay that ends tells its costs");
  return { summary, costs };
}

/** Ids that a budget may name: also those of rules that are switched off or invalid. */
function ruleIds({ loaded }: PreparedRules): ReadonlySet<string> {
  return new Set(loaded.rules.map(({ id }) => id));
}

function show(report: CostReport, args: Arguments, context: CommandContext): void {
  const isJson = args.text("format") === "json";
  context.out(isJson ? `${JSON.stringify(report)}\n` : profileText(report, context.paintOut));
}

function writeAsked(args: Arguments, costs: Costs, prepared: PreparedRules): void {
  const path = args.text("write-budget");
  if (path !== undefined) writeBudget(path, costs, prepared.compiled.set);
}
