import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RecordRing } from "./record-ring.ts";

/** A ring of records without an end, of which the last few must be what the ring holds. */
interface Given {
  readonly json: string;
  readonly timeNs: bigint;
}

function contents(ring: RecordRing, from: number = ring.first): Given[] {
  return [...ring.records(from)].map((record) => ({
    json: ring.text(record),
    timeNs: record.timeNs,
  }));
}

/** Bytes of a record as the head comment of record-ring.ts tells. */
function bytesOf(json: string): number {
  return 16 + Math.ceil(Buffer.byteLength(json) / 16) * 16;
}

const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ minLength: 100, maxLength: 300 }),
);

describe("a ring of records", () => {
  it("holds the newest records, in order, as they were given, and as many as must fit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 2000 }),
        fc.array(fc.tuple(texts, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }))),
        (sizeBytes, records) => {
          const ring = new RecordRing(sizeBytes);
          const given: Given[] = [];
          for (const [json, timeNs] of records) {
            const fits = bytesOf(json) <= ring.sizeBytes;
            // Characters beyond 16 bits stay whole; a source's parts never end within one.
            const middle = json.length >>> 1;
            const isWithin = /[\ud800-\udbff]$/.test(json.slice(0, middle));
            const parts = isWithin ? [json] : [json.slice(0, middle), "", json.slice(middle)];
            assert.equal(ring.add(timeNs % 2n === 0n ? json : parts, timeNs), fits);
            if (fits) given.push({ json, timeNs });
            const held = contents(ring);
            assert.equal(ring.next, given.length);
            assert.deepEqual(held, given.slice(ring.first));
            const taken = held.reduce((sum, { json: text }) => sum + bytesOf(text), 0);
            assert.ok(taken <= ring.sizeBytes, `${taken} bytes in ${ring.sizeBytes}`);
            // What the newest records and the next older one would take does not lie in one turn of the ring.
            const older = given[ring.first - 1];
            const largest = Math.max(...given.map(({ json: text }) => bytesOf(text)), 0);
            if (older !== undefined) {
              assert.ok(taken + bytesOf(older.json) + 2 * largest > ring.sizeBytes);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("measures texts beyond ASCII by their bytes", () => {
    const ring = new RecordRing(1 << 20);
    const json = JSON.stringify({ name: "žluťoučký kůň 🐎".repeat(50) });
    for (let i = 0; i < 5000; i += 1) ring.add(json, BigInt(i));
    assert.ok(ring.first > 0 && ring.next === 5000);
    const most = Math.floor((1 << 20) / bytesOf(json));
    // Room is made before a text has been measured, for the most that it may take.
    assert.ok(ring.count <= most && ring.count >= most - 3, `${ring.count} of ${most}`);
    assert.deepEqual(contents(ring, 4999), [{ json, timeNs: 4999n }]);
  });

  it("gives a portion from any record on", () => {
    const ring = new RecordRing(320);
    for (let i = 0; i < 25; i += 1) ring.add(`{"n":${i}}`, BigInt(i));
    assert.deepEqual([ring.first, ring.next], [15, 25]);
    const numbers = (from: number, max?: number): number[] =>
      [...ring.records(from, max)].map(({ number }) => number);
    assert.deepEqual(numbers(20, 3), [20, 21, 22]);
    assert.deepEqual(numbers(0, 2), [15, 16]);
    assert.deepEqual(numbers(25), []);
  });
});
