import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PlaceIndex } from "./place-index.ts";

/** Hashes that often fall into one slot, at the end of the slots too. */
const hashes = [0, 1, 0x7fffffff, -1, -2, 0x04000000, 0x04000001, 0x0c000000];

test("an index of places leads from a hash to all that were put under it and not taken out", () => {
  const stepArbitrary = fc.record({
    kind: fc.constantFrom("add", "add", "remove", "replace"),
    hash: fc.oneof(fc.constantFrom(...hashes), fc.integer()),
    place: fc.nat({ max: 40 }),
    other: fc.nat({ max: 40 }),
  });
  const property = fc.property(
    fc.array(stepArbitrary, { maxLength: 400, size: "max" }),
    (steps) => {
      const index = new PlaceIndex();
      const expected = new Map<number, number[]>();
      for (const { kind, hash, place, other } of steps) {
        const places = expected.get(hash) ?? [];
        expected.set(hash, places);
        const at = places.indexOf(place);
        if (kind === "add") {
          index.add(hash, place);
          places.push(place);
        } else if (kind === "remove") {
          index.remove(hash, place);
          if (at !== -1) places.splice(at, 1);
        } else {
          index.replace(hash, place, other);
          if (at !== -1) places[at] = other;
        }
      }
      for (const [hash, places] of expected) {
        const found: number[] = [];
        for (let place = index.first(hash); place !== -1; place = index.next(hash))
          found.push(place);
        const ascending = (a: number, b: number): number => a - b;
        assert.deepEqual(found.sort(ascending), places.sort(ascending));
      }
      assert.equal(index.size, [...expected.values()].flat().length);
    },
  );
  fc.assert(property, { numRuns: 300 });
});
