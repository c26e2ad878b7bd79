import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIso } from "../base/time.ts";
import { timeText, usualTime } from "./scalar.ts";

const form: RegExp = /^(?:19[789]\d|2[01]\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;

/** By the definition of the format. */
function expectedTime(text: string): ReturnType<typeof usualTime> {
  const match = form.exec(text);
  const timeNs = match === null ? null : parseIso(text);
  return timeNs === null ? null : { timeNs, digits: match![1]?.length ?? 0 };
}

test("times in the usual form are read as ISO 8601 says, and can be written again", () => {
  const number = (digits: number, max: number): fc.Arbitrary<string> =>
    fc.integer({ min: 0, max }).map((value) => String(value).padStart(digits, "0"));
  const texts = fc
    .tuple(
      fc.integer({ min: 1960, max: 2210 }).map(String),
      number(2, 13),
      fc.oneof(number(2, 32), fc.constantFrom("28", "29", "30", "31")),
      number(2, 24),
      number(2, 60),
      number(2, 60),
      fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{0,10}$/)),
      fc.constantFrom("Z", "Z", "Z", "z", "", "+00:00"),
    )
    .map(([y, mo, d, h, mi, s, f, z]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${f}${z}`);
  const damaged = fc
    .tuple(texts, fc.nat(30), fc.constantFrom("-", " ", ":", "x", "5", "/", ".", "é"))
    .map(([text, at, put]) => `${text.slice(0, at)}${put}${text.slice(at + 1)}`);
  let found = 0;
  fc.assert(
    fc.property(fc.oneof(texts, damaged, fc.string()), (text) => {
      const time = usualTime(text);
      assert.deepEqual(time, expectedTime(text), text);
      if (time === null) return;
      found += 1;
      assert.equal(timeText(time.timeNs, time.digits), text);
    }),
    { numRuns: 3000 },
  );
  assert.ok(found > 100, `${found} times`);
});

test("the last days of months are times where the calendar has them", () => {
  for (const [day, isTime] of [
    ["2000-02-29", true],
    ["2100-02-29", false],
    ["2023-02-29", false],
    ["2024-02-29", true],
    ["2024-02-30", false],
    ["2024-04-31", false],
    ["2024-12-31", true],
    ["1970-01-01", true],
    ["2199-12-31", true],
    ["1969-12-31", false],
    ["2200-01-01", false],
  ] as const) {
    assert.equal(usualTime(`${day}T23:59:59.999999999Z`) !== null, isTime, day);
  }
});
