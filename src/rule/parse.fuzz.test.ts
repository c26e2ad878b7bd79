import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRuleFile } from "./parse.ts";
import { mapQueryOffset, mapQuerySpan } from "./query-place.ts";

const seeds: ReadonlyMap<string, string> = new Map([
  ["eql", '// why\nsequence by process.entity_id\n  [process where a == "x"]\n'],
  [
    "json",
    '[{"id": "a", "query": "process where a == \\"\\u00e9\\" \\n", "tags": ["x"], "n": -1.5e3}]',
  ],
  [
    "yaml",
    "id: &a x\nquery: |2\n    process where\n      a == 1\n\ntags: [*a, \"b\\tc\", 'd''e']\n--- \n- id: b\n  query: >-\n   x\n   y\n",
  ],
  [
    "toml",
    "[rule] # c\nrule_id = \"a\"\nquery = '''\nprocess where a == \"x\"\n'''\ntags = [\n  'a', # b\n]\n[[rule.threat]]\ntactic.id = \"T\\u0041\"\n",
  ],
]);

const mutationCount = 2000;

/** Small xorshift; `next(n)` is in 0 <= x < n. */
function generator(seed: number): (n: number) => number {
  let state = seed | 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const splinters = [
  "'",
  '"',
  "'''",
  '"""',
  "\\",
  "\n",
  "\r\n",
  "[",
  "]]",
  "{",
  "}",
  "#",
  ":",
  "=",
  "- ",
  "|",
  ">",
  "&a",
  "*a",
  "!!x",
  "\u0000",
  "\ud800",
  "\ufeff",
  "__proto__",
  "\\u{",
  "? ",
  "%",
  "1e999",
];

function mutate(text: string, next: (n: number) => number): string {
  let mutated = text;
  for (let i = next(4); i >= 0; i -= 1) {
    const at = next(mutated.length + 1);
    const length = next(4) === 0 ? next(20) : next(2);
    const kind = next(3);
    const splinter =
      kind === 0
        ? (splinters[next(splinters.length)] ?? "")
        : kind === 1
          ? mutated.slice(at, at + next(30))
          : String.fromCharCode(next(128));
    mutated = mutated.slice(0, at) + splinter + mutated.slice(at + length);
  }
  return mutated;
}

function check(path: string, text: string): boolean {
  const { rules, diagnostics } = parseRuleFile({ path, text }, () => "0".repeat(64));
  for (const { span } of diagnostics) {
    assert.ok(0 <= span.start && span.start <= span.end && span.end <= text.length);
  }
  for (const rule of rules) {
    let previous = 0;
    for (let i = 0; i <= rule.query.length; i += 1) {
      const offset = mapQueryOffset(rule, i);
      assert.ok(previous <= offset && offset <= text.length, `offset ${i}`);
      previous = offset;
    }
    const whole = mapQuerySpan(rule, { start: 0, end: rule.query.length });
    assert.ok(whole.start <= whole.end && whole.end <= text.length);
  }
  return rules.length > 0;
}

for (const [extension, seed] of seeds) {
  test(`no mutation of a ${extension} rule file makes the parser throw or point outside`, () => {
    assert.ok(check(`a.${extension}`, seed), "the seed itself is a rule");
    const next = generator(0x5eed);
    let survivors = 0;
    for (let i = 0; i < mutationCount; i += 1) {
      const text = mutate(seed, next);
      try {
        if (check(`a.${extension}`, text)) survivors += 1;
      } catch (cause) {
        throw new Error(`mutation ${i}: ${JSON.stringify(text)}`, { cause });
      }
    }
    assert.ok(survivors > 0, "some mutations are still rules");
    if (extension !== "eql") assert.ok(survivors < mutationCount, "some mutations are refused");
  });
}
