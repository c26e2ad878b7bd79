import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileRegex } from "../../ir/regex.ts";
import { type AsciiAutomaton, asciiAutomaton } from "./ascii-automaton.ts";

/** Few characters, in both cases and with those whose case folds into ASCII. */
const letters = ["a", "b", "A", "k", "K", "s", "z", "-", "_", "0", "9", "\n", "."];
const subject = fc.string({ unit: fc.constantFrom(...letters), maxLength: 9 });
const symbol = fc.constantFrom(
  ...["a", "b", "K", "s", ".", "\\.", "\\-", "\\d", "\\W", "\\s", "\\w", "[ab]", "[^a]", "[a-k]"],
  ...["[A-Z]", "[^\\w]", "[\\d_-]", "[]a]", "[-a]", "[a-]", "[^-b]", "[\u0100-\uffff]", "[^k]"],
  ...["\u212a", "\u017f", "é", '"a.b"', '""', "^", "$", "/", "[+--]", "[\\.-\\d]", "\\\\", "<"],
);
const suffix = fc.constantFrom(
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "{2}",
  "{1,3}",
  "{0,1}",
  "{2,}",
  "*?",
  "{0}",
);

function grow(part: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const sequence = fc
    .array(
      fc.tuple(part, suffix).map((both) => both.join("")),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(""));
  return fc.array(sequence, { minLength: 1, maxLength: 3 }).map((branches) => branches.join("|"));
}

const group = grow(symbol).chain((inner) => fc.constantFrom(`(${inner})`, `(?:${inner})`));
const pattern = grow(fc.oneof({ weight: 3, arbitrary: symbol }, { weight: 1, arbitrary: group }));

function holds(automaton: AsciiAutomaton, text: string): boolean {
  const { classes, classOf, accepts, table } = automaton;
  let { start: state } = automaton;
  for (const byte of new TextEncoder().encode(text)) {
    state = table[state * classes + classOf[byte]!]!;
  }
  return accepts[state] === 1;
}

test("an automaton accepts exactly the ASCII texts that the expression matches", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      pattern,
      fc.boolean(),
      fc.array(subject, { minLength: 1, maxLength: 12 }),
      (expression, insensitive, subjects) => {
        const regex = compileRegex(expression, insensitive);
        const automaton = asciiAutomaton(expression, insensitive);
        if (typeof regex !== "function" || automaton === null) return;
        compared += 1;
        for (const text of subjects) {
          const place = `${JSON.stringify(expression)} ${insensitive} ${JSON.stringify(text)}`;
          assert.equal(holds(automaton, text), regex(text), place);
        }
      },
    ),
    { numRuns: 4000 },
  );
  assert.ok(compared > 2000, `${compared} expressions were compared`);
});

test("every ASCII character is told from the others as the expression does", () => {
  const classes = ["[^\\W_]", "\\s", "\\S", "\\D", "[!-/]", "[a-z]", "[^a-z]", "[K\u017f]", "."];
  for (const [expression, insensitive] of classes.flatMap((one) => [
    [one, false] as const,
    [one, true] as const,
  ])) {
    const regex = compileRegex(expression, insensitive);
    if (typeof regex !== "function") continue;
    const automaton = asciiAutomaton(expression, insensitive);
    assert.ok(automaton !== null);
    for (let point = 0; point < 128; point += 1) {
      const text = String.fromCharCode(point);
      assert.equal(holds(automaton, text), regex(text), `${expression} ${insensitive} ${point}`);
    }
  }
});

test("expressions that grow too large have no automaton", () => {
  assert.equal(asciiAutomaton(".*a.{12}", false), null);
  assert.equal(asciiAutomaton("(a{100}){100}", false), null);
  assert.notEqual(asciiAutomaton(".*a.{3}", false), null);
});

test("what is decided before the end is known", () => {
  const automaton = asciiAutomaton("ab.*", false)!;
  assert.equal(automaton.accepts.length, 4);
  assert.deepEqual([holds(automaton, "abc"), holds(automaton, "xab")], [true, false]);
  assert.equal(asciiAutomaton(".*", false)!.start, 1);
  assert.equal(asciiAutomaton("é", false)!.start, 0);
});
