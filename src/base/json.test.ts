import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalText } from "./canonical-text.ts";
import {
  canonicalByValue,
  canonicalJson,
  type JsonValue,
  parseExactly,
  parseJson,
  printCanonical,
} from "./json.ts";
import { Prng } from "./prng.ts";

function parsed(text: string, nesting?: number): JsonValue {
  const result = parseJson(text, nesting);
  assert.equal(result.kind, "value", text);
  return result.kind === "value" ? result.value : null;
}

test("integers beyond 2^53 keep all their digits, others are numbers", () => {
  assert.equal(parsed("9007199254740991"), 9007199254740991);
  assert.equal(parsed("9007199254740992"), 9007199254740992n);
  assert.equal(parsed("-9007199254740993"), -9007199254740993n);
  assert.equal(parsed("18446744073709551615"), 18446744073709551615n);
  assert.equal(parsed("0.12345678901234500"), 0.123456789012345);
  assert.equal(parsed("1234567890123456e1"), 12345678901234560);
  assert.deepEqual(parsed('{"a":[12345678901234567890,1.5]}'), {
    a: [12345678901234567890n, 1.5],
  });
  const spaced = '{"a" :\t-12345678901234567890,"b":[1234567890123456789,\n9007199254740993]}';
  assert.deepEqual(parsed(spaced), {
    a: -12345678901234567890n,
    b: [1234567890123456789n, 9007199254740993n],
  });
  assert.equal(parsed('"x1234567890123456789"'), "x1234567890123456789");
  assert.ok(Object.is(parsed("-0"), -0));
});

test("an integer of absurd length is a double, in bounded time", () => {
  assert.equal(parsed("9".repeat(1_000_000)), Number.POSITIVE_INFINITY);
});

test("the limit of nesting holds on both ways through the parser", () => {
  const deep = (levels: number, inner: string): string =>
    `${"[".repeat(levels)}${inner}${"]".repeat(levels)}`;
  for (const inner of ["1", "12345678901234567890"]) {
    assert.equal(parseJson(deep(8, inner), 8).kind, "value");
    const refused = parseJson(deep(9, inner), 8);
    assert.equal(refused.kind === "error" ? refused.code : "", "too-deep");
  }
  assert.ok(Array.isArray(parsed(`["${"[".repeat(100)}",[],[],[],[]]`, 3)));
  assert.equal(parseJson(deep(100_000, "")).kind, "error");
});

test("an error says what is wrong and where, in the same words everywhere", () => {
  assert.deepEqual(parseJson('{"a":1,}'), {
    kind: "error",
    code: "invalid-json",
    message: 'unexpected "}" at offset 7',
    offset: 7,
  });
  const cut = parseJson('{"a":"');
  assert.equal(cut.kind === "error" ? cut.message : "", "unexpected end of text at offset 6");
});

test("a key named __proto__ is a key like any other", () => {
  for (const parse of [parseJson, parseExactly]) {
    const result = parse('{"__proto__":{"x":1}}');
    assert.ok(result.kind === "value");
    assert.deepEqual(Object.keys(result.value as object), ["__proto__"]);
    assert.equal((result.value as Record<string, JsonValue>)["x"], undefined);
  }
});

test("the canonical text has sorted keys, no blanks and one spelling of each number", () => {
  const cases: readonly (readonly [string, string])[] = [
    [' { "b" : 1.0 , "a" : [ true , null ] } ', '{"a":[true,null],"b":1}'],
    ["[1e2,-0,0.10,1E-7,100000000000000000000]", "[100,0,0.1,1e-7,100000000000000000000]"],
    ["[9007199254740993,-12345678901234567890]", "[9007199254740993,-12345678901234567890]"],
    ['{"a":1,"a":{"c":1,"c":2}}', '{"a":{"c":2}}'],
    ['"\\u0041\\/\\u00e9\\u001f"', '"A/é\\u001f"'],
    ["1e999", "1e999"],
    ['{"\\ufb33":1,"\\ud83d\\ude00":2,"1":3}', '{"1":3,"\ud83d\ude00":2,"\ufb33":1}'],
  ];
  for (const [text, expected] of cases) {
    assert.equal(canonicalJson(text), expected);
    assert.equal(canonicalJson(expected), expected);
  }
  assert.throws(() => canonicalJson("{"), SyntaxError);
});

