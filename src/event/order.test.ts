import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReorderBuffer } from "./order.ts";

interface Item {
  readonly timeNs: bigint;
  readonly name: number;
}

/** A buffer, and what it emitted as `name@time`. */
function createBuffer(horizonNs: bigint): { buffer: ReorderBuffer<Item>; emitted: string[] } {
  const emitted: string[] = [];
  const buffer = new ReorderBuffer<Item>(horizonNs, (item, timeNs) => {
    emitted.push(`${item.name}@${timeNs}`);
  });
  return { buffer, emitted };
}

test("items are held until the greatest time less the horizon has reached them", () => {
  const { buffer, emitted } = createBuffer(10n);
  buffer.push({ timeNs: 20n, name: 0 });
  buffer.push({ timeNs: 15n, name: 1 });
  assert.deepEqual(emitted, []);
  assert.equal(buffer.size, 2);
  buffer.push({ timeNs: 26n, name: 2 });
  assert.deepEqual(emitted, ["1@15"]);
  buffer.flush();
  assert.deepEqual(emitted, ["1@15", "0@20", "2@26"]);
  assert.equal(buffer.late, 0);
});

test("a late item is counted and takes the watermark's time", () => {
  const { buffer, emitted } = createBuffer(10n);
  buffer.push({ timeNs: 100n, name: 0 });
  buffer.push({ timeNs: 90n, name: 1 });
  buffer.push({ timeNs: 89n, name: 2 });
  assert.equal(buffer.late, 1);
  buffer.flush();
  assert.deepEqual(emitted, ["1@90", "2@90", "0@100"]);
});

test("a watermark from outside lets items go, and never moves back", () => {
  const { buffer, emitted } = createBuffer(1000n);
  buffer.push({ timeNs: 5n, name: 0 });
  buffer.advance(5n);
  assert.deepEqual(emitted, ["0@5"]);
  buffer.advance(1n);
  assert.equal(buffer.watermarkNs, 5n);
  buffer.push({ timeNs: 4n, name: 1 });
  assert.deepEqual(emitted, ["0@5", "1@5"]);
  assert.equal(buffer.late, 1);
});

test("after a flush nothing goes back in time", () => {
  const { buffer, emitted } = createBuffer(1000n);
  buffer.push({ timeNs: 50n, name: 0 });
  buffer.flush();
  buffer.push({ timeNs: 40n, name: 1 });
  buffer.flush();
  assert.deepEqual(emitted, ["0@50", "1@50"]);
});

test("whatever comes, all of it is emitted in the order (time, arrival)", () => {
  const times = fc.array(fc.bigInt({ min: -50n, max: 50n }), { maxLength: 60 });
  fc.assert(
    fc.property(times, fc.bigInt({ min: 0n, max: 120n }), (input, horizonNs) => {
      const { buffer, emitted } = createBuffer(horizonNs);
      let greatest: bigint | null = null;
      let late = 0;
      const expected = input.map((timeNs, name) => {
        const isLate = greatest !== null && timeNs < greatest - horizonNs;
        const finalNs = isLate ? greatest! - horizonNs : timeNs;
        if (isLate) late += 1;
        if (greatest === null || timeNs > greatest) greatest = timeNs;
        return { name, finalNs };
      });
      for (const [name, timeNs] of input.entries()) buffer.push({ timeNs, name });
      buffer.flush();
      // Sorting is stable, so equal times keep the order of arrival.
      expected.sort((a, b) => (a.finalNs < b.finalNs ? -1 : a.finalNs > b.finalNs ? 1 : 0));
      assert.deepEqual(
        emitted,
        expected.map(({ name, finalNs }) => `${name}@${finalNs}`),
      );
      assert.equal(buffer.late, late);
    }),
    { numRuns: 500 },
  );
});
