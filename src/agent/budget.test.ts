import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBudget } from "./budget.ts";

const ids: ReadonlySet<string> = new Set(["shell", "pair", "7"]);

test("a budget is read from YAML and from JSON", () => {
  const wanted = {
    events: 4,
    total: 10,
    default: 3,
    rules: new Map([
      ["shell", 0],
      ["7", 2],
    ]),
  };
  const yaml = "events: 4\ntotal: 10\ndefault: 3\nrules:\n  shell: 0\n  7: 2\n";
  assert.deepEqual(parseBudget(yaml, ids), { budget: wanted, problems: [] });
  const json = '{"events":4,"total":10,"default":3,"rules":{"shell":0,"7":2}}';
  assert.deepEqual(parseBudget(json, ids), { budget: wanted, problems: [] });
});

const wrong: readonly (readonly [text: string, line: number, message: RegExp])[] = [
  ["", 1, /^a budget is one map with the keys events, total, default, rules$/],
  ["- 1", 1, /^a budget is one map/],
  ["total: 1\n---\ntotal: 2", 1, /^a budget is one map/],
  ["total: [1", 1, /./],
  ["total: 1\ntotal: 2", 2, /./],
  ["total: 1\ntotl: 2", 2, /^unknown key `totl`: did you mean `total`\?$/],
  ["total: -1", 1, /^`total` must be a whole number from 0 on, not -1$/],
  ["default: 1.5", 1, /^`default` must be a whole number from 0 on, not 1\.5$/],
  ["events: many", 1, /^`events` must be a whole number from 0 on, not a text$/],
  ["total: 1e300", 1, /^`total` must be a whole number from 0 on, not 1e300$/],
  ["total: .nan", 1, /^`total` must be a whole number from 0 on, not \.nan$/],
  ["total:", 1, /^`total` must be a whole number from 0 on, not null$/],
  ["rules: 3", 1, /^`rules` must be a map of rule ids to limits, not a number$/],
  ["rules:\n  shel: 3", 2, /^no rule `shel`: did you mean `shell`\?$/],
  ["rules:\n  other: 3", 2, /^no rule `other`$/],
  ["rules:\n  shell: -2", 2, /^`shell` must be a whole number from 0 on, not -2$/],
];

for (const [text, line, message] of wrong) {
  test(`a wrong budget is told with its line: ${JSON.stringify(text)}`, () => {
    const { problems } = parseBudget(text, ids);
    assert.ok(
      problems.some((problem) => problem.line === line && message.test(problem.message)),
      JSON.stringify(problems),
    );
  });
}

test("all that is wrong is told at once", () => {
  const text = "total: -1\nrules:\n  shel: 1\n  pair: x\nmore: 1";
  assert.deepEqual(
    parseBudget(text, ids).problems.map(({ line }) => line),
    [1, 3, 4, 5],
  );
});
