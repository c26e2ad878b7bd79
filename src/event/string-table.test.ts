import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable } from "./string-table.ts";

const anyText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "",
    "\0",
    "é",
    "\ufeff",
    "\ufeffa",
    "\ud800",
    "\udc00",
    "😀",
    "\ud83d",
    "x".repeat(16),
  ),
);

test("each text has one id, which gives it back, until the table is emptied", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyText, { maxLength: 30 })), fc.nat(4000), (parts, limit) => {
      const table = new StringTable(limit);
      let ids = new Map<string, number>();
      for (const texts of parts) {
        for (const text of texts) {
          const id = table.intern(text);
          assert.equal(id, ids.get(text) ?? ids.size + 1);
          ids.set(text, id);
        }
        for (const [text, id] of ids) assert.equal(table.text(id), text);
        assert.equal(table.size, ids.size);
        const { generation, sizeBytes } = table;
        table.trim();
        assert.equal(table.generation, sizeBytes > limit ? generation + 1 : generation);
        if (sizeBytes > limit) ids = new Map();
        assert.equal(table.size, ids.size);
      }
    }),
  );
});

test("texts keep their ids and bytes while the table grows", () => {
  const table = new StringTable(1 << 20);
  const texts = Array.from({ length: 40_000 }, (_unused, i) =>
    i % 1000 === 0 ? `${i}`.repeat(70_000) : `text ${i}`,
  );
  const ids = texts.map((text) => table.intern(text));
  for (const [i, text] of texts.entries()) {
    assert.equal(table.intern(text), ids[i]);
    const start = table.byteStart(ids[i]!);
    const bytes = table.bytesOf(ids[i]!).subarray(start, start + table.byteLength(ids[i]!));
    assert.equal(Buffer.from(bytes).toString("latin1"), text);
  }
  table.trim();
  assert.equal(table.size, 0);
  for (const [i, text] of texts.entries()) assert.equal(table.intern(text), i + 1);
});

test("a text of the table is no longer there when it was emptied", () => {
  const table = new StringTable(0);
  const id = table.intern("a");
  table.trim();
  assert.throws(() => table.text(id), /no text 1/);
});
