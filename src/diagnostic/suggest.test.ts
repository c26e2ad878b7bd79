import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { editDistance, suggest } from "./suggest.ts";

test("a mistyped name suggests its nearest neighbour", () => {
  assert.equal(suggest("process.nam", ["process.name", "process.pid"]), "process.name");
  assert.equal(suggest("proces.name", ["process.name", "host.name"]), "process.name");
  assert.equal(suggest("haed", ["head", "tail"]), "head");
});

test("case alone is the nearest difference of all", () => {
  assert.equal(suggest("ENDSWITH", ["endsWithX", "endsWith"]), "endsWith");
  assert.equal(suggest("x", ["X"]), "X");
});

test("what is far away is not suggested", () => {
  assert.equal(suggest("banana", ["process.name"]), undefined);
  assert.equal(suggest("x", ["y"]), undefined);
  assert.equal(suggest("", ["a"]), undefined);
  assert.equal(suggest("sort", ["fork"]), undefined);
  assert.equal(suggest("a".repeat(1000), ["a".repeat(999)]), undefined);
});

test("a name never suggests itself, and ties go to the first in order", () => {
  assert.equal(suggest("abcd", ["abcd"]), undefined);
  assert.equal(suggest("abcd", ["abcz", "abcy"]), "abcy");
  assert.equal(suggest("abcd", ["abcy", "abcz"]), "abcy");
});

test("the edit distance counts inserts, deletes, replacements and swaps", () => {
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("abcd", "abdc"), 1);
  assert.equal(editDistance("same", "same"), 0);
});

test("the edit distance is symmetric and bounded by the longer text", () => {
  const text = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.ok(distance <= Math.max(a.length, b.length));
      assert.ok(distance >= Math.abs(a.length - b.length));
      assert.equal(distance === 0, a === b);
    }),
    { numRuns: 300 },
  );
});
