import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable, type Texts } from "./string-table.ts";
import { TextMirror, TextsPublisher } from "./text-mirror.ts";

/** Texts of all sorts: ASCII, beyond, empty, lone surrogates, and the same ones again. */
const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "é", "\ud800", "a\0b", "/usr/bin/ls", "x".repeat(5000)),
);

/** The bytes of a text; null where it is not ASCII. */
function bytesOf(texts: Texts, id: number): Uint8Array | null {
  const start = texts.byteStart(id);
  return start < 0 ? null : texts.bytesOf(id).slice(start, start + texts.byteLength(id));
}

test("a mirror has every text that its table had when the part was published", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyText, { maxLength: 20 })), fc.nat(3000), (batches, limit) => {
      const table = new StringTable(limit);
      const publisher = new TextsPublisher(table);
      const mirror = new TextMirror();
      for (const texts of batches) {
        const ids = texts.map((text) => table.intern(text));
        // What somebody asked the table for must not change what is published.
        for (const id of ids.slice(0, 3)) table.text(id);
        mirror.add(structuredClone(publisher.publish()));
        assert.equal(mirror.texts.generation, table.generation);
        assert.equal(mirror.texts.size, table.size);
        assert.deepEqual(
          ids.map((id) => mirror.texts.text(id)),
          texts,
        );
        for (let id = 1; id <= table.size; id += 1) {
          assert.equal(mirror.texts.text(id), table.text(id));
          assert.deepEqual(bytesOf(mirror.texts, id), bytesOf(table, id));
        }
        table.trim();
      }
    }),
    { numRuns: 200 },
  );
});

test("texts that fill several chunks of memory stay apart", () => {
  const table = new StringTable(1 << 30);
  const publisher = new TextsPublisher(table);
  const mirror = new TextMirror();
  const texts = Array.from({ length: 40 }, (_unused, i) => `${i}-`.repeat(60_000));
  const ids = texts.map((text) => {
    const id = table.intern(text);
    mirror.add(publisher.publish());
    return id;
  });
  assert.deepEqual(
    ids.map((id) => mirror.texts.text(id)),
    texts,
  );
});

test("a mirror gives up its texts when its table is emptied, and not before", () => {
  const table = new StringTable(0);
  const publisher = new TextsPublisher(table);
  const mirror = new TextMirror();
  const before = table.intern("before");
  mirror.add(publisher.publish());
  table.trim();
  mirror.texts.trim();
  assert.equal(mirror.texts.text(before), "before");
  const after = table.intern("after");
  assert.equal(after, before);
  mirror.add(publisher.publish());
  assert.equal(mirror.texts.text(after), "after");
  assert.equal(mirror.texts.size, 1);
  assert.throws(() => mirror.texts.text(2), /no text 2/);
});

test("a mirror tells of its texts once before it gives them up, when they can still be read", () => {
  const table = new StringTable(0);
  const publisher = new TextsPublisher(table);
  const mirror = new TextMirror();
  const told: string[] = [];
  const listen = (texts: Texts): void => {
    told.push(texts.text(1));
  };
  mirror.texts.beforeEmptied(listen);
  mirror.texts.beforeEmptied(listen);
  for (const text of ["one", "two", "three"]) {
    table.intern(text);
    mirror.add(publisher.publish());
    table.trim();
  }
  assert.deepEqual(told, ["one", "two"]);
});
