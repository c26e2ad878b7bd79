import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIso } from "../../base/time.ts";
import { quickTime } from "./quick-time.ts";

const time = "2024-02-03T04:05:06.789Z";
const ns = parseIso(time);

test("a plain time is found as the first, the last and a middle member", () => {
  for (const line of [
    `{"@timestamp":"${time}","a":1}`,
    `{"@timestamp": "${time}"}`,
    `{"a":{"b":[1,"}"]},"@timestamp":"${time}"}`,
    `{"a":"\\\\","m":"x\\"{","@timestamp":"${time}","b":[]}`,
  ]) {
    assert.equal(quickTime(line), ns, line);
  }
});

test("what is not certain has to be parsed", () => {
  for (const line of [
    `{"a":{"@timestamp":"${time}"},"b":1}`,
    `{"@timestamp":"${time}","@timestamp":"2020-01-01T00:00:00Z"}`,
    `{"@timestamp":"${time}","\\u0040timestamp":"2020-01-01T00:00:00Z"}`,
    `{"@timestamp":"${time}","@\\u0074imestamp":"2020-01-01T00:00:00Z"}`,
    `{"@timestamp":1706933106789,"a":1}`,
    `{"@timestamp":"2024-02-03 04:05:06","a":1}`,
    `{"@timestamp":"2024-02-33T04:05:06Z","a":1}`,
    `{"@timestamp":["${time}"],"a":1}`,
    `{"a":"@timestamp","b":"${time}"}`,
    ` {"@timestamp":"${time}","a":1}`,
    `["@timestamp","${time}"]`,
    "{}",
    "",
  ]) {
    assert.equal(quickTime(line), null, line);
  }
});

test("a time inside a text is none", () => {
  const inner = JSON.stringify(`{"@timestamp":"${time}"}`);
  assert.equal(quickTime(`{"message":${inner},"a":1}`), null);
});

test("where a time is found it is the one that a parser finds", () => {
  const key = fc.constantFrom("@timestamp", "a", "b\\", '"@timestamp"');
  const leaf = fc.constantFrom<unknown>(time, "2020-01-01T00:00:00Z", "@timestamp", "}\\", 1, null);
  const value = fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf));
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.boolean(), (event, spaced) => {
      const compact = JSON.stringify(event);
      const line = spaced ? compact.replaceAll('":', '": ') : compact;
      const found = quickTime(line);
      if (found === null) return;
      const parsed = (JSON.parse(line) as Record<string, unknown>)["@timestamp"];
      assert.equal(found, parseIso(String(parsed)));
    }),
    { numRuns: 500 },
  );
});
