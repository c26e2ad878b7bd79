/** `kestrel test`: runs the tests that rules carry. */
import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { loadSchema, prepareRules } from "../agent/prepare.ts";
import { monotonicMs } from "../base/clock.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import { plural } from "../eql/check-errors.ts";
import { junitReport } from "../study/junit.ts";
import { type RuleTestReport, runRuleTests } from "../study/rule-test.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, requireRuleFiles } from "./rule-options.ts";

export async function testCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const options = prepareOptions(args);
  const prepared = prepareRules(options);
  requireRuleFiles(prepared.loaded);
  const startMs = monotonicMs();
  const report = runRuleTests(prepared.loaded.rules, {
    schema: loadSchema(args.text("schema-extension")),
    backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
    limits: options.limits,
    ...(options.schema === undefined ? {} : { mode: options.schema }),
  });
  const seconds = (monotonicMs() - startMs) / 1000;
  context.out(render(args.text("format") ?? "text", report, seconds, context));
  const errors = [...prepared.loaded.diagnostics, ...report.diagnostics].filter(
    (diagnostic) => diagnostic.severity === "error",
  );
  if (errors.length > 0) context.err(renderDiagnostics(errors, { colour: false }));
  const isGood = errors.length === 0 && report.results.every((result) => result.passed);
  return isGood ? exitCodes.ok : exitCodes.findings;
}

function render(
  format: string,
  report: RuleTestReport,
  seconds: number,
  context: CommandContext,
): string {
  if (format === "junit") return junitReport(report, seconds);
  if (format === "json") return `${JSON.stringify(summary(report))}\n`;
  const paint = context.paintOut;
  const lines = report.results.map(({ rule, test, passed, message }) => {
    const verdict = passed ? paint("good", "pass") : paint("bad", "FAIL");
    return `${verdict}  ${rule.name}: ${test.name}${passed ? "" : `\n      ${message}`}`;
  });
  const { passed, failed, untested, invalid } = summary(report);
  lines.push(
    `${passed} passed, ${failed} failed; ${plural(untested, "rule")} without tests, ${invalid} invalid`,
  );
  return `${lines.join("\n")}\n`;
}

function summary(report: RuleTestReport): {
  passed: number;
  failed: number;
  untested: number;
  invalid: number;
  results: readonly {
    rule: string;
    path: string;
    test: string;
    passed: boolean;
    message: string;
  }[];
} {
  const passed = report.results.filter((result) => result.passed).length;
  return {
    passed,
    failed: report.results.length - passed,
    untested: report.untested.length,
    invalid: report.invalid.length,
    results: report.results.map((result) => ({
      rule: result.rule.id,
      path: result.rule.path,
      test: result.test.name,
      passed: result.passed,
      message: result.message,
    })),
  };
}
