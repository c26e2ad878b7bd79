import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineageShelf } from "./lineage-shelf.ts";

/** Bytes of a process with one record, as the shelf estimates them, beside its text and sources. */
const entryBytes = 256 + 128;

function put(
  shelf: LineageShelf,
  process: string,
  order: number,
  sources: readonly string[] = [],
): void {
  shelf.add({ process, sources, timeNs: BigInt(order), order, json: `${process}${order}` });
}

function texts(shelf: LineageShelf, ...keys: readonly string[]): string[] {
  return shelf.recordsOf(keys).map(({ json }) => json);
}

describe("the shelf of lineage", () => {
  it("gives the records of a process and of all that it inherited from, in order", () => {
    const shelf = new LineageShelf(10_000);
    put(shelf, "a", 1);
    put(shelf, "x", 2);
    put(shelf, "b", 3, ["a"]);
    put(shelf, "c", 4, ["b"]);
    put(shelf, "a", 5);
    assert.deepEqual(texts(shelf, "c"), ["a1", "b3", "c4", "a5"]);
    assert.deepEqual(texts(shelf, "b", "x"), ["a1", "x2", "b3", "a5"]);
    assert.deepEqual(texts(shelf, "unknown"), []);
  });

  it("keeps a record that several subqueries ask for once", () => {
    const shelf = new LineageShelf(10_000);
    put(shelf, "a", 1);
    const before = shelf.sizeBytes;
    put(shelf, "a", 1);
    assert.deepEqual(texts(shelf, "a"), ["a1"]);
    assert.equal(shelf.sizeBytes, before);
  });

  it("comes to an end where processes inherit from one another in a circle", () => {
    const shelf = new LineageShelf(10_000);
    put(shelf, "a", 1, ["b"]);
    put(shelf, "b", 2, ["a"]);
    assert.deepEqual(texts(shelf, "a"), ["a1", "b2"]);
  });

  it("forgets first what was told, or inherited from, longest ago, and counts it", () => {
    const shelf = new LineageShelf(3 * (entryBytes + 20));
    put(shelf, "a", 1);
    put(shelf, "b", 2);
    // Having a child is a sign of use.
    put(shelf, "c", 3, ["a"]);
    put(shelf, "d", 4);
    assert.equal(shelf.evicted, 1);
    assert.deepEqual(texts(shelf, "a", "b", "c", "d"), ["a1", "c3", "d4"]);
    put(shelf, "e", 5);
    assert.deepEqual(texts(shelf, "a", "b", "c", "d", "e"), ["c3", "d4", "e5"]);
    assert.ok(shelf.sizeBytes <= 3 * (entryBytes + 20));
  });

  it("counts texts by their bytes, and keeps nothing that is too large for it", () => {
    const shelf = new LineageShelf(1000);
    shelf.add({ process: "a", sources: [], timeNs: 0n, order: 0, json: "ů".repeat(300) });
    assert.equal(shelf.sizeBytes, entryBytes + 600);
    shelf.add({ process: "a", sources: [], timeNs: 1n, order: 1, json: "ů".repeat(300) });
    assert.deepEqual([shelf.sizeBytes, shelf.evicted, texts(shelf, "a").length], [0, 1, 0]);
  });
});
