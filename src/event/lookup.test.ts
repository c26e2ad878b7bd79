import assert from "node:assert/strict";
import { test } from "node:test";
import { lookUp } from "./lookup.ts";

test("a value is found through any mixture of nested and dotted keys", () => {
  for (const event of [
    { "a.b.c": 1 },
    { a: { b: { c: 1 } } },
    { "a.b": { c: 1 } },
    { a: { "b.c": 1 } },
    { "a.b": { x: 2 }, a: { b: { c: 1 } } },
    { "a.b.c": null, a: { "b.c": 1 } },
  ]) {
    assert.equal(lookUp(event, "a.b.c"), 1);
  }
});

test("what is not there, null, or below a list is undefined", () => {
  for (const event of [{}, { a: 1 }, { a: { b: null } }, { a: [{ b: 1 }] }, { b: 1 }]) {
    assert.equal(lookUp(event, "a.b"), undefined);
  }
  assert.equal(lookUp({}, "constructor"), undefined);
});
