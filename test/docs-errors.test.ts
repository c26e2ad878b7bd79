/** docs/errors.md against the source: every code is explained, every example gives its code. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exitCodes } from "../src/agent/exit-codes.ts";
import { sha256Hex } from "../src/base/hash.ts";
import type { Diagnostic } from "../src/diagnostic/diagnostic.ts";
import { Detector } from "../src/engine/detector.ts";
import { compileRules } from "../src/rule/compile.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

const root = process.cwd();
const document: string = readFileSync(join(root, "docs/errors.md"), "utf8");

interface Row {
  readonly section: string;
  readonly code: string;
  /** Null where none is short enough to be shown. */
  readonly example: string | null;
}

/** The table rows of each section: code, meaning, example, remedy. */
function rowsOf(text: string): Row[] {
  return text.split(/^## /m).flatMap((part) => {
    const section = part.slice(0, part.indexOf("\n"));
    return [...part.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)].map((match) => {
      const cells = match[2]!.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { section, code: match[1]!, example: unquote(cells[1] ?? "") };
    });
  });
}

/** The text of a code span; two backticks enclose a text that has some. */
function unquote(cell: string): string | null {
  const text = /^(`+)(.*)\1$/s.exec(cell)?.[2];
  return text === undefined ? null : text.replaceAll("\\|", "|");
}

const rows: readonly Row[] = rowsOf(document);

const anyCode = /"([a-z]+(?:-[a-z]+)+)"/g;
const givenCode = /(?:\bcode: |#reject\(\s*)"[a-z-]+"(?: \| "[a-z-]+")*/g;

/** Codes are the kebab-case texts of the error tables, and what is given as a code elsewhere. */
function codesInSources(): Set<string> {
  const codes = new Set<string>();
  for (const name of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || /\.(test|suite|fuzz|fixture)\.ts$/.test(name)) continue;
    const text = readFileSync(join(root, "src", name), "utf8");
    for (const match of text.matchAll(/errors\.ts$/.test(name) ? anyCode : givenCode)) {
      for (const [, code] of match[0].matchAll(anyCode)) codes.add(code!);
    }
  }
  return codes;
}

test("every code in the sources is explained, and every code explained is in the sources", () => {
  const inSources = codesInSources();
  for (const known of ["unknown-field", "bad-regex", "unsupported-regex", "bad-gap", "too-deep"]) {
    assert.ok(inSources.has(known), `${known} is not found in the sources`);
  }
  const explained = rows.filter(({ section }) => section !== "Exit codes").map(({ code }) => code);
  assert.deepEqual([...explained].sort(), [...inSources].sort());
});

test("every exit code is explained", () => {
  const explained = rows.filter(({ section }) => section === "Exit codes").map(({ code }) => code);
  assert.deepEqual(explained.map(Number), Object.values(exitCodes));
});

function diagnose(path: string, text: string): readonly Diagnostic[] {
  const file = parseRuleFile({ path, text }, sha256Hex);
  const nowNs = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
  const compiled = compileRules(file.rules, { schema: builtInSchema(), nowNs });
  return [...file.diagnostics, ...compiled.diagnostics];
}

function codesOf(diagnostics: readonly Diagnostic[]): string[] {
  return [...new Set(diagnostics.map(({ code }) => code))];
}

test("every example of a diagnostic gives that code", () => {
  const examples = rows.filter(({ section }) => section.startsWith("Diagnostics"));
  assert.ok(examples.length > 80);
  const got = examples.flatMap(({ section, code, example }) => {
    if (example === null) return [];
    const path = section.endsWith("rule files") ? "a.yaml" : "a.eql";
    return [[code, codesOf(diagnose(path, example))] as const];
  });
  assert.deepEqual(
    got.filter(([code, codes]) => !codes.includes(code)),
    [],
  );
});

test("the remarks that are called warnings are warnings, and all others errors", () => {
  const lines = document.split("\n").filter((line) => /^\| `[a-z-]+` \|.*\|$/.test(line));
  for (const { section, code, example } of rows) {
    if (example === null || !section.startsWith("Diagnostics")) continue;
    const path = section.endsWith("rule files") ? "a.yaml" : "a.eql";
    const { severity } = diagnose(path, example).find((found) => found.code === code)!;
    const line = lines.find((text) => text.startsWith(`| \`${code}\` |`))!;
    const isCalledWarning = /^\| `[a-z-]+` \| warning\b/.test(line);
    assert.equal(severity === "warning", isCalledWarning, code);
  }
});

test("every example of a rejected event is rejected with that code", () => {
  const { set } = compileRules([], { schema: builtInSchema() });
  const detector = new Detector({ rules: set, onAlert: () => undefined });
  const examples = rows.filter(({ section }) => section === "Rejected events");
  for (const { code, example } of examples) {
    if (example === null) continue;
    const result = detector.push(example);
    assert.equal(result.kind === "rejected" ? result.code : result.kind, code, example);
  }
});
