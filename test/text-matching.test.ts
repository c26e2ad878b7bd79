/** The text tests of the shipped rules: the kernel's matcher, the scanner and the tests one by one agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileChoice } from "../bench/activity/choose-rules.ts";
import { Prng } from "../src/base/prng.ts";
import { StringTable, type Texts } from "../src/event/string-table.ts";
import { TextMirror, TextsPublisher } from "../src/event/text-mirror.ts";
import type { TextTest } from "../src/ir/predicate.ts";
import { compileTest } from "../src/ir/text-test.ts";
import { compileAtoms } from "../src/predicate/atoms/atom-scanner.ts";
import { FieldProfiles } from "../src/predicate/atoms/field-profiles.ts";
import { ProfileTable } from "../src/predicate/atoms/profile-table.ts";
import { collectTests } from "../src/predicate/prefilter/field-tests.ts";

const alphabet = [
  "a",
  "E",
  "0",
  "9",
  "/",
  "\\",
  ".",
  "-",
  " ",
  ":",
  '"',
  "x",
  "é",
  "\u212a",
  "(",
  "*",
];

class TextMaker {
  readonly #random: Prng = new Prng(7);

  /** A text that has much in common with the literal of some test. */
  near(literal: string): string {
    let text = "";
    for (const char of literal) {
      if (this.#below(40) === 0) continue;
      if ("*?.+[](){}".includes(char) && this.#below(2) === 0) text += this.#filling();
      else if (this.#below(12) === 0) text += this.#below(2) === 0 ? this.#filling() : char + char;
      else text += this.#below(3) === 0 ? char.toUpperCase() : char;
    }
    return this.#below(4) === 0 ? this.#filling() + text + this.#filling() : text;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.float() * limit);
  }

  #filling(): string {
    return Array.from({ length: this.#below(6) }, () => alphabet[this.#below(16)]!).join("");
  }
}

function atomsOf(tests: readonly TextTest[], texts: Texts, cells: Int32Array): Int32Array[] {
  const table = new ProfileTable(tests.length);
  const profiles = new FieldProfiles(compileAtoms(tests), table);
  profiles.begin(texts);
  const into = new Int32Array(cells.length);
  profiles.fill(cells, cells.length, into);
  return Array.from(into, (profile) => table.atoms(profile as never));
}

test("matchers agree with the tests one by one on texts near those that the shipped rules name", () => {
  const { program } = compileChoice({ paths: ["rules"], share: 1, seed: 1 });
  const maker = new TextMaker();
  let held = 0;
  for (const { tests } of collectTests(program).fields) {
    const strings = new StringTable(1 << 24);
    const literals = tests.flatMap((one) => one.literals);
    const subjects = literals.flatMap((literal) => [
      ...[
        literal,
        literal.replaceAll("*", ""),
        literal.replaceAll("*", "x/y"),
        maker.near(literal),
      ],
      ...[maker.near(literal), maker.near(literal)],
    ]);
    const cells = Int32Array.from(subjects, (subject) => strings.intern(subject));
    const mirror = new TextMirror();
    mirror.add(new TextsPublisher(strings).publish());
    const matched = atomsOf(tests, strings, cells);
    assert.deepEqual(matched, atomsOf(tests, mirror.texts, cells));
    const oracle = tests.map(compileTest);
    for (const [at, subject] of subjects.entries()) {
      const wanted = [...oracle.keys()].filter((index) => oracle[index]!(subject) === true);
      assert.deepEqual([...matched[at]!], wanted, JSON.stringify(subject));
      held += wanted.length;
    }
  }
  assert.ok(held > 1000, `${held} tests held`);
});
