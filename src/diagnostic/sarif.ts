/** Diagnostics as a SARIF 2.1.0 log, which code hosts and editors show beside the text. */
import type { Diagnostic } from "./diagnostic.ts";
import { type DiagnosticReport, reportDiagnostic } from "./report.ts";

/** The program that found the diagnostics. */
export interface SarifTool {
  readonly name: string;
  readonly version: string;
}

/** The part of SARIF's `sarifLog` object that is written. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly SarifRun[];
}

/** One run of the tool; `columnKind` says that columns count UTF-16 units. */
export interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version: string;
      readonly rules: readonly { readonly id: string }[];
    };
  };
  readonly columnKind: "utf16CodeUnits";
  readonly results: readonly SarifResult[];
}

/** One diagnostic; `ruleIndex` points into the driver's `rules`. */
export interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: "error" | "warning";
  readonly message: { readonly text: string };
  readonly locations: readonly SarifLocation[];
}

export interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: {
      readonly startLine: number;
      readonly startColumn: number;
      readonly endLine: number;
      readonly endColumn: number;
    };
  };
}

/** A log with one run that holds `diagnostics` in the given order. */
export function sarifLog(diagnostics: readonly Diagnostic[], tool: SarifTool): SarifLog {
  const codes = [...new Set(diagnostics.map((diagnostic) => diagnostic.code))].sort();
  const indexes = new Map(codes.map((code, index) => [code, index]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: tool.name, version: tool.version, rules: codes.map((id) => ({ id })) },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((diagnostic) =>
          sarifResult(reportDiagnostic(diagnostic), indexes.get(diagnostic.code)!),
        ),
      },
    ],
  };
}

function sarifResult(report: DiagnosticReport, ruleIndex: number): SarifResult {
  const help = report.help === undefined ? "" : `\n\nhelp: ${report.help}`;
  return {
    ruleId: report.code,
    ruleIndex,
    level: report.severity,
    message: { text: report.message + help },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(report.file) },
          region: {
            startLine: report.line,
            startColumn: report.column,
            endLine: report.endLine,
            endColumn: report.endColumn,
          },
        },
      },
    ],
  };
}

/** A path as a relative URI reference; an absolute one becomes a `file:` URI. */
function uriOf(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  const encoded = slashed
    .split("/")
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd")))
    .join("/");
  return slashed.startsWith("/") ? `file://${encoded}` : encoded;
}
