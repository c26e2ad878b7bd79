import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field, FieldId, FieldType } from "../schema/type.ts";
import { createNormaliser, type ScalarInput } from "./normalise.ts";
import { StringTable } from "./string-table.ts";

const strings = new StringTable(1_000_000);

function fieldOf(type: FieldType, dateFormats: readonly string[] = []): Field {
  return {
    id: 0 as FieldId,
    path: "x",
    type,
    multiple: false,
    categories: [],
    description: "",
    origin: "extension",
    dateFormats,
  };
}

/** What is stored, with texts for string ids. */
function stored(type: FieldType, value: ScalarInput): unknown {
  const result = createNormaliser(fieldOf(type), "ms")(value, strings);
  const isText = type === "keyword" || type === "version" || type === "ip";
  return isText && result !== null ? strings.text(Number(result)) : result;
}

test("keywords take text as it is, numbers and booleans as text", () => {
  const cases: readonly (readonly [ScalarInput, string])[] = [
    ["", ""],
    [" A é ", " A é "],
    [1000, "1000"],
    [-0, "0"],
    [0.1, "0.1"],
    [1e21, "1e+21"],
    [18446744073709551615n, "18446744073709551615"],
    [true, "true"],
    [false, "false"],
  ];
  for (const [value, expected] of cases) assert.equal(stored("keyword", value), expected);
  assert.equal(stored("version", "1.2.0-rc.1"), "1.2.0-rc.1");
});

test("longs are cut toward zero and read from decimal text, within 64 bits", () => {
  const cases: readonly (readonly [ScalarInput, number | bigint | null])[] = [
    [5, 5],
    [1.9, 1],
    [-1.9, -1],
    [-0.5, 0],
    ["123", 123],
    ["+123", 123],
    ["-7.9", -7],
    ["-0", 0],
    ["007", 7],
    [".5", 0],
    ["1e3", 1000],
    [1e18, 10n ** 18n],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807.9", 9223372036854775807n],
    [-9223372036854775808n, -9223372036854775808n],
    [9223372036854775808n, null],
    ["9223372036854775808", null],
    [1e19, null],
    [Number.POSITIVE_INFINITY, null],
    ["1e999", null],
    ["", null],
    [" 1", null],
    ["1 ", null],
    ["0x10", null],
    ["1_000", null],
    ["abc", null],
    [".", null],
    [true, null],
  ];
  for (const [value, expected] of cases)
    assert.equal(stored("long", value), expected, String(value));
  assert.ok(Object.is(stored("long", -0.5), 0));
});

test("doubles are finite numbers or their text", () => {
  const cases: readonly (readonly [ScalarInput, number | null])[] = [
    [1.5, 1.5],
    ["1.5", 1.5],
    ["-1e-3", -0.001],
    ["5.", 5],
    [9007199254740993n, 9007199254740992],
    ["1e999", null],
    [Number.NEGATIVE_INFINITY, null],
    ["NaN", null],
    ["Infinity", null],
    [" 1", null],
    [false, null],
  ];
  for (const [value, expected] of cases) assert.equal(stored("double", value), expected);
});

test("booleans are true and false or exactly these words", () => {
  assert.equal(stored("boolean", true), 2);
  assert.equal(stored("boolean", "true"), 2);
  assert.equal(stored("boolean", false), 1);
  assert.equal(stored("boolean", "false"), 1);
  for (const value of ["", "True", "1", 1, 0]) assert.equal(stored("boolean", value), null);
});

test("addresses become canonical and anything else does not fit", () => {
  assert.equal(stored("ip", "2001:DB8:0:0::1"), "2001:db8::1");
  assert.equal(stored("ip", "::ffff:10.0.0.1"), "10.0.0.1");
  for (const value of ["10.0.0.256", "host", "", 167772161, true])
    assert.equal(stored("ip", value), null);
});

test("dates are ISO 8601, a form of the field, or numbers and their text", () => {
  const day = BigInt(Date.UTC(2022, 11, 13)) * 1_000_000n;
  const read = createNormaliser(fieldOf("date", ["dd-MM-yyyy", "no pattern"]), "ms");
  assert.equal(read("13-12-2022", strings), day);
  assert.equal(read("2022-12-13", strings), day);
  assert.equal(read("2022-12-13T00:00:00.000000001Z", strings), day + 1n);
  assert.equal(read(Date.UTC(2022, 11, 13), strings), day);
  assert.equal(read(String(Date.UTC(2022, 11, 13)), strings), day);
  for (const value of ["13.12.2022", "", "soon", true, 1e300])
    assert.equal(read(value, strings), null);
  assert.equal(createNormaliser(fieldOf("date"), "s")(1.5, strings), 1_500_000_000n);
});
