import assert from "node:assert/strict";
import test from "node:test";
import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostic, renderDiagnostics } from "./render.ts";

function diagnose(text: string, marked: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(marked);
  return {
    severity: "error",
    code: "some-code",
    message: "something is wrong",
    source: { name: "shell.eql", text },
    span: { start, end: start + marked.length },
    ...more,
  };
}

test("an error shows its code, place, line, marks, label and help", () => {
  const diagnostic = diagnose('process where process.nam == "sh"', "process.nam", {
    code: "unknown-field",
    message: "no field `process.nam` on event category `process`",
    label: "unknown field",
    help: "a field with a similar name exists: `process.name`",
  });
  assert.equal(
    renderDiagnostic(diagnostic),
    [
      "error[unknown-field]: no field `process.nam` on event category `process`",
      " --> shell.eql:1:15",
      "  |",
      '1 | process where process.nam == "sh"',
      "  |               ^^^^^^^^^^^ unknown field",
      "  = help: a field with a similar name exists: `process.name`",
      "",
    ].join("\n"),
  );
});

test("a wider line number moves the gutter, and a warning without label or help is short", () => {
  const text = `${"\n".repeat(11)}a\r\nbad\r\n`;
  const diagnostic = diagnose(text, "bad", { severity: "warning" });
  assert.equal(
    renderDiagnostic(diagnostic),
    [
      "warning[some-code]: something is wrong",
      "  --> shell.eql:13:1",
      "   |",
      "13 | bad",
      "   | ^^^",
      "",
    ].join("\n"),
  );
});

test("tabs before the marks are kept, so that the marks stay under the text", () => {
  const lines = renderDiagnostic(diagnose("\tab\t\tbad", "bad")).split("\n");
  assert.equal(lines[3], "1 | \tab\t\tbad");
  assert.equal(lines[4], "  | \t  \t\t^^^");
});

test("of a span over several lines the first is shown", () => {
  const lines = renderDiagnostic(diagnose("one two\nthree", "two\nthr")).split("\n");
  assert.equal(lines[3], "1 | one two");
  assert.equal(lines[4], "  |     ^^^");
  assert.equal(lines.length, 6);
});

test("an empty span at the end of the text gets one mark", () => {
  const diagnostic = diagnose("a and", "a", { span: { start: 5, end: 5 } });
  const lines = renderDiagnostic(diagnostic).split("\n");
  assert.equal(lines[1], " --> shell.eql:1:6");
  assert.equal(lines[4], "  |      ^");
});

test("an empty line has no trailing blank", () => {
  const lines = renderDiagnostic(diagnose("", "", { label: "empty" })).split("\n");
  assert.equal(lines[3], "1 |");
  assert.equal(lines[4], "  | ^ empty");
});

test("wide characters take two columns and combining marks none", () => {
  const lines = renderDiagnostic(diagnose("进程 e\u0301 bad", "bad")).split("\n");
  assert.equal(lines[4], "  |        ^^^");
  const wide = renderDiagnostic(diagnose("a 进程", "进程")).split("\n");
  assert.equal(wide[4], "  |   ^^^^");
});

test("a long line is cut around the marked place", () => {
  const text = `${"a".repeat(500)} bad ${"z".repeat(500)}`;
  const lines = renderDiagnostic(diagnose(text, "bad")).split("\n");
  assert.equal(lines[1], " --> shell.eql:1:502");
  assert.match(lines[3]!, /^1 \| \.\.\.a+ bad z+\.\.\.$/);
  assert.ok(lines[3]!.length < 180);
  assert.equal(lines[4]!.indexOf("^^^"), lines[3]!.indexOf("bad"));
});

test("control characters of the text never reach the terminal", () => {
  const diagnostic = diagnose("a \u001b[31m bad", "bad", { message: "found `\u001b[2J`" });
  assert.equal(renderDiagnostic(diagnostic).includes("\u001b"), false);
});

test("colour is off unless asked for, and changes nothing but the escapes", () => {
  const diagnostic = diagnose("a bad", "bad", { label: "here", help: "mend it" });
  const coloured = renderDiagnostic(diagnostic, { colour: true });
  assert.ok(coloured.startsWith("\u001b[1;31merror[some-code]\u001b[0m: "));
  const plain = ["1;31", "1;34", "0"].reduce(
    (text, ink) => text.replaceAll(`\u001b[${ink}m`, ""),
    coloured,
  );
  assert.equal(plain, renderDiagnostic(diagnostic));
});

test("several diagnostics are parted by a blank line", () => {
  const one = diagnose("a bad", "bad");
  const single = renderDiagnostic(one);
  assert.equal(renderDiagnostics([one, one]), `${single}\n${single}`);
  assert.equal(renderDiagnostics([]), "");
});
