import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileDatePattern, formatIso, parseEpoch, parseIso } from "./time.ts";

/** Nanoseconds of a moment that JavaScript's own clock states in ms. */
function ns(isoMs: string, extraNs = 0n): bigint {
  return BigInt(Date.parse(isoMs)) * 1_000_000n + extraNs;
}

test("ISO 8601 is read with any fraction, offset and separator", () => {
  const noon = ns("2024-02-29T12:00:00.000Z");
  const cases: readonly (readonly [string, bigint])[] = [
    ["2024-02-29", ns("2024-02-29T00:00:00.000Z")],
    ["2024-02-29T12:00:00Z", noon],
    ["2024-02-29 12:00:00", noon],
    ["2024-02-29T12:00", noon],
    ["2024-02-29T12:00z", noon],
    ["2024-02-29T14:00:00+02:00", noon],
    ["2024-02-29T06:30:00-0530", noon],
    ["2024-02-29T13:00:00+01", noon],
    ["2024-02-29T12:00:00.5Z", noon + 500_000_000n],
    ["2024-02-29T12:00:00,5Z", noon + 500_000_000n],
    ["2024-02-29T12:00:00.123456789Z", noon + 123_456_789n],
    ["2024-02-29T12:00:00.1234567899Z", noon + 123_456_789n],
    ["1969-12-31T23:59:59.999999999Z", -1n],
  ];
  for (const [text, expected] of cases) assert.equal(parseIso(text), expected, text);
  assert.equal(parseIso("1601-01-01T00:00:00Z"), null, "before what 64 bits of ns can say");
  assert.equal(parseIso("2262-04-11T23:47:16.854775807Z"), 2n ** 63n - 1n);
  assert.equal(parseIso("2262-04-11T23:47:16.854775808Z"), null);
});

test("what is no date is refused", () => {
  const refused = [
    "",
    "2024",
    "2024-13-01",
    "2024-00-01",
    "2023-02-29",
    "1900-02-29",
    "2024-04-31",
    "2024-01-01T24:00",
    "2024-01-01T12:60",
    "2024-01-01T12:00:60",
    "2024-01-01T12:00:00.Z",
    "2024-01-01T",
    "2024-01-01T12",
    "2024-01-01T12:00+19:00",
    "2024-01-01Z",
    " 2024-01-01",
    "24-01-01",
    "2024-1-1",
    "1577836800000",
  ];
  for (const text of refused) assert.equal(parseIso(text), null, JSON.stringify(text));
});

test("a moment prints with milliseconds where they are exact, else with nanoseconds", () => {
  assert.equal(formatIso(0n), "1970-01-01T00:00:00.000Z");
  assert.equal(formatIso(ns("2024-02-29T12:00:00.120Z")), "2024-02-29T12:00:00.120Z");
  assert.equal(formatIso(ns("2024-02-29T12:00:00.120Z", 1n)), "2024-02-29T12:00:00.120000001Z");
  assert.equal(formatIso(-1n), "1969-12-31T23:59:59.999999999Z");
});

test("every 64-bit moment prints to text that reads back as it", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (time) => {
      assert.equal(parseIso(formatIso(time)), time);
    }),
    { numRuns: 500 },
  );
});

test("numbers count their unit from the epoch, exactly in their decimal digits", () => {
  const moment = ns("2019-02-16T10:01:45.887Z");
  assert.equal(parseEpoch(1550311305887, "ms"), moment);
  assert.equal(parseEpoch("1550311305887", "ms"), moment);
  assert.equal(parseEpoch(1550311305.887, "s"), moment);
  assert.equal(parseEpoch(1550311305887000n, "us"), moment);
  assert.equal(parseEpoch(1550311305887000001n, "ns"), moment + 1n);
  assert.equal(parseEpoch("-1.5", "ms"), -1_500_000n);
  assert.equal(parseEpoch(116444736000000000n, "filetime"), 0n);
  assert.equal(parseEpoch(116444736000000001n, "filetime"), 100n);
  assert.equal(parseEpoch(1e-9, "s"), 0n);
  for (const text of ["", " 1", "1 ", "0x10", "1e3", "+1", "12a", "1".repeat(40)]) {
    assert.equal(parseEpoch(text, "ms"), null, JSON.stringify(text));
  }
  assert.equal(parseEpoch(1e30, "ms"), null);
  assert.equal(parseEpoch(Number.POSITIVE_INFINITY, "ms"), null);
  assert.equal(parseEpoch(2n ** 62n, "ms"), null);
});

test("date patterns read their own form only, alternatives in order", () => {
  const read = compileDatePattern("dd-MM-yyyy or yyyy-MM-dd||yyyy/MM/dd HH:mm:ss.SSSXXX")!;
  const day = ns("2022-12-13T00:00:00.000Z");
  assert.equal(read("13-12-2022"), day);
  assert.equal(read("2022-12-13"), day);
  assert.equal(read("2022/12/13 02:00:00.250+02:00"), day + 250_000_000n);
  for (const text of ["13-13-2022", "2022.12.13", "13-12-2022 ", "1-12-2022", "32-01-2022"]) {
    assert.equal(read(text), null, text);
  }
  assert.equal(compileDatePattern("d.M.yy")!("3.4.22"), ns("2022-04-03T00:00:00.000Z"));
  assert.equal(
    compileDatePattern("yyyy-MM-dd'T'HH''mm")!("2022-12-13T01'30"),
    day + 5_400_000_000_000n,
  );
  assert.equal(compileDatePattern("epoch_second")!("1"), 1_000_000_000n);
  assert.equal(compileDatePattern("strict_date_optional_time||epoch_millis")!("5"), 5_000_000n);
});

test("a pattern with unknown letters, a letter twice or an open quote is refused", () => {
  for (const pattern of ["", "EEE dd", "yyyy-MM-dd'T", "dd-MM-dd", "qq", "yyyy||", "yyyy uuuu"]) {
    assert.equal(compileDatePattern(pattern), null, pattern);
  }
});
