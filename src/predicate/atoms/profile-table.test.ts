import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProfileTable } from "./profile-table.ts";

const set = fc
  .uniqueArray(fc.nat(99), { maxLength: 6 })
  .map((atoms) => atoms.sort((a, b) => a - b));

test("a profile is its set of atoms, and equal sets are one profile", () => {
  fc.assert(
    fc.property(fc.array(set, { maxLength: 40 }), (sets) => {
      const table = new ProfileTable(100);
      const ids = sets.map((atoms) => table.profileOf(atoms));
      for (const [index, atoms] of sets.entries()) {
        assert.deepEqual([...table.atoms(ids[index]!)], atoms);
        assert.equal(table.profileOf(atoms), ids[index]);
        for (let atom = 0; atom < 100; atom += 1) {
          assert.equal(table.has(ids[index]!, atom), atoms.includes(atom));
        }
      }
    }),
  );
});

test("the union of profiles holds what one of them holds", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const table = new ProfileTable(100);
      const [left, right] = [table.profileOf(a), table.profileOf(b)];
      const wanted = [...new Set([...a, ...b])].sort((x, y) => x - y);
      for (const union of [table.union(left, right), table.union(right, left)]) {
        assert.deepEqual([...table.atoms(union)], wanted);
      }
    }),
  );
});
