/** What is wrong with a text: a value that is returned, never an exception. */
import type { SourceText, Span } from "./source.ts";

export type Severity = "error" | "warning";

/** A remark on a text, rendered by `render.ts`, `report.ts` (JSON) and `sarif.ts`. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable kebab-case code, documented in docs/errors.md: `unknown-field`. */
  readonly code: string;
  /** One sentence without a full stop: "no field `process.nam` on event category `process`". */
  readonly message: string;
  readonly source: SourceText;
  readonly span: Span;
  /** Short text under the marked place: "unknown field". */
  readonly label?: string;
  /** How to mend it, where something helpful can be said. */
  readonly help?: string;
}

/** At most this many are reported for one text. */
export const maxDiagnostics = 100;

/** By place, then errors before warnings, then code; at most `maxDiagnostics`. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics]
    .sort(
      (a, b) =>
        compareText(a.source.name, b.source.name) ||
        a.span.start - b.span.start ||
        a.span.end - b.span.end ||
        compareText(a.severity, b.severity) ||
        compareText(a.code, b.code),
    )
    .slice(0, maxDiagnostics);
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
