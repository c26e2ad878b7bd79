/** Diagnostics as plain objects, for JSON output. */
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { positionOf } from "./source.ts";

/** One diagnostic as `--format json` prints it; lines and columns count from 1, the end is exclusive. */
export interface DiagnosticReport {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly label?: string;
  readonly help?: string;
}

/** The diagnostic with its place as lines and columns (in UTF-16 units). */
export function reportDiagnostic(diagnostic: Diagnostic): DiagnosticReport {
  const { severity, code, message, source, span, label, help } = diagnostic;
  const start = positionOf(source.text, span.start);
  const end = positionOf(source.text, span.end);
  return {
    severity,
    code,
    message,
    file: source.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(label === undefined ? {} : { label }),
    ...(help === undefined ? {} : { help }),
  };
}
