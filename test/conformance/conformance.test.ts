/** The public result vectors, where they lie beside the repository. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { backendNames } from "../../src/agent/backends.ts";
import { runFolder } from "./main.ts";

const folder = join(process.cwd(), "..", "shared", "corpus", "vectors");
const skip = existsSync(folder) ? false : "the corpus is not beside the repository";

for (const backend of backendNames) {
  test(`${backend}: every vector gives its result, but for those with a reason`, { skip }, () => {
    const lines: string[] = [];
    const tally = runFolder(folder, backend, (line) => lines.push(line));
    assert.equal(tally.failed, 0, lines.join("\n"));
    assert.ok(tally.passed > 0, "no vector was found");
  });
}
