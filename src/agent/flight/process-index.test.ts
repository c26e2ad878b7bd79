import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultLimits } from "../../base/limits.ts";
import { builtInSchema } from "../../schema/field-table.ts";
import { atSecond, eventText } from "./flight.fixture.ts";
import { ProcessIndex } from "./process-index.ts";
import { RecordRing } from "./record-ring.ts";

function createIndex(): ProcessIndex {
  return new ProcessIndex({ schema: builtInSchema(), limits: defaultLimits });
}

function fill(ring: RecordRing, from: number, count: number): void {
  for (let i = from; i < from + count; i += 1) {
    ring.add(eventText({ second: i, id: `p${i}`, parent: `p${i - 1}` }), atSecond(i));
  }
}

function keyOf(index: ProcessIndex, number: number): string | null {
  return index.processOf(number)?.key ?? null;
}

describe("the index of processes", () => {
  it("reads records in portions and says whether there are more", () => {
    const ring = new RecordRing(0x10000);
    fill(ring, 0, 5);
    const index = createIndex();
    assert.equal(index.read(ring, 3), true);
    assert.deepEqual([keyOf(index, 2), keyOf(index, 3)], ["h\np2", null]);
    assert.equal(index.read(ring, 3), false);
    fill(ring, 5, 1);
    assert.equal(index.read(ring, 10), false);
    assert.deepEqual([keyOf(index, 4), keyOf(index, 5), index.size], ["h\np4", "h\np5", 6]);
    assert.deepEqual(index.processOf(5), { key: "h\np5", parent: "h\np4", ancestry: [] });
  });

  it("keeps to the numbers of the ring where records left it before they were read", () => {
    const ring = new RecordRing(2048);
    fill(ring, 0, 3);
    const index = createIndex();
    index.read(ring, 2);
    fill(ring, 3, 60);
    index.read(ring, 100);
    assert.ok(ring.first > 3);
    assert.equal(keyOf(index, ring.first - 1), null);
    assert.equal(keyOf(index, ring.first), `h\np${ring.first}`);
    assert.equal(keyOf(index, 62), "h\np62");
  });

  it("tells the process of an event that is not in the ring, and forgets nothing for it", () => {
    const ring = new RecordRing(0x10000);
    fill(ring, 0, 2);
    const index = createIndex();
    index.read(ring, 10);
    const other = index.processOfText(eventText({ second: 9, id: "x", ancestry: ["y", "z"] }));
    assert.deepEqual(other, { key: "h\nx", parent: "h\ny", ancestry: ["h\ny", "h\nz"] });
    assert.equal(index.processOfText('{"event":{"category":"file"}}'), null);
    assert.equal(keyOf(index, 1), "h\np1");
    assert.deepEqual(
      [...index.processes].map(({ key }) => key),
      ["h\np0", "h\np1", "h\nx"],
    );
  });
});
