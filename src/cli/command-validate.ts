/** `kestrel validate`: diagnostics for rules. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { type PreparedRules, prepareRules } from "../agent/prepare.ts";
import { wallNs } from "../base/clock.ts";
import { grouped } from "../console/summary-text.ts";
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import { reportDiagnostic } from "../diagnostic/report.ts";
import { sarifLog } from "../diagnostic/sarif.ts";
import { engineVersion } from "../engine/version.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions } from "./rule-options.ts";

/** Counts of rules; `rules` = `valid` + `invalid`. */
interface RuleCounts {
  readonly rules: number;
  readonly valid: number;
  readonly invalid: number;
  /** Rules with a warning. */
  readonly warnings: number;
}

export async function validateCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const files = args.rest(0);
  const options = prepareOptions(args);
  const paths = files.length === 0 ? options.rules : [...args.texts("rules"), ...files];
  const prepared = prepareRules({ ...options, rules: paths, nowNs: wallNs() });
  const diagnostics = [...prepared.loaded.diagnostics, ...prepared.compiled.diagnostics];
  const counts = countRules(prepared, diagnostics);
  context.out(render(args.text("format") ?? "text", counts, diagnostics, context));
  for (const { path, message } of prepared.loaded.problems) {
    context.log.error(`can't read ${path}: ${message}`);
  }
  if (prepared.loaded.problems.length > 0) return exitCodes.usage;
  return counts.invalid > 0 ? exitCodes.findings : exitCodes.ok;
}

function countRules(prepared: PreparedRules, diagnostics: readonly Diagnostic[]): RuleCounts {
  const valid = prepared.compiled.set.rules.length;
  const invalid = prepared.loaded.brokenFiles + prepared.compiled.invalid.length;
  const warned = new Set(
    diagnostics.flatMap(({ severity, source }) => (severity === "warning" ? [source] : [])),
  );
  return { rules: valid + invalid, valid, invalid, warnings: warned.size };
}

function render(
  format: string,
  counts: RuleCounts,
  diagnostics: readonly Diagnostic[],
  context: CommandContext,
): string {
  switch (format) {
    case "json":
      return `${JSON.stringify({ ...counts, diagnostics: diagnostics.map(reportDiagnostic) })}\n`;
    case "sarif": {
      const log = sarifLog(diagnostics, { name: "kestrel", version: engineVersion });
      return `${JSON.stringify(log, null, 2)}\n`;
    }
    default: {
      const text = renderDiagnostics(diagnostics, { colour: context.colorOut });
      return `${text}${text === "" ? "" : "\n"}${countsText(counts, context)}`;
    }
  }
}

function countsText(counts: RuleCounts, context: CommandContext): string {
  const { paintOut } = context;
  const parts = [
    `${grouped(counts.rules)} ${counts.rules === 1 ? "rule" : "rules"}: `,
    paintOut("good", `${grouped(counts.valid)} valid`),
    ", ",
    paintOut(counts.invalid > 0 ? "bad" : "faint", `${grouped(counts.invalid)} invalid`),
    ", ",
    paintOut(counts.warnings > 0 ? "warn" : "faint", `${grouped(counts.warnings)} with warnings`),
  ];
  return `${parts.join("")}\n`;
}
