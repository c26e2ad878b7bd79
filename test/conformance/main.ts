/** `npm run conformance -- DIR [--backend B]`: runs every vector file in DIR. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBackend } from "../../src/agent/backends.ts";
import { createDatasetLoader } from "./dataset.ts";
import { type RunContext, runVector } from "./run-vector.ts";
import type { Reason, Vector } from "./vector.ts";

export interface Tally {
  passed: number;
  failed: number;
  reasoned: number;
}

/** Runs all vectors of a folder; `print` takes the lines for people. */
export function runFolder(folder: string, backend: string, print: (line: string) => void): Tally {
  const context: RunContext = {
    backend: findBackend(backend),
    dataset: createDatasetLoader(folder),
  };
  const reasons = readReasons();
  const tally: Tally = { passed: 0, failed: 0, reasoned: 0 };
  for (const vector of readVectors(folder)) {
    const verdict = runVector(vector, context);
    if (verdict.passed) {
      tally.passed += 1;
      continue;
    }
    const error = "expected_error" in vector ? vector.expected_error : undefined;
    const reason = reasons.find(({ match }) => match === vector.id || match === error);
    if (reason === undefined) tally.failed += 1;
    else tally.reasoned += 1;
    const head = reason === undefined ? "failed" : "reasoned";
    print(`${head} ${vector.id}`);
    if (reason !== undefined) print(`  reason:   ${reason.reason}`);
    print(`  expected: ${verdict.expected}`);
    print(`  got:      ${verdict.got}`);
  }
  return tally;
}

function readVectors(folder: string): Vector[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json") && name !== "datasets.json")
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Vector[]);
}

function readReasons(): Reason[] {
  // The compiled file lies in dist/test/conformance, the reasons in test/conformance.
  const path = new URL("../../../test/conformance/reasons.json", import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as Reason[];
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { backend: { type: "string", default: "interpret" } },
  });
  const folder = positionals[0];
  if (folder === undefined) {
    console.error("usage: npm run conformance -- DIR [--backend B]");
    return 2;
  }
  const tally = runFolder(folder, values.backend, (line) => console.log(line));
  const { passed, failed, reasoned } = tally;
  console.log(`${passed} passed, ${failed} failed, ${reasoned} reasoned`);
  return failed > 0 || passed + reasoned === 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
