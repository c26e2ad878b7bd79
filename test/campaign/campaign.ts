/** Bad input in bulk: each mutant must be a diagnostic or a counted reject, and harm nothing beside it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { hasErrors } from "../../src/diagnostic/diagnostic.ts";
import { Detector } from "../../src/engine/detector.ts";
import { compileRules } from "../../src/rule/compile.ts";
import { isRulePath, parseRuleFile } from "../../src/rule/parse.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import { mutate } from "./mutate.ts";

export interface RuleTally {
  mutants: number;
  /** Mutants that gave no rule, with an error that says why. */
  refused: number;
  compiled: number;
}

export interface LineTally {
  lines: number;
  accepted: number;
  rejected: number;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Rule files below a folder. */
export function ruleFiles(folder: string): TextFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(isRulePath)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

/** Compiles `count` damaged rule files, each beside a good rule that must not suffer. */
export function mutateRules(files: readonly TextFile[], count: number, seed: number): RuleTally {
  const random = new Prng(seed);
  const schema = builtInSchema();
  const tally: RuleTally = { mutants: 0, refused: 0, compiled: 0 };
  const good = parseRuleFile({ path: "good.eql", text: "process where true" }, sha256Hex).rules;
  for (; tally.mutants < count; tally.mutants += 1) {
    const file = random.pick(files);
    const text = mutate(file.text, random);
    const parsed = parseRuleFile({ path: file.path, text }, sha256Hex);
    const { set, diagnostics, invalid } = compileRules([...good, ...parsed.rules], { schema });
    assert.ok(set.rules.some(isGood), "the good rule was lost");
    assert.equal(set.rules.length + invalid.length, 1 + parsed.rules.length);
    if (invalid.length > 0) assert.ok(hasErrors(diagnostics), "refused without an error");
    if (parsed.rules.length === 0) {
      assert.ok(parsed.diagnostics.length > 0 || text.trim() === "", "no rule and no reason");
    }
    if (set.rules.length > 1) tally.compiled += 1;
    else tally.refused += 1;
  }
  return tally;
}

/** Pushes `count` lines, every second one damaged, and counts what became of them. */
export function mutateLines(
  rules: readonly Rule[],
  lines: readonly string[],
  count: number,
  seed: number,
): LineTally {
  const random = new Prng(seed);
  const { set } = compileRules(rules, { schema: builtInSchema() });
  const detector = new Detector({ rules: set, onAlert: () => {} });
  const tally: LineTally = { lines: 0, accepted: 0, rejected: 0 };
  for (; tally.lines < count; tally.lines += 1) {
    const line = random.pick(lines);
    const isDamaged = tally.lines % 2 === 1;
    const { kind } = detector.push(isDamaged ? mutate(line, random).replaceAll("\n", " ") : line);
    if (!isDamaged) assert.equal(kind, "accepted", "a valid line was lost beside a bad one");
    tally[kind] += 1;
  }
  detector.close();
  const { events, rejected, gaps, heartbeats } = detector.counters;
  assert.equal(events + gaps + heartbeats, tally.accepted);
  assert.equal(rejected, tally.rejected);
  return tally;
}

function isGood({ rule }: { readonly rule: Rule }): boolean {
  return rule.path === "good.eql";
}
