import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable } from "../event/string-table.ts";
import { hashText, TextStore } from "./text-store.ts";

const texts = ["", "a", "ab", "abc", "abcd", "é", "\ud800", "ab\u0000", "größer", "x".repeat(5000)];

test("texts of the string table and kept ones are compared by what they are", () => {
  const textArbitrary = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary" }));
  const property = fc.property(fc.array(textArbitrary, { maxLength: 20 }), (some) => {
    const strings = new StringTable(1_000_000);
    const store = new TextStore();
    store.use(strings);
    const cells = some.flatMap((text) => {
      const id = strings.intern(text);
      return [id, store.keep(id), store.keepText(text)].map((cell) => ({ cell, text }));
    });
    for (const { cell, text } of cells) {
      assert.equal(store.text(cell), text);
      assert.equal(store.hash(cell), hashText(text));
      assert.equal(store.isSame(cell, 0), false);
      for (const other of cells) {
        assert.equal(store.isSame(cell, other.cell), text === other.text);
      }
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test("what is settled stays, and what is not leaves a crowded store", () => {
  const strings = new StringTable(0);
  const store = new TextStore();
  store.use(strings);
  strings.beforeEmptied((given) => {
    assert.equal(given, strings);
    store.beginSettling();
    cells = cells.map((cell) => store.settle(cell));
    store.endSettling();
  });
  let cells: number[] = [];
  let expected: string[] = [];
  let most = 0;
  for (let round = 0; round < 400; round += 1) {
    const text = `${round} `.repeat(3000);
    cells = [...cells, strings.intern(text), strings.intern(`${round}é`)].slice(-6);
    expected = [...expected, text, `${round}é`].slice(-6);
    strings.trim();
    assert.equal(strings.size, 0);
    assert.deepEqual(
      cells.map((cell) => store.text(cell)),
      expected,
    );
    most = Math.max(most, store.bytes);
  }
  assert.ok(most < 4_000_000, `${most}`);
});
