/** Runs the tests that rules carry. */
import type { Alert } from "../alert/alert.ts";
import type { Limits } from "../base/limits.ts";
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { Detector } from "../engine/detector.ts";
import type { SchemaMode } from "../eql/scope.ts";
import type { Backend } from "../predicate/contract.ts";
import { compileRules } from "../rule/compile.ts";
import type { Rule, RuleTest } from "../rule/rule.ts";
import type { Schema } from "../schema/schema.ts";

export interface RuleTestOptions {
  readonly schema: Schema;
  /** For all rules; without it each format has its own. */
  readonly mode?: SchemaMode;
  readonly backend: Backend;
  readonly limits: Limits;
}

export interface RuleTestResult {
  readonly rule: Rule;
  readonly test: RuleTest;
  readonly passed: boolean;
  /** What was expected and what came, as text; empty when it passed. */
  readonly message: string;
}

export interface RuleTestReport {
  readonly results: readonly RuleTestResult[];
  /** Rules that have no tests. */
  readonly untested: readonly Rule[];
  /** Rules that do not compile; their tests did not run. */
  readonly invalid: readonly Rule[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs every test of every rule, each in an engine of its own that holds that rule alone. */
export function runRuleTests(rules: readonly Rule[], options: RuleTestOptions): RuleTestReport {
  const results: RuleTestResult[] = [];
  const invalid: Rule[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const rule of rules) {
    const compiled = compileRules([rule], {
      schema: options.schema,
      limits: options.limits,
      ...(options.mode === undefined ? {} : { mode: options.mode }),
    });
    diagnostics.push(...compiled.diagnostics);
    if (compiled.invalid.length > 0) {
      invalid.push(rule);
      continue;
    }
    for (const test of rule.tests) {
      const matches: number[][] = [];
      const texts = test.events.map((event) => JSON.stringify(event));
      const detector = new Detector({
        rules: compiled.set,
        backend: options.backend,
        limits: options.limits,
        onAlert: (alert) => matches.push(indexesOf(alert, texts)),
      });
      const rejected = texts.map((text) => detector.push(text)).filter(isRejected);
      detector.close();
      results.push(judge(rule, test, matches, rejected.length));
    }
  }
  const untested = rules.filter((rule) => rule.tests.length === 0);
  return { results, untested, invalid, diagnostics };
}

function isRejected(result: { readonly kind: string }): boolean {
  return result.kind === "rejected";
}

/** Which events of the test an alert is made of; -1 for a missing one. */
function indexesOf(alert: Alert, texts: readonly string[]): number[] {
  let from = 0;
  return alert.match.map(({ event }) => {
    if (event === null) return -1;
    const ahead = texts.indexOf(event, from);
    const index = ahead === -1 ? texts.indexOf(event) : ahead;
    from = index + 1;
    return index;
  });
}

function judge(
  rule: Rule,
  test: RuleTest,
  matches: readonly (readonly number[])[],
  rejected: number,
): RuleTestResult {
  const problems: string[] = [];
  if (rejected > 0) problems.push(`${rejected} of its events are not valid`);
  if (typeof test.expect === "number") {
    if (matches.length !== test.expect) {
      problems.push(`expected ${test.expect} alerts, got ${matches.length}`);
    }
  } else {
    const wanted = JSON.stringify(test.expect.map((match) => match.map((index) => index ?? -1)));
    const got = JSON.stringify(matches);
    if (wanted !== got) problems.push(`expected matches ${wanted}, got ${got}`);
  }
  return { rule, test, passed: problems.length === 0, message: problems.join("; ") };
}
