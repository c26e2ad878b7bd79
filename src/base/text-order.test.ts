import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareByCodePoint } from "./text-order.ts";

const anyText = fc.string({ unit: "binary" });

function compareSlowly(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0)!);
  const right = Array.from(b, (char) => char.codePointAt(0)!);
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    if (left[i] !== right[i]) return Math.sign(left[i]! - right[i]!);
  }
  return Math.sign(left.length - right.length);
}

test("a supplementary character sorts after the end of the BMP", () => {
  assert.ok(
    "\u{1f600}" > "a" && "\u{1f600}" < "\uffee",
    "the test needs a pair that UTF-16 misorders",
  );
  assert.ok(compareByCodePoint("\u{1f600}", "\uffee") > 0);
  assert.ok(compareByCodePoint("\uffee", "\u{1f600}") < 0);
});

test("a prefix sorts before what continues it", () => {
  assert.ok(compareByCodePoint("ab", "abc") < 0);
  assert.ok(compareByCodePoint("", "a") < 0);
  assert.equal(compareByCodePoint("abc", "abc"), 0);
});

test("a lone surrogate sorts as its own code point", () => {
  assert.ok(compareByCodePoint("\ud83d", "\u{1f600}") < 0);
  assert.ok(compareByCodePoint("\ud83dz", "\u{1f600}") < 0);
  assert.ok(compareByCodePoint("\udc00", "\ue000") < 0);
});

test("the order is that of the sequences of code points", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (prefix, a, b) => {
      const expected = compareSlowly(prefix + a, prefix + b);
      assert.equal(Math.sign(compareByCodePoint(prefix + a, prefix + b)), expected);
    }),
    { numRuns: 500 },
  );
});

test("the order holds for any UTF-16, well formed or not", () => {
  const units = fc
    .array(fc.constantFrom(0x61, 0xd83d, 0xd83e, 0xde00, 0xde01, 0xffff), { maxLength: 5 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(units, units, (a, b) => {
      assert.equal(Math.sign(compareByCodePoint(a, b)), compareSlowly(a, b));
    }),
    { numRuns: 2000 },
  );
});
