/** What keeps rules out of a set, as texts that can be compared. */
import { renderDiagnostic } from "../diagnostic/render.ts";
import type { PreparedRules } from "./prepare.ts";

/** Errors of files and rules, one text each. */
export function ruleErrors({ loaded, compiled }: PreparedRules): string[] {
  return [
    ...loaded.problems.map(({ path, message }) => `can't read ${path}: ${message}`),
    ...[...loaded.diagnostics, ...compiled.diagnostics]
      .filter(({ severity }) => severity === "error")
      .map((diagnostic) => renderDiagnostic(diagnostic).trimEnd()),
  ];
}
