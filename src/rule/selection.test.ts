import assert from "node:assert/strict";
import { test } from "node:test";
import { isSelected, joinSelections, parseSelection, parseSelectionFile } from "./selection.ts";

const rule = {
  id: "shell-1",
  tags: ["Linux", "Reverse Shell"],
  severity: "high",
  path: "execution/shell.yaml",
};

/** Whether the rule runs under these terms, which must all be understood. */
function selected(only: readonly string[], disable: readonly string[] = []): boolean {
  const { selection, problems } = parseSelection(only, disable);
  assert.deepEqual(problems, []);
  return isSelected(rule, selection);
}

test("no term at all selects every rule", () => {
  assert.ok(selected([]));
});

test("each form of a term selects by its part of the rule", () => {
  for (const term of [
    "shell-1",
    "id:shell-*",
    "id:shell-?",
    "tag:linux",
    "tag:reverse*",
    "tag:*SHELL",
    "severity:HIGH",
    "path:execution/*",
    "path:*.yaml",
    "path:*",
  ]) {
    assert.ok(selected([term]), term);
    assert.ok(!selected([], [term]), `disable ${term}`);
  }
  for (const term of [
    "shell",
    "SHELL-1",
    "shell-*",
    "id:shell",
    "id:Shell-1",
    "tag:reverse",
    "severity:hig*",
    "path:Execution/*",
    "path:execution",
  ]) {
    assert.ok(!selected([term]), term);
  }
});

test("disable wins over only", () => {
  assert.ok(!selected(["tag:linux"], ["severity:high"]));
  assert.ok(selected(["tag:linux"], ["severity:low"]));
});

test("a glob with many stars answers quickly", () => {
  const { selection } = parseSelection([`id:${"*a".repeat(200)}b`], []);
  assert.ok(!isSelected({ ...rule, id: "a".repeat(2000) }, selection));
});

test("terms that are not understood are named and select nothing", () => {
  const { selection, problems } = parseSelection(["tga:x", "tag:", ""], ["zzz:y"]);
  assert.deepEqual(selection, { only: [], disable: [] });
  assert.equal(problems.length, 4);
  assert.match(problems[0] ?? "", /`tga:x`.*`tag`/);
  assert.match(problems[1] ?? "", /`tag:`/);
  assert.match(problems[3] ?? "", /`zzz:y`/);
});

test("a selection file lists both kinds of terms", () => {
  const { selection, problems } = parseSelectionFile("only: [tag:linux]\ndisable:\n  - shell-1\n");
  assert.deepEqual(problems, []);
  assert.ok(!isSelected(rule, selection));
  assert.ok(isSelected({ ...rule, id: "other" }, selection));
  assert.ok(!isSelected({ ...rule, id: "other", tags: [] }, selection));
  assert.deepEqual(parseSelectionFile("").problems, []);
});

test("what is wrong with a selection file is said", () => {
  for (const [text, expected] of [
    ["onyl: [a]", /`onyl`.*`only`/],
    ["only: a", /`only` must be a list, not a text/],
    ["only: [1]", /not a number/],
    ["- a", /one map/],
    ["only: [", /./],
  ] as const) {
    const { problems } = parseSelectionFile(text);
    assert.equal(problems.length > 0, true, text);
    assert.match(problems[0] ?? "", expected, text);
  }
});

test("selections add up", () => {
  const a = parseSelection(["tag:linux"], []).selection;
  const b = parseSelection([], ["shell-1"]).selection;
  assert.ok(!isSelected(rule, joinSelections(a, b)));
});
