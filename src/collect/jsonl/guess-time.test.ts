import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIso } from "../../base/time.ts";
import { createTimeCells, TimeGuesser } from "./guess-time.ts";

const time = "2024-02-03T04:05:06.789Z";
const ns = parseIso(time)!;

/** What is guessed of each of some lines that lie in one piece of memory; null where nothing is. */
function guesses(...lines: readonly string[]): (bigint | null)[] {
  const guesser = new TimeGuesser();
  guesser.begin(new TextEncoder().encode(`${lines.join("\n")}\n`));
  const cells = createTimeCells(2);
  let start = 0;
  return lines.map((line) => {
    const end = start + new TextEncoder().encode(line).length;
    const isGuessed = guesser.guess(start, end, cells, 1);
    start = end + 1;
    return isGuessed ? cells.longs[1]! : null;
  });
}

test("the event's own time is guessed wherever it stands", () => {
  for (const line of [
    `{"@timestamp":"${time}","a":1}`,
    `{"@timestamp": "${time}"}`,
    `{"a":{"b":[1,"}"]},"@timestamp":"${time}"}`,
    `{"a":"ö","@timestamp": "${time}","b":[]}`,
    `{"a":{"@timestamp":"2020-01-01T00:00:00Z"},"@timestamp":"${time}"}`,
    `{"a":{"@timestamp":"2020-01-01T00:00:00Z"},"b":"{\\"","@timestamp":"${time}","c":{}}`,
    `{"@timestamp":"${time}","a":{"@timestamp":"2020-01-01T00:00:00Z"}}`,
    '{"@timestamp":"2024-02-03T05:05:06.789+01:00","a":1}',
    `{"a":1,"@timestamp":${Date.parse(time)},"b":1}`,
  ]) {
    assert.deepEqual(guesses(line), [ns], line);
  }
});

test("nothing is guessed from what says no time", () => {
  for (const line of [
    "",
    "{",
    "{}",
    '{"a":"@timestamp","b":1}',
    '{"@timestamp":null}',
    '{"@timestamp":"yesterday"}',
    '{"@timestamp":"2024-02-33T04:05:06Z"}',
    '{"@timestamp":"2024-02-03T24:05:06Z"}',
    '{"@timestamp":"2024-02-03T04:05:06.Z"}',
    '{"@timestamp":"2300-02-03T04:05:06Z"}',
    '{"@timestamp":1.5}',
    '{"@timestamp":15e3}',
    '{"@timestamp":12345678901234567}',
    `{"@timestamp":["${time}"]}`,
  ]) {
    assert.deepEqual(guesses(line), [null], line);
  }
});

test("a line's time is not taken from the lines beside it", () => {
  const plain = `{"a":1,"@timestamp":"${time}","b":1}`;
  assert.deepEqual(guesses('{"a":1}', plain, "{}", '{"a":2}', plain, '{"a":3}'), [
    ...[null, ns, null, null, ns, null],
  ]);
});

test("what is guessed of a time is what a parser reads", () => {
  const seconds = fc.integer({ min: 0, max: 9_000_000_000 });
  const fraction = fc.option(fc.integer({ min: 0, max: 999_999_999 }), { nil: null });
  fc.assert(
    fc.property(seconds, fraction, fc.integer({ min: 1, max: 9 }), (second, ns, digits) => {
      const whole = new Date(second * 1000).toISOString().slice(0, 19);
      const part = ns === null ? "" : `.${String(ns).padStart(9, "0").slice(0, digits)}`;
      const text = `${whole}${part}Z`;
      assert.deepEqual(guesses(`{"@timestamp":"${text}"}`), [parseIso(text)], text);
      const ms = second * 1000 + ((ns ?? 0) % 1000);
      if (second < 9_000_000_000) {
        assert.deepEqual(guesses(`{"@timestamp":${ms}}`), [BigInt(ms) * 1_000_000n]);
      }
    }),
    { numRuns: 500 },
  );
});
