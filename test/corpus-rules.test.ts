import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";
import { parseRuleFile } from "../src/rule/parse.ts";
import { mapQueryOffset } from "../src/rule/query-place.ts";

/** Beside the project, never in it; tests run in the project's folder. */
const folder: string = resolve("../shared/corpus/rules");

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function corpusPaths(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".toml"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

test("every rule file of the corpus gives exactly one rule and no error", {
  skip: existsSync(folder) ? false : "../shared/corpus is missing",
}, () => {
  const paths = corpusPaths();
  assert.equal(paths.length >= 1572, true, `${paths.length} files`);
  for (const path of paths) {
    const text = readFileSync(join(folder, path), "utf8");
    const { rules, diagnostics } = parseRuleFile({ path, text }, sha256Hex);
    assert.deepEqual(
      diagnostics.map(({ code, message }) => `${code}: ${message}`),
      [],
      path,
    );
    assert.equal(rules.length, 1, path);
    const rule = rules[0]!;
    const isEndpoint = path.startsWith("endpoint-behavior");
    assert.equal(rule.format, isEndpoint ? "endpoint" : "detection-rules", path);
    assert.ok(rule.threat.length > 0 || !text.includes(".technique]]"), path);
    for (let i = 0; i < rule.query.length; i += 1) {
      const found = text[mapQueryOffset(rule, i)];
      assert.ok(found === rule.query[i] || found === "\\", `${path} at ${i}`);
    }
  }
});
