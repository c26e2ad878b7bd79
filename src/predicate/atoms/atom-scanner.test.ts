import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StringTable } from "../../event/string-table.ts";
import type { TextTest } from "../../ir/predicate.ts";
import { compileTest } from "../../ir/text-test.ts";
import { compileAtoms } from "./atom-scanner.ts";

/** Few characters, so that literals occur in texts; with folding pairs, wildcards and a surrogate pair. */
const character = fc.constantFrom(
  ...["a", "b", "A", "B", "/", "-", ".", "k", "K", "\u212a", "s", "\u017f", "ß", "\u1e9e"],
  ...["\u{1F600}", "\ud800", "é", "É", "\n", "0", "1"],
);
const text = fc.string({ unit: character, maxLength: 14 });
const wild = fc.string({
  unit: fc.oneof(character, fc.constantFrom("*", "?", "*")),
  maxLength: 10,
});
const network = fc.constantFrom(
  ...["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "::/0", "2001:db8::/32", "0.0.0.0/0", "10.9.9.9/9"],
);
const address = fc.constantFrom(
  ...["10.1.2.3", "192.0.2.7", "2001:db8::1", "::1", "::ffff:10.1.2.3", "10.200.0.1", "no", ""],
);
const regex = fc.constantFrom(
  ...["a.*b", "(a|b)+/.*", "a{2,3}.*", "[ab]+-.*", "ab?k.*", "a|b", ".*\\.b", "ab+c.*", ".*é.*"],
);

const textTest: fc.Arbitrary<TextTest> = fc
  .oneof(
    fc.record({
      kind: fc.constantFrom("equals", "prefix", "suffix", "contains" as const),
      literals: fc.array(text, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("glob" as const),
      literals: fc.array(wild, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("regex" as const),
      literals: fc.array(regex, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("cidr" as const),
      literals: fc.array(network, { minLength: 1, maxLength: 3 }),
    }),
  )
  .chain((part) =>
    fc.boolean().map(
      (insensitive): TextTest => ({
        kind: part.kind as TextTest["kind"],
        insensitive,
        literals: [...new Set(part.literals)].sort(),
      }),
    ),
  );

test("a scan finds exactly the tests that hold one by one", () => {
  const texts = fc.array(fc.oneof(text, address, wild), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(textTest, { minLength: 1, maxLength: 20 }), texts, (tests, subjects) => {
      const scanner = compileAtoms(tests);
      const strings = new StringTable(1 << 20);
      const oracle = tests.map(compileTest);
      for (const subject of subjects) {
        const found: number[] = [];
        scanner.scan(subject, found);
        const foundById: number[] = [];
        scanner.scanText(strings, strings.intern(subject), foundById);
        assert.deepEqual(foundById, found, JSON.stringify(subject));
        const wanted = [...oracle.keys()].filter((index) => oracle[index]!(subject) === true);
        assert.deepEqual(found, wanted, JSON.stringify(subject));
      }
    }),
    { numRuns: 3000 },
  );
});

test("a text is tried on few patterns, however many there are", () => {
  const tests = Array.from(
    { length: 2000 },
    (_unused, index): TextTest => ({
      kind: "glob",
      insensitive: true,
      literals: [`*/folder-${index}/*`],
    }),
  );
  const scanner = compileAtoms(tests);
  const found: number[] = [];
  scanner.scan("/opt/folder-77/run --quiet", found);
  assert.deepEqual(found, [77]);
  assert.ok(scanner.counters.verifications < 20, `${scanner.counters.verifications} were tried`);
});

test("a pattern is tried once on a text, however often its trigger occurs", () => {
  const scanner = compileAtoms([{ kind: "glob", insensitive: false, literals: ["*.*x*.exe"] }]);
  scanner.scan(".exe.exe.exe.exe", []);
  assert.equal(scanner.counters.verifications, 1);
});
