import assert from "node:assert/strict";
import { test } from "node:test";
import { eventSummary, fieldText, readEvent } from "./event-text.ts";

test("a field is found however its path is nested or dotted", () => {
  for (const text of [
    '{"a":{"b":{"c":1}}}',
    '{"a.b":{"c":1}}',
    '{"a":{"b.c":1}}',
    '{"a.b.c":1}',
    '{"a.b":2,"a":{"b":{"c":1}}}',
  ]) {
    assert.equal(fieldText(readEvent(text), "a.b.c"), "1", text);
  }
});

test("several values are joined, nulls and objects are no text", () => {
  const event = readEvent('{"args":["a",null,"b",{"c":1}],"none":null,"map":{"x":1},"empty":[]}');
  assert.equal(fieldText(event, "args"), "a b");
  assert.equal(fieldText(event, "none"), null);
  assert.equal(fieldText(event, "map"), null);
  assert.equal(fieldText(event, "empty"), null);
  assert.equal(fieldText(event, "toString"), null);
});

test("a long integer keeps its digits", () => {
  assert.equal(fieldText(readEvent('{"a":12345678901234567890}'), "a"), "12345678901234567890");
});

test("text that is no event has no fields", () => {
  for (const text of ["", "[1]", "3", "{"]) assert.deepEqual(readEvent(text), {});
});

test("a summary names category, action, process and what it was about", () => {
  const event = readEvent(
    '{"event":{"category":"file","action":"creation"},"process":{"executable":"/bin/cp","pid":7},"file":{"path":"/etc/x"}}',
  );
  assert.equal(eventSummary(event), "file creation  cp(7): /bin/cp  -> /etc/x");
});
