/** What the commands that load rules have in common. */
import { CommandFailure } from "../agent/failure.ts";
import type { LoadedRules } from "../agent/load-rules.ts";
import { defaultRulesPath, type PreparedRules, type PrepareOptions } from "../agent/prepare.ts";
import { defaultLimits } from "../base/limits.ts";
import { grouped } from "../console/summary-text.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";

/** Diagnostics shown before a run; `validate` shows all. */
const shownDiagnostics = 10;

/** Options of `prepareRules` from the flags of the table. */
export function prepareOptions(args: Arguments): PrepareOptions {
  const rules = args.texts("rules");
  return {
    rules: rules.length === 0 ? [defaultRulesPath] : rules,
    only: args.texts("only"),
    disable: args.texts("disable"),
    selection: args.text("selection"),
    schema: args.choice("schema", ["open", "closed"]),
    schemaExtension: args.text("schema-extension"),
    limits: defaultLimits,
  };
}

/** Throws a CommandFailure where a path that was asked for can't be read. */
export function requireRuleFiles(loaded: LoadedRules): void {
  const failed = loaded.problems.filter((problem) => problem.root);
  if (failed.length === 0) return;
  const lines = failed.map(({ path, message }) => `can't read ${path}: ${message}`);
  if (failed.some(({ path }) => path === defaultRulesPath)) {
    lines.push("name the folder of your rules with --rules DIR");
  }
  throw new CommandFailure(lines.join("\n"));
}

/** Before a run: what can't be used is told, and the good rules go on. */
export function reportRules(prepared: PreparedRules, context: CommandContext): void {
  const { loaded, compiled } = prepared;
  requireRuleFiles(loaded);
  for (const { path, message } of loaded.problems) {
    context.log.warn(`can't read ${path}: ${message}`);
  }
  const errors = [...loaded.diagnostics, ...compiled.diagnostics].filter(
    (diagnostic) => diagnostic.severity === "error",
  );
  const invalid = loaded.brokenFiles + compiled.invalid.length;
  if (invalid > 0) {
    const more = errors.length > shownDiagnostics ? "; `kestrel validate` shows all errors" : "";
    const shown = renderDiagnostics(errors.slice(0, shownDiagnostics));
    context.log.warn(`${grouped(invalid)} invalid rules are left out${more}\n${shown}`);
  }
  if (compiled.set.rules.length === 0) context.log.warn("no rule is in use");
  context.log.info(`${grouped(compiled.set.rules.length)} rules are in use`);
}
