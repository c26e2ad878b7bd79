/** Every case of spec/ on every backend, in batches of several sizes. `UPDATE=1` rewrites them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { backendNames, findBackend } from "../../src/agent/backends.ts";
import type { Backend } from "../../src/predicate/contract.ts";
import { plainBackend } from "../../src/predicate/interpret/interpret.ts";
import { readSpecCase, runSpecCase, type SpecCase } from "./spec-case.ts";

const folder = join(process.cwd(), "spec");
const batchSizes = [1, 2, 1024];

function caseFiles(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return caseFiles(child);
    return entry.name.endsWith(".txtar") ? [child] : [];
  });
}

function expected(spec: SpecCase): string[] {
  if (spec.diagnostics !== null) return [...spec.diagnostics];
  return (spec.alerts ?? []).map((line) => JSON.stringify(JSON.parse(line)));
}

function update(path: string, text: string, got: readonly string[]): void {
  const mark = /^-- (alerts\.jsonl|diagnostics) --\n/m.exec(text);
  if (mark === null) return;
  const kept = text.slice(0, mark.index + mark[0].length);
  writeFileSync(path, kept + got.map((line) => `${line}\n`).join(""));
}

const files = caseFiles(folder);

test("spec/ holds at least 300 cases", () => {
  assert.ok(files.length >= 300, `${files.length} cases`);
});

/** Every back end, and the oracle that evaluates each rule on each event by itself. */
const backends: readonly (readonly [string, Backend])[] = [
  ...backendNames.map((name) => [name, findBackend(name)] as const),
  ["plain", plainBackend],
];

for (const [name, backend] of backends) {
  for (const path of files) {
    test(`${name}: ${relative(folder, path)}`, () => {
      const text = readFileSync(path, "utf8");
      const spec = readSpecCase(text);
      for (const size of batchSizes) {
        const got = runSpecCase(spec, backend, size);
        if (process.env["UPDATE"] === "1") update(path, text, got);
        else assert.deepEqual(got, expected(spec), `${spec.prose} (batches of ${size})`);
      }
    });
  }
}
