/** `kestrel doctor`: what this machine offers, what is missing, and whether a configuration can be used. */
import { loadConfig, type ParsedConfig } from "../agent/config.ts";
import type { CoverageReport } from "../agent/coverage.ts";
import { examine, examineRules } from "../agent/doctor.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { prepareRules } from "../agent/prepare.ts";
import { coverageText } from "../console/coverage-text.ts";
import { doctorText } from "../console/doctor-text.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import { type DiagnosticReport, reportDiagnostic } from "../diagnostic/report.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, reportRules } from "./rule-options.ts";

export async function doctorCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const path = args.text("config");
  const parsed = path === undefined ? null : loadConfig(path);
  const report = await examine();
  const rules = await rulesReport(args, context);
  if (args.text("format") === "json") {
    const config = parsed === null ? {} : { config: configReport(path!, parsed) };
    context.out(
      `${JSON.stringify({ ...report, ...(rules === null ? {} : { rules }), ...config })}\n`,
    );
  } else {
    context.out(doctorText(report, context.paintOut));
    if (rules !== null) context.out(`\n${coverageText(rules, context.paintOut)}`);
    if (parsed !== null) context.out(`\n${configText(path!, parsed)}`);
  }
  return parsed !== null && hasErrors(parsed.diagnostics) ? exitCodes.findings : exitCodes.ok;
}

/** Null where no rules are named. */
async function rulesReport(
  args: Arguments,
  context: CommandContext,
): Promise<CoverageReport | null> {
  if (args.texts("rules").length === 0) return null;
  const prepared = prepareRules(prepareOptions(args));
  reportRules(prepared, context);
  return examineRules(prepared.compiled.set);
}

interface ConfigReport {
  readonly path: string;
  readonly valid: boolean;
  readonly diagnostics: readonly DiagnosticReport[];
}

function configReport(path: string, { diagnostics }: ParsedConfig): ConfigReport {
  return {
    path,
    valid: !hasErrors(diagnostics),
    diagnostics: diagnostics.map(reportDiagnostic),
  };
}

function configText(path: string, { diagnostics }: ParsedConfig): string {
  if (diagnostics.length === 0) return `${path} can be used\n`;
  const verdict = hasErrors(diagnostics) ? "can't be used" : "can be used";
  return `${path} ${verdict}\n${renderDiagnostics(diagnostics)}`;
}
