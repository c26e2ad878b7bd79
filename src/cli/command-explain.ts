/** `kestrel explain`: why a rule fired, or how near it came. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { explainReplay, findRule } from "../agent/explain-replay.ts";
import { CommandFailure } from "../agent/failure.ts";
import { prepareRules } from "../agent/prepare.ts";
import { monotonicMs } from "../base/clock.ts";
import { parseIso } from "../base/time.ts";
import { explanationText } from "../console/explanation-text.ts";
import { createProgress } from "../console/progress.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import { compileExplainable, defaultNearMisses } from "../study/explain.ts";
import type { Arguments } from "./arguments.ts";
import { progressOf } from "./command-replay.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, requireRuleFiles } from "./rule-options.ts";
import { timeUnits } from "./time-units.ts";

export async function explainCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const id = args.text("rule");
  if (id === undefined) throw new CommandFailure("name the rule to explain with --rule ID");
  const at = args.text("at");
  const atNs = at === undefined ? null : parseIso(at);
  if (at !== undefined && atNs === null) {
    throw new CommandFailure(`--at ${at}: use ISO 8601, such as 2026-03-02T09:00:00Z`);
  }
  const options = prepareOptions(args);
  const prepared = prepareRules(options);
  requireRuleFiles(prepared.loaded);
  const rule = findRule(prepared.loaded.rules, id);
  const { limits, schema: mode } = options;
  const { schema } = prepared.compiled.set;
  const explainable = compileExplainable(rule, {
    schema,
    limits,
    ...(mode === undefined ? {} : { mode }),
  });
  if (explainable === null) {
    const own = prepared.compiled.diagnostics.filter(({ source }) => source === rule.source);
    context.err(renderDiagnostics(own));
    context.log.error(`rule ${id} is invalid`);
    return exitCodes.findings;
  }
  const progress = createProgress(process.stderr, monotonicMs);
  try {
    const { explanation, summary } = await explainReplay({
      rule: explainable,
      inputs: args.rest(0),
      limits,
      top: args.number("top") ?? defaultNearMisses,
      entity: args.text("entity") ?? null,
      atNs,
      timestampField: args.text("timestamp-field"),
      timestampUnit: args.choice("timestamp-unit", timeUnits),
      onProblem: (message) => context.log.error(message),
      onNotice: (message) => context.log.debug(message),
      onProgress: (state) => progress.show(...progressOf(state)),
      signal: context.signal,
    });
    progress.end();
    const isText = (args.text("format") ?? (context.interactive ? "text" : "json")) === "text";
    context.out(
      isText ? explanationText(explanation, context.paintOut) : `${JSON.stringify(explanation)}\n`,
    );
    return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
  } finally {
    progress.end();
  }
}
