import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionError } from "./assert.ts";
import { Prng } from "./prng.ts";

test("the same seed gives the same numbers and another seed others", () => {
  const draw = (seed: number): number[] => {
    const prng = new Prng(seed);
    return Array.from({ length: 20 }, () => prng.u32());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test("numbers keep their range and reach all of it", () => {
  const prng = new Prng(1);
  const seen = new Map<number, number>();
  for (let i = 0; i < 10_000; i += 1) {
    const value = prng.int(10);
    seen.set(value, (seen.get(value) ?? 0) + 1);
    const fraction = prng.float();
    assert.ok(fraction >= 0 && fraction < 1);
  }
  assert.deepEqual(
    [...seen.keys()].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  for (const count of seen.values()) assert.ok(count > 850 && count < 1150, `skewed: ${count}`);
});

test("pick takes an item of the list, and an empty list is a broken invariant", () => {
  const prng = new Prng(3);
  const items = ["a", "b", "c"];
  const picked = new Set(Array.from({ length: 100 }, () => prng.pick(items)));
  assert.deepEqual([...picked].sort(), items);
  assert.throws(() => prng.pick([]), AssertionError);
});
