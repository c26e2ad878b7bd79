import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { Batch } from "./batch.ts";
import { copyBatch } from "./batch-copy.ts";
import { EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import { rowContents } from "./row-contents.fixture.ts";
import { StringTable } from "./string-table.ts";

const schema = builtInSchema().extend(
  (
    [
      ["t.word", "keyword"],
      ["t.long", "long"],
      ["t.double", "double"],
      ["t.flag", "boolean"],
      ["t.list", "object-list"],
      ["t.list.word", "keyword"],
      ["t.list.long", "long"],
    ] as const
  ).map(([path, type]) => ({
    ...{ path, type, multiple: false, categories: [], description: "", origin: "extension" },
  })),
);
const limits = { ...defaultLimits, batchEvents: 4, listValues: 8, batchListCells: 64 };
const layout = createLayout(
  schema,
  schema.fields.filter(({ path }) => path.startsWith("t.")).map(({ id }) => id),
  limits,
);

const full = [
  { t: { word: ["a", "b"], long: [1, 2, 3], double: 0.5, flag: true } },
  { t: { word: "c", long: -1, double: [1.5, 2.5], flag: [true, false] } },
  { kestrel: { record: "gap", source: "s" }, "@timestamp": 1 },
  { t: { list: [{ word: ["x", "y"], long: 5 }, { long: [6, 7] }, { word: "z" }] } },
];

/** All that can be read of a batch. */
function contents(batch: Batch): unknown {
  const rows = Array.from({ length: batch.count }, (_unused, row) =>
    rowContents(batch, schema, row),
  );
  const heads = rows.map((_, row) => [batch.kinds[row], batch.times[row], batch.gaps.get(row)]);
  return { rows, heads, used: [...batch.used], gaps: batch.gaps.size };
}

test("a copy has the rows of the batch, whatever it held before", () => {
  const strings = new StringTable(1 << 20);
  const none = { json: () => "" };
  const memory = new SharedArrayBuffer(layout.byteLength);
  const source = new Batch(layout, strings, none, memory);
  const target = new Batch(layout, strings, none);
  const decoder = new EventDecoder({ schema, layout, limits });
  // Full, then sparse, then empty, then full again: nothing may be left of what was there.
  for (const events of [full, [{ t: { word: "é" } }], [], full.slice(1, 3), full]) {
    decoder.reset(source);
    for (const event of events) {
      const record = decoder.parse(JSON.stringify(event));
      assert.ok(record.kind !== "rejected");
      assert.ok(decoder.append(source, record, record.timeNs ?? 0n));
    }
    copyBatch(source, target, decoder.fillOf(source).writer.extents);
    assert.deepEqual(contents(target), contents(source));
    assert.equal(target.count, events.length);
  }
});
