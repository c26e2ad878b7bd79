import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable } from "../../event/string-table.ts";
import { compileAtoms } from "./atom-scanner.ts";
import { FieldProfiles, type ProfileId, ProfileTable } from "./profile-table.ts";

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

test("what was known of an emptied string table is forgotten", () => {
  const tests = [{ kind: "equals", insensitive: false, literals: ["a"] }] as const;
  const table = new ProfileTable(1);
  const profiles = new FieldProfiles(compileAtoms(tests), table);
  const strings = new StringTable(0);
  profiles.begin(strings);
  assert.equal(table.has(profiles.profileOfString(strings.intern("a")), 0), true);
  strings.trim();
  profiles.begin(strings);
  assert.equal(profiles.profileOfString(strings.intern("b")), 0 as ProfileId);
});
