/** The campaigns in short; `npm run campaign` runs them whole. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sha256Hex } from "../../src/base/hash.ts";
import { parseRuleFile } from "../../src/rule/parse.ts";
import { mutateLines, mutateRules, ruleFiles } from "./campaign.ts";

const seed = Number(process.env["SEED"] ?? 20_261_124);

test(`damaged rules are refused with a reason or compile (seed ${seed})`, () => {
  const tally = mutateRules(ruleFiles("rules"), 1000, seed);
  // The canary: a campaign in which everything passes, or nothing does, tries nothing.
  assert.ok(tally.refused > 100, `only ${tally.refused} of ${tally.mutants} were refused`);
  assert.ok(tally.compiled > 100, `only ${tally.compiled} of ${tally.mutants} compiled`);
});

test(`damaged events are rejected or read, and no valid one is lost (seed ${seed})`, () => {
  const rules = ruleFiles("rules").flatMap((file) => parseRuleFile(file, sha256Hex).rules);
  const lines = readFileSync("examples/attack.jsonl", "utf8").trimEnd().split("\n");
  const tally = mutateLines(rules, lines, 5000, seed);
  assert.ok(tally.rejected > 500, `only ${tally.rejected} of ${tally.lines} were rejected`);
});
