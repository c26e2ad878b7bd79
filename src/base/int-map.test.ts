import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IntMap } from "./int-map.ts";

test("a map of integers does what a Map does", () => {
  const key = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 0x7fffffff }));
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.tuple(key, fc.nat({ max: 0x7fffffff })) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
      const map = new IntMap();
      const model = new Map<number, number>();
      for (const entry of steps) {
        if (entry === null) {
          map.clear();
          model.clear();
        } else {
          assert.equal(map.get(entry[0]), model.get(entry[0]) ?? -1);
          map.set(entry[0], entry[1]);
          model.set(entry[0], entry[1]);
        }
        assert.equal(map.size, model.size);
      }
      for (const [known, value] of model) assert.equal(map.get(known), value);
      assert.equal(map.get(0x7ffffff1), model.get(0x7ffffff1) ?? -1);
    }),
  );
});
