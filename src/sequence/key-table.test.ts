import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createKey, type Key } from "./key.ts";
import { type Holder, KeyTable } from "./key-table.ts";

test("what is held under a key is found under every key of its id, by its rule alone", () => {
  const step = fc.record({
    rule: fc.integer({ min: 1, max: 3 }),
    id: fc.constantFrom("a", "b", "c"),
    copy: fc.integer({ min: 0, max: 2 }),
    adds: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new KeyTable<Holder>();
      const held = new Map<string, Holder>();
      // Readers make several keys of one id.
      const keys = new Map<string, Key>();
      const keyOf = (id: string, copy: number): Key => {
        const key = keys.get(id + copy) ?? createKey([id]);
        keys.set(id + copy, key);
        return key;
      };
      for (const { rule, id, copy, adds } of steps) {
        const name = `${rule}/${id}`;
        const known = held.get(name);
        assert.equal(table.find(keyOf(id, copy), rule), known);
        assert.equal(table.findById(id, rule), known);
        if (adds && known === undefined) {
          const holder = { rule: { serial: rule }, key: keyOf(id, copy) };
          table.add(holder);
          held.set(name, holder);
        } else if (!adds && known !== undefined) {
          table.remove(known);
          held.delete(name);
        }
      }
    }),
  );
});
