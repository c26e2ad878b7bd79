import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex } from "../base/hash.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { blindRules } from "./blindness.ts";
import { GapLog, type LostSpan } from "./gap-log.ts";

const rules = compile({
  "any.eql": "any where true",
  "file.eql": 'file where file.name == "x"',
  "process.eql": 'process where process.name == "x"',
  "both.eql": "sequence by host.id [process where true] [file where true]",
});

function compile(files: Readonly<Record<string, string>>): RuleSet {
  const parsed = Object.entries(files).flatMap(
    ([path, text]) => parseRuleFile({ path, text }, sha256Hex).rules,
  );
  return compileRules(parsed, { schema: builtInSchema() }).set;
}

function span(from: number, to: number, ...categories: string[]): LostSpan {
  const [fromNs, toNs] = [BigInt(from) * 1_000_000_000n, BigInt(to) * 1_000_000_000n];
  return { fromNs, toNs, categories };
}

function blind(...spans: LostSpan[]): (readonly [string, number])[] {
  return blindRules(rules, spans).map(({ rule, seconds }) => [rule, seconds]);
}

test("without gaps no rule is blind", () => {
  assert.deepEqual(blind(), []);
});

test("a gap that names no category blinds all rules", () => {
  assert.deepEqual(blind(span(10, 12)), [
    ["any.eql", 2],
    ["both.eql", 2],
    ["file.eql", 2],
    ["process.eql", 2],
  ]);
});

test("a gap blinds the rules that ask for its categories, also by one step", () => {
  assert.deepEqual(blind(span(1, 4, "Process")), [
    ["any.eql", 3],
    ["both.eql", 3],
    ["process.eql", 3],
  ]);
});

test("time that two gaps share counts once, whatever order they come in", () => {
  const expected = [
    ["any.eql", 13],
    ["both.eql", 13],
    ["process.eql", 10],
    ["file.eql", 6],
  ];
  const spans = [span(20, 24, "process"), span(0, 6, "process"), span(3, 9, "file")];
  assert.deepEqual(blind(...spans), expected);
  assert.deepEqual(blind(...spans.reverse()), expected);
});

test("a moment is no time, and yet told", () => {
  assert.deepEqual(blind(span(5, 5, "file")), [
    ["any.eql", 0],
    ["both.eql", 0],
    ["file.eql", 0],
  ]);
});

test("gaps that are too many to be remembered are joined, so that no time is left out", () => {
  const log = new GapLog(2);
  for (const at of [0, 10, 20]) log.add({ source: "s", lost: 1, ...span(at, at + 1, "file") });
  assert.deepEqual(blind(...log.spans), [
    ["any.eql", 12],
    ["both.eql", 12],
    ["file.eql", 12],
  ]);
});
