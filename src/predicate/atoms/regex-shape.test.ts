import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileRegex } from "../../ir/regex.ts";
import { regexShape } from "./regex-shape.ts";

test("pieces are what no match can do without, in order", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["abc", ["abc"]],
    [".*wget.*", ["wget"]],
    ["ab?cd", ["a", "cd"]],
    ["ab*", ["a"]],
    ["ab+cd", ["ab", "cd"]],
    ["(abc)?de", ["de"]],
    ["a|bcd", []],
    ["(a|b)cd", ["cd"]],
    ["x(\\.so)+\\.[0-9]+", ["x", ".so", "."]],
    ["[a-z]+/tmp/x{2}", ["/tmp/x"]],
    ['a"b|c"de', ["a", "b|c", "de"]],
    ["\\dabc", ["abc"]],
    ["a{0,3}b", ["b"]],
    ["(a(b|c)d){2}", ["a", "d"]],
    ["~a", []],
  ];
  for (const [pattern, pieces] of cases) {
    assert.deepEqual(regexShape(pattern).pieces, pieces, pattern);
  }
});

test("lengths are bounds in UTF-16 units", () => {
  const bounds = (pattern: string): readonly number[] => {
    const { shortest, longest } = regexShape(pattern);
    return [shortest, longest];
  };
  assert.deepEqual(bounds("[24][0-9]{3}"), [4, 4]);
  assert.deepEqual(bounds(".*[A-Za-z0-9\\+\\/]{30,}\\={0,2}.*"), [30, Number.POSITIVE_INFINITY]);
  assert.deepEqual(bounds("a.|bcd?"), [2, 3]);
  assert.deepEqual(bounds("(ab){2,3}[^x]"), [5, 8]);
  assert.deepEqual(bounds(""), [0, 0]);
  assert.deepEqual(bounds("a{0}b"), [1, 1]);
});

test("what must be beyond ASCII is told from what may be", () => {
  assert.equal(regexShape(".*[\u02b0-\u02ff\u1d2c-\u1d62]+.*").isBeyondAscii, true);
  assert.equal(regexShape(".*[\u02b0-\u02ff]*.*").isBeyondAscii, false);
  assert.equal(regexShape("[a\u02b0]").isBeyondAscii, false);
  // The long s and the Kelvin sign equal ASCII letters where case does not matter.
  assert.equal(regexShape("[\u017f]").isBeyondAscii, false);
  assert.equal(regexShape("[\u0170-\u0180]").isBeyondAscii, false);
});

/** A pattern and a text that it matches. */
type Example = readonly [pattern: string, text: string];

const atom: fc.Arbitrary<Example> = fc.constantFrom<Example[]>(
  ...([
    ["a", "a"],
    ["b", "b"],
    ["/", "/"],
    ["\\.", "."],
    ["[ab]", "b"],
    ["[^a]", "\u{1f600}"],
    ["[0-9]", "7"],
    ["\\d", "0"],
    ["[\u00e9\u00e8]", "\u00e8"],
    ["\u00e9", "\u00e9"],
    [".", "x"],
    ['"a|b"', "a|b"],
  ] as Example[]),
);

const repetition: fc.Arbitrary<readonly [suffix: string, count: number]> = fc.constantFrom(
  ...([
    ["", 1],
    ["", 1],
    ["?", 0],
    ["?", 1],
    ["*", 0],
    ["*", 2],
    ["+", 1],
    ["+", 3],
    ["{2}", 2],
    ["{1,3}", 3],
    ["{0,1}", 0],
    ["{2,}", 4],
  ] as const),
);

function sequence(part: fc.Arbitrary<Example>): fc.Arbitrary<Example> {
  const repeated = fc
    .tuple(part, repetition)
    .map(([[inner, text], [suffix, count]]): Example => [inner + suffix, text.repeat(count)]);
  return fc
    .array(repeated, { minLength: 1, maxLength: 4 })
    .map((parts): Example => [parts.map(([p]) => p).join(""), parts.map(([, t]) => t).join("")]);
}

function alternation(part: fc.Arbitrary<Example>): fc.Arbitrary<Example> {
  return fc
    .tuple(fc.array(sequence(part), { minLength: 1, maxLength: 3 }), fc.nat())
    .map(
      ([branches, choice]): Example => [
        branches.map(([branch]) => branch).join("|"),
        branches[choice % branches.length]![1],
      ],
    );
}

const group = alternation(atom).map(([inner, text]): Example => [`(${inner})`, text]);

test("every match has the shape", () => {
  const examples = alternation(fc.oneof(atom, atom, atom, group));
  fc.assert(
    fc.property(examples, ([pattern, text]) => {
      const regex = compileRegex(pattern, false);
      assert.ok(typeof regex === "function" && regex(text), `${pattern} ${text}`);
      const { pieces, shortest, longest, isBeyondAscii } = regexShape(pattern);
      assert.ok(text.length >= shortest && text.length <= longest, `${pattern} ${text}`);
      assert.ok(!isBeyondAscii || /[^\0-\x7f]/.test(text), `${pattern} ${text}`);
      let at = 0;
      for (const piece of pieces) {
        const found = text.indexOf(piece, at);
        assert.notEqual(found, -1, `${pattern} ${text}: ${piece}`);
        at = found + piece.length;
      }
    }),
    { numRuns: 3000 },
  );
});
