import assert from "node:assert/strict";
import test from "node:test";
import type { Diagnostic } from "./diagnostic.ts";
import { reportDiagnostic } from "./report.ts";
import { sarifLog } from "./sarif.ts";

const source = { name: "rules/my rule.eql", text: "first\nsecond line\nthird" };

const full: Diagnostic = {
  severity: "error",
  code: "b-code",
  message: "wrong",
  source,
  span: { start: 13, end: 20 },
  label: "here",
  help: "mend it",
};

const plain: Diagnostic = {
  severity: "warning",
  code: "a-code",
  message: "odd",
  source,
  span: { start: 0, end: 5 },
};

test("a report has lines and columns from 1, with an exclusive end", () => {
  assert.deepEqual(reportDiagnostic(full), {
    severity: "error",
    code: "b-code",
    message: "wrong",
    file: "rules/my rule.eql",
    line: 2,
    column: 8,
    endLine: 3,
    endColumn: 3,
    label: "here",
    help: "mend it",
  });
});

test("a report leaves out a label and a help that are not there", () => {
  const report = reportDiagnostic(plain);
  assert.equal("label" in report, false);
  assert.equal("help" in report, false);
  assert.deepEqual([report.line, report.column, report.endLine, report.endColumn], [1, 1, 1, 6]);
});

test("a SARIF log names the tool, each code once, and each place", () => {
  const log = sarifLog([full, plain, full], { name: "kestrel", version: "1.2.3" });
  assert.equal(log.version, "2.1.0");
  const run = log.runs[0]!;
  assert.equal(log.runs.length, 1);
  assert.equal(run.columnKind, "utf16CodeUnits");
  assert.deepEqual(run.tool.driver, {
    name: "kestrel",
    version: "1.2.3",
    rules: [{ id: "a-code" }, { id: "b-code" }],
  });
  assert.deepEqual(
    run.results.map((result) => [result.ruleId, result.ruleIndex, result.level]),
    [
      ["b-code", 1, "error"],
      ["a-code", 0, "warning"],
      ["b-code", 1, "error"],
    ],
  );
  assert.match(run.results[0]!.message.text, /^wrong\n\nhelp: mend it$/);
  assert.deepEqual(run.results[0]!.locations[0]!.physicalLocation, {
    artifactLocation: { uri: "rules/my%20rule.eql" },
    region: { startLine: 2, startColumn: 8, endLine: 3, endColumn: 3 },
  });
});

test("an absolute path becomes a file URI, and a broken one is no exception", () => {
  const uri = (name: string): string => {
    const diagnostic = { ...plain, source: { name, text: "abcdef" } };
    const log = sarifLog([diagnostic], { name: "kestrel", version: "1" });
    return log.runs[0]!.results[0]!.locations[0]!.physicalLocation.artifactLocation.uri;
  };
  assert.equal(uri("/etc/a#b.eql"), "file:///etc/a%23b.eql");
  assert.equal(uri("a\\b.eql"), "a/b.eql");
  assert.equal(uri("\ud800.eql"), "%EF%BF%BD.eql");
});
