import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldCase, foldCodePoint } from "./case-folding.ts";

test("letters fold by the entries of status C and S in Unicode's CaseFolding.txt", () => {
  const pairs: readonly (readonly [string, string])[] = [
    ["ASCII [\\]^_`{", "ascii [\\]^_`{"],
    ["ÀÉÞ×÷", "àéþ×÷"],
    ["µſKÅΩ", "μskåω"],
    ["ΣΑς", "σασ"],
    ["ẞß", "ßß"],
    ["ǅǄǆ", "ǆǆǆ"],
    ["ᾈ", "ᾀ"],
    ["Ꭰꭰ", "ᎠᎠ"],
    ["İı", "İı"],
    ["\ufb05\u1fd3\u1fe3", "\ufb06\u0390\u03b0"],
    ["\u{10400}\u{1e900}\u{118a0}", "\u{10428}\u{1e922}\u{118c0}"],
    ["Ａ日本", "ａ日本"],
  ];
  for (const [text, folded] of pairs) assert.equal(foldCase(text), folded);
});

test("folding is idempotent and keeps the length of any UTF-16", () => {
  const units = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(units, fc.string({ unit: "binary" })), (text) => {
      const folded = foldCase(text);
      assert.equal(folded.length, text.length);
      assert.equal(foldCase(folded), folded);
      const slowly = Array.from(text, (char) =>
        String.fromCodePoint(foldCodePoint(char.codePointAt(0)!)),
      );
      assert.equal(folded, slowly.join(""));
    }),
    { numRuns: 500 },
  );
});

test("code points fold alike exactly if the regular expressions' iu flags take them as equal", () => {
  // Only letters that this runtime's Unicode version may know: Latin to Georgian, and their kin.
  for (let code = 0; code < 0x587; code += 1) {
    const char = String.fromCodePoint(code);
    const folded = String.fromCodePoint(foldCodePoint(code));
    const equals = new RegExp(`^\\u{${code.toString(16)}}$`, "iu");
    assert.ok(equals.test(folded), `U+${code.toString(16)}`);
    assert.ok(equals.test(char));
    const lower = char.toLowerCase();
    if (lower.length === 1) {
      assert.equal(
        equals.test(lower),
        foldCase(lower) === foldCase(char),
        `U+${code.toString(16)}`,
      );
    }
  }
});
