import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable, type Texts } from "../../event/string-table.ts";
import { TextMirror, TextsPublisher } from "../../event/text-mirror.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileTest } from "../../ir/text-test.ts";
import { compileAtoms } from "./atom-scanner.ts";
import { FieldProfiles } from "./field-profiles.ts";
import { ProfileTable } from "./profile-table.ts";
import { address, text, textTest, wild } from "./text-tests.fixture.ts";

/** The texts of a table as another thread sees them. */
function mirrorOf(strings: StringTable): Texts {
  const mirror = new TextMirror();
  mirror.add(new TextsPublisher(strings).publish());
  return mirror.texts;
}

/** Profiles of the cells, as lists of atoms, and what they came to. */
function profilesOf(tests: readonly TextTest[], strings: Texts, cells: Int32Array) {
  const table = new ProfileTable(tests.length);
  const profiles = new FieldProfiles(compileAtoms(tests), table);
  profiles.begin(strings);
  const into = new Int32Array(cells.length);
  const { some, ids, lists } = profiles.fill(cells, cells.length, into);
  return {
    atoms: Array.from(into, (profile) => [...table.atoms(profile as never)]),
    isEmpty: some === 0,
    ids,
    lists,
    counters: profiles.counters,
  };
}

test("matchers in a table and in its mirror agree with the tests one by one on every text", () => {
  const long = fc
    .tuple(text, fc.string({ unit: fc.constantFrom("x", "/", "é"), maxLength: 60 }), wild)
    .map((parts) => parts.join(""));
  const texts = fc.array(fc.oneof(text, address, wild, long), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(textTest, { minLength: 1, maxLength: 40 }), texts, (tests, subjects) => {
      const strings = new StringTable(1 << 20);
      const ids = subjects.map((subject) => strings.intern(subject));
      const cells = Int32Array.from([0, ...ids, -3, ...ids]);
      const matched = profilesOf(tests, strings, cells);
      const mirrored = profilesOf(tests, mirrorOf(strings), cells);
      assert.deepEqual(matched, mirrored);
      const oracle = tests.map(compileTest);
      for (const [at, subject] of subjects.entries()) {
        const wanted = [...oracle.keys()].filter((index) => oracle[index]!(subject) === true);
        assert.deepEqual(matched.atoms[at + 1], wanted, JSON.stringify(subject));
      }
    }),
    { numRuns: 1200 },
  );
});

test("a column of more texts than the kernel takes at once, with more to report than has room", () => {
  const tests: TextTest[] = Array.from({ length: 300 }, (_unused, index) => ({
    kind: index % 2 === 0 ? "contains" : "regex",
    insensitive: index % 3 === 0,
    literals: [index % 2 === 0 ? `${index}/` : `.*${index}./.*`],
  }));
  const strings = new StringTable(1 << 24);
  const subjects = Array.from({ length: 9000 }, (_unused, index) => `/opt/${index * 7}/${index}/`);
  const cells = Int32Array.from(subjects, (subject) => strings.intern(subject));
  const matched = profilesOf(tests, strings, cells);
  assert.deepEqual(matched, profilesOf(tests, mirrorOf(strings), cells));
  assert.equal(matched.counters.scans, 9000);
  assert.equal(
    matched.counters.chars,
    subjects.reduce((sum, subject) => sum + subject.length, 0),
  );
});

test("a text is scanned once, until it is forgotten", () => {
  const table = new ProfileTable(1);
  const tests: TextTest[] = [{ kind: "contains", insensitive: true, literals: ["B"] }];
  const profiles = new FieldProfiles(compileAtoms(tests), table);
  const strings = new StringTable(1 << 20);
  const cells = Int32Array.from(["abc", "é", "abc", "é"], (subject) => strings.intern(subject));
  const into = new Int32Array(4);
  profiles.begin(strings);
  for (let i = 0; i < 3; i += 1) profiles.fill(cells, 4, into);
  assert.deepEqual(profiles.counters, { scans: 2, chars: 4 });
  const held = profiles.bytes;
  profiles.forget();
  assert.ok(profiles.bytes < held);
  profiles.fill(cells, 4, into);
  assert.deepEqual([...into], [1, 0, 1, 0]);
  assert.deepEqual(profiles.counters, { scans: 4, chars: 8 });
  profiles.drop();
  assert.deepEqual(profiles.counters, { scans: 4, chars: 8 });
});

test("what was known of an emptied string table is forgotten", () => {
  const tests = [{ kind: "equals", insensitive: false, literals: ["a"] }] as const;
  const table = new ProfileTable(1);
  const profiles = new FieldProfiles(compileAtoms(tests), table);
  const strings = new StringTable(0);
  const into = new Int32Array(1);
  profiles.begin(strings);
  profiles.fill(Int32Array.of(strings.intern("a")), 1, into);
  assert.equal(table.has(into[0]!, 0), true);
  strings.trim();
  profiles.begin(strings);
  profiles.fill(Int32Array.of(strings.intern("b")), 1, into);
  assert.equal(into[0], 0);
});

test("matchers that are made and dropped use the same memory", () => {
  const tests: TextTest[] = [{ kind: "suffix", insensitive: true, literals: [".exe", "b", "cd"] }];
  const table = new ProfileTable(1);
  const scanner = compileAtoms(tests);
  const strings = new StringTable(1 << 20);
  const cells = Int32Array.from(["a.exe", "ab", "x"], (subject) => strings.intern(subject));
  const into = new Int32Array(3);
  const once = (): void => {
    const profiles = new FieldProfiles(scanner, table);
    profiles.begin(strings);
    profiles.fill(cells, 3, into);
    assert.deepEqual([...into], [1, 1, 0]);
    profiles.drop();
  };
  once();
  const { byteLength } = strings.bytes;
  for (let i = 0; i < 2000; i += 1) once();
  assert.equal(strings.bytes.byteLength, byteLength);
});
