/** The library through its own name, as an embedder imports it, and the examples that documents show. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = process.cwd();
const door: string = pathToFileURL(fileURLToPath(new URL("../src/index.js", import.meta.url))).href;

/** The `js` blocks of a document. */
function examplesIn(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
}

/** Runs an example as a program of its own, with the compiled sources in place of the package. */
function run(example: string): string {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-example-"));
  try {
    const path = join(folder, "example.mjs");
    writeFileSync(path, example.replaceAll('from "kestrel"', `from ${JSON.stringify(door)}`));
    const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the package's name leads to the compiled library", () => {
  const compiled = pathToFileURL(join(root, "dist/src/index.js")).href;
  assert.equal(import.meta.resolve("kestrel"), compiled);
});

test("the README's example prints the alert that it promises, in both languages alike", () => {
  const [example, ...others] = examplesIn("README.md");
  assert.deepEqual(others, []);
  assert.deepEqual(examplesIn("README.zh-CN.md"), [example]);
  const alerts = run(example!).trimEnd().split("\n");
  assert.equal(alerts.length, 1);
  const alert = JSON.parse(alerts[0]!);
  assert.equal(alert.rule.id, "reverse-shell.eql");
  assert.equal(alert.kestrel.match[0].event.process.name, "nc");
});

/** What each example of docs/library.md prints, in order. */
const printed: readonly RegExp[] = [
  /^reverse-shell\.eql nc\n1 [0-9a-f]{64}\n$/,
  /^error\[unknown-field\]: no field `process\.nam` on event category `process`\n/,
  /^\{"count":2,"percent":0\.666\d*,"key":"sh"\}\n$/,
  /^finds netcat: passed\n$/,
  /^rejected bad-timestamp\naccepted\n1 rejected\n$/,
];

test("the examples of docs/library.md print what their comments say", () => {
  const examples = examplesIn("docs/library.md");
  assert.equal(examples.length, printed.length);
  for (const [index, example] of examples.entries()) assert.match(run(example), printed[index]!);
});

test("every name that docs/library.md shows in a table is exported", async () => {
  const library = Object.keys((await import(door)) as object);
  const text = readFileSync(join(root, "docs/library.md"), "utf8");
  const named = [...text.matchAll(/^\| `([A-Za-z0-9]+)[`(]/gm)].map((match) => match[1]!);
  assert.deepEqual([...new Set(named)].sort(), library.sort());
});
