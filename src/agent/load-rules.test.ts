import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadRules } from "./load-rules.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-load-"));
after(() => rmSync(folder, { recursive: true }));
const query = "process where true";

function put(path: string, text: string): void {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, text);
}

test("folders are read recursively, by path; other files are left alone", () => {
  put("a/z.eql", query);
  put("a/b/inner.eql", query);
  put("a/README.md", "# rules");
  put("a/notes.txt", "");
  put("a/B.EQL", query);
  const { rules, problems, brokenFiles } = loadRules([join(folder, "a")]);
  assert.deepEqual(
    rules.map((rule) => rule.path),
    ["B.EQL", "b/inner.eql", "z.eql"],
  );
  assert.deepEqual(problems, []);
  assert.equal(brokenFiles, 0);
});

test("a single file is its own folder", () => {
  put("single.eql", query);
  const { rules } = loadRules([join(folder, "single.eql")]);
  assert.deepEqual(
    rules.map((rule) => rule.path),
    ["single.eql"],
  );
});

test("a folder that is linked into itself is read once", () => {
  put("loop/one.eql", query);
  mkdirSync(join(folder, "loop/deep"));
  symlinkSync(join(folder, "loop"), join(folder, "loop/deep/again"));
  const { rules, problems } = loadRules([join(folder, "loop")]);
  assert.equal(rules.length, 1);
  assert.deepEqual(problems, []);
});

test("a broken file is reported and the good ones beside it load", () => {
  put("mixed/good.eql", query);
  put("mixed/bad.json", '{"id": ');
  put("mixed/bad.toml", "[rule\n");
  const { rules, diagnostics, brokenFiles } = loadRules([join(folder, "mixed")]);
  assert.equal(rules.length, 1);
  assert.equal(brokenFiles, 2);
  assert.deepEqual(
    [...new Set(diagnostics.map(({ source }) => source.name))],
    ["bad.json", "bad.toml"],
  );
});

test("what can't be read is a problem, at the root or below it", () => {
  put("links/good.eql", query);
  symlinkSync(join(folder, "nowhere"), join(folder, "links/dangling.eql"));
  const missing = join(folder, "missing");
  const { rules, problems } = loadRules([missing, join(folder, "links")]);
  assert.equal(rules.length, 1);
  assert.deepEqual(problems, [
    { path: missing, message: "no such file or folder", root: true },
    { path: join(folder, "links/dangling.eql"), message: "no such file or folder", root: false },
  ]);
});
