import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createBitmap, firstBit, setBit } from "../base/bitset.ts";
import { type RootUse, RowHits } from "./row-hits.ts";

const capacity = 96;
const uses: readonly RootUse[] = [
  { rule: 0, step: 0, opens: true },
  { rule: 2, step: -1, opens: false },
  { rule: 2, step: 0, opens: true },
  { rule: 2, step: 1, opens: false },
  { rule: 7, step: 0, opens: true },
];

test("hits come row by row, in the order of rule and step, whatever order they were added in", () => {
  const use = fc.record({
    place: fc.nat(uses.length - 1),
    from: fc.nat(capacity),
    rows: fc.uniqueArray(fc.nat(capacity - 1)),
  });
  const batch = fc.uniqueArray(use, { selector: ({ place }) => place });
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), (batches) => {
      const hits = new RowHits(uses, capacity);
      for (const added of batches) {
        for (const { place, from, rows } of added) {
          const bits = createBitmap(capacity);
          for (const row of rows) setBit(bits, row);
          assert.equal(firstBit(bits), rows.length === 0 ? -1 : Math.min(...rows));
          hits.add(place, bits, from);
        }
        hits.arrange();
        for (let row = 0; row < capacity; row += 1) {
          const expected = added
            .filter(({ from, rows }) => row >= from && rows.includes(row))
            .map(({ place }) => place)
            .sort((a, b) => a - b);
          const found = hits.places.subarray(hits.starts[row], hits.starts[row + 1]);
          assert.deepEqual([...found], expected, `row ${row}`);
        }
      }
    }),
    { numRuns: 200 },
  );
  const held = new RowHits(uses, capacity);
  assert.deepEqual([...held.rules], [0, 2, 2, 2, 7]);
  assert.deepEqual([...held.steps], [0, -1, 0, 1, 0]);
});

test("more hits than there was room for", () => {
  const hits = new RowHits(uses, 1024);
  const all = createBitmap(1024).fill(0xffffffff);
  for (let place = 0; place < uses.length; place += 1) hits.add(place, all, 0);
  hits.arrange();
  assert.equal(hits.starts[1024], 1024 * uses.length);
  assert.deepEqual(
    [...hits.places.subarray(hits.starts[1023], hits.starts[1024])],
    [0, 1, 2, 3, 4],
  );
});
