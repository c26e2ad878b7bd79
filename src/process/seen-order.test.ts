import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeenOrder } from "./seen-order.ts";

const stepArbitrary = fc.record({
  kind: fc.constantFrom("touch", "touch", "touch", "evict", "drop"),
  place: fc.nat({ max: 300 }),
});

test("the oldest is the one that was seen longest ago, also where stamps run out", () => {
  let evicted = 0;
  const property = fc.property(
    fc.array(stepArbitrary, { maxLength: 1500, size: "max" }),
    fc.integer({ min: 310, max: 700 }),
    (steps, maxStamp) => {
      const order = new SeenOrder(maxStamp);
      let expected: number[] = [];
      const drop = (place: number): void => {
        expected = expected.filter((other) => other !== place);
        order.drop(place);
      };
      for (const { kind, place } of steps) {
        if (kind === "touch") {
          order.touch(place);
          expected = [...expected.filter((other) => other !== place), place];
        } else if (kind === "evict" && expected.length > 0) {
          const oldest = order.oldest();
          assert.equal(oldest, expected[0]);
          drop(oldest);
          evicted += 1;
        } else if (expected.includes(place)) drop(place);
      }
    },
  );
  fc.assert(property, { numRuns: 100 });
  assert.ok(evicted > 1000, `${evicted}`);
});
