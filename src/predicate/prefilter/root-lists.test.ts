import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RootLists } from "./root-lists.ts";

test("lists are found as they were added, however many there are", () => {
  const added = fc.record({
    rowClass: fc.nat(70),
    profile: fc.nat(400),
    roots: fc.array(fc.nat(2000), { maxLength: 30 }),
  });
  fc.assert(
    fc.property(fc.array(added, { maxLength: 120 }), (entries) => {
      const lists = new RootLists();
      const model = new Map<string, readonly number[]>();
      for (const { rowClass, profile, roots } of entries) {
        const key = `${rowClass} ${profile}`;
        assert.equal(lists.find(rowClass, profile) === -1, !model.has(key), key);
        if (model.has(key)) continue;
        model.set(key, roots);
        const at = lists.add(rowClass, profile, Int32Array.from([...roots, 7]), roots.length);
        assert.equal(lists.find(rowClass, profile), at);
      }
      for (const [key, roots] of model) {
        const [rowClass, profile] = key.split(" ").map(Number);
        const at = lists.find(rowClass!, profile!);
        assert.deepEqual([...lists.roots.subarray(at + 1, at + 1 + lists.roots[at]!)], roots);
      }
      lists.clear();
      for (const { rowClass, profile } of entries) assert.equal(lists.find(rowClass, profile), -1);
    }),
  );
});
