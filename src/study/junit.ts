/** Results of rule tests in the JUnit XML form that CI systems read. */
import type { RuleTestReport, RuleTestResult } from "./rule-test.ts";

/** One test suite; a case's class is the rule's path. */
export function junitReport(report: RuleTestReport, seconds: number): string {
  const failures = report.results.filter((result) => !result.passed).length;
  const counts = `tests="${report.results.length}" failures="${failures}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="kestrel" ${counts} time="${seconds.toFixed(3)}">`,
    ...report.results.map(testCase),
    "</testsuite>",
    "",
  ].join("\n");
}

function testCase({ rule, test, passed, message }: RuleTestResult): string {
  const head = `  <testcase classname="${xmlAttribute(rule.path)}" name="${xmlAttribute(test.name)}"`;
  return passed ? `${head}/>` : `${head}><failure message="${xmlAttribute(message)}"/></testcase>`;
}

/** Escapes text for an attribute; characters that XML can't hold become U+FFFD. */
export function xmlAttribute(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
