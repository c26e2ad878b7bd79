/** `kestrel doctor`: what this machine offers, what is missing, and whether a configuration can be used. */
import { loadConfig, type ParsedConfig } from "../agent/config.ts";
import { examine } from "../agent/doctor.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { doctorText } from "../console/doctor-text.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import { type DiagnosticReport, reportDiagnostic } from "../diagnostic/report.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";

export async function doctorCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const path = args.text("config");
  const parsed = path === undefined ? null : loadConfig(path);
  const report = await examine();
  if (args.text("format") === "json") {
    const config = parsed === null ? {} : { config: configReport(path!, parsed) };
    context.out(`${JSON.stringify({ ...report, ...config })}\n`);
  } else {
    context.out(doctorText(report, context.paintOut));
    if (parsed !== null) context.out(`\n${configText(path!, parsed)}`);
  }
  return parsed !== null && hasErrors(parsed.diagnostics) ? exitCodes.findings : exitCodes.ok;
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
