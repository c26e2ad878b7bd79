import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { topLevelMembers } from "./members.ts";

test("members keep their text as it stands", () => {
  const text =
    ' { "a" : 12345678901234567890 , "b":{"c": [1, "}"]}, "d\\u0020\\"e":"x\\\\","f":[],"g":null}';
  assert.deepEqual(
    [...topLevelMembers(text)],
    [
      ["a", "12345678901234567890"],
      ["b", '{"c": [1, "}"]}'],
      ['d "e', '"x\\\\"'],
      ["f", "[]"],
      ["g", "null"],
    ],
  );
});

test("of a key that occurs twice the last value counts", () => {
  assert.equal(topLevelMembers('{"a":1,"a":2}').get("a"), "2");
});

test("what is no object has no members", () => {
  for (const text of ["", "[1]", "3", '"{}"', "{}"]) assert.equal(topLevelMembers(text).size, 0);
});

test("the members of any object are those that a JSON parser finds", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
      const parsed = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
      const members = topLevelMembers(JSON.stringify(value, null, indent));
      assert.deepEqual([...members.keys()].sort(), Object.keys(parsed).sort());
      for (const [key, text] of members) assert.deepEqual(JSON.parse(text), parsed[key]);
    }),
    { numRuns: 200 },
  );
});