test("texts of one value have one canonical text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const canonical = canonicalJson(JSON.stringify(value, null, 2));
      assert.equal(canonicalJson(JSON.stringify(reversed(value as JsonValue))), canonical);
      assert.deepEqual(JSON.parse(canonical), JSON.parse(JSON.stringify(value)));
      assert.equal(printCanonical(parsed(canonical)), canonical);
    }),
    { numRuns: 300 },
  );
});

test("fuzz: the own parser and JSON.parse agree on values and on what is wrong", () => {
  const seed = Number(process.env["SEED"] ?? 20240517);
  const prng = new Prng(seed);
  let refused = 0;
  for (let round = 0; round < 6000; round += 1) {
    const text = round % 2 === 0 ? randomJson(prng, 4) : mutate(prng, randomJson(prng, 3));
    const own = parseExactly(text);
    const expected = tryParse(text);
    const say = `seed ${seed}, round ${round}: ${JSON.stringify(text)}`;
    assert.equal(own.kind === "value", expected !== undefined, say);
    if (own.kind === "value") assert.deepEqual(own.value, expected, say);
    else refused += 1;
  }
  assert.ok(refused > 1000, `only ${refused} texts were wrong: the mutations have lost their bite`);
});

test("fuzz: the canonical text made of slices is the one made by way of the value", () => {
  const seed = Number(process.env["SEED"] ?? 20240518);
  const prng = new Prng(seed);
  let made = 0;
  for (let round = 0; round < 8000; round += 1) {
    const whole = randomJson(prng, 4);
    const plain = round % 4 < 2 ? whole.replace(/[\n\t\r\u2028]|\\u[0-9a-f]{4}|😀/g, "") : whole;
    const text = round % 2 === 0 ? plain : mutate(prng, plain);
    const canonical = canonicalText(text);
    const say = `seed ${seed}, round ${round}: ${JSON.stringify(text)}`;
    if (tryParse(text) === undefined) assert.equal(canonical, null, say);
    if (canonical === null) continue;
    assert.equal(canonical, canonicalByValue(text), say);
    made += 1;
  }
  assert.ok(made > 2500, `only ${made} texts were made of slices`);
});

test("names that only differ in case, length or what sorts before a quote keep their order", () => {
  const text = '{"b":1,"a b":{"y":[],"x":{}},"a!":2,"a":"\\"\\\\","B":[{"d":0,"c":-5}],"":""}';
  assert.equal(canonicalText(text), canonicalByValue(text));
  assert.equal(
    canonicalText(text),
    '{"":"","B":[{"c":-5,"d":0}],"a":"\\"\\\\","a b":{"x":{},"y":[]},"a!":2,"b":1}',
  );
});

/** The same value with the keys of every object in the opposite order. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const);
  return Object.fromEntries(entries.reverse());
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const scalars = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "1",
  "-12",
  "0.5",
  "-1.25e3",
  "1E+2",
  "1e-400",
  "1e400",
  '""',
  '"a"',
  '"\\n\\"\\\\\\/\\b"',
  '"\\u00e9\\ud83d"',
  '"é😀"',
  '"\u2028"',
  "123456789012345",
];
const blanks = ["", "", "", " ", "\n", "\t \r"];

function randomJson(prng: Prng, depth: number): string {
  const blank = prng.pick(blanks);
  const kind = depth === 0 ? 0 : prng.int(4);
  if (kind < 2) return `${blank}${prng.pick(scalars)}${prng.pick(blanks)}`;
  const items = Array.from({ length: prng.int(4) }, () => randomJson(prng, depth - 1));
  if (kind === 2) return `${blank}[${items.length === 0 ? blank : items.join(",")}]`;
  const keys = ['"a"', '"b.c"', '"__proto__"', '"1"', '"\\u0061"'];
  const members = items.map((item) => `${blank}${prng.pick(keys)}${blank}:${item}`);
  return `{${members.length === 0 ? blank : members.join(",")}}${blank}`;
}

/** Removes, doubles, replaces or inserts one unit. */
function mutate(prng: Prng, text: string): string {
  const at = prng.int(text.length + 1);
  const extra = prng.pick([..."{}[]\",:\\01.eE+-tfnu \u0000\u001f\u007f\u00a0\ufeff'/"]);
  const head = text.slice(0, at);
  switch (prng.int(4)) {
    case 0:
      return head + text.slice(at + 1);
    case 1:
      return head + text.slice(at, at + 1) + text.slice(at);
    case 2:
      return head + extra + text.slice(at + 1);
    default:
      return head + extra + text.slice(at);
  }
}
