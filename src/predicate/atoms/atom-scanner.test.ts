import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TextTest } from "../../ir/predicate.ts";
import { compileTest } from "../../ir/text-test.ts";
import { compileAtoms } from "./atom-scanner.ts";
import { address, text, textTest, wild } from "./text-tests.fixture.ts";

test("a scan finds exactly the tests that hold one by one", () => {
  const texts = fc.array(fc.oneof(text, address, wild), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(textTest, { minLength: 1, maxLength: 20 }), texts, (tests, subjects) => {
      const scanner = compileAtoms(tests);
      const oracle = tests.map(compileTest);
      for (const subject of subjects) {
        const found: number[] = [];
        scanner.scan(subject, found);
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
