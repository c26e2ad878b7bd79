import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchemaExtension } from "./extension.ts";

test("an extension gives definitions with all their properties", () => {
  const { definitions, problems } = parseSchemaExtension(`
fields:
  - path: acme.badge.id
    type: keyword
  - path: acme.seen
    type: date
    multiple: true
    categories: [process, file]
    description: When the badge was seen
    null_value: "1970-01-01"
    formats: [dd-MM-yyyy]
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(definitions, [
    {
      path: "acme.badge.id",
      type: "keyword",
      multiple: false,
      categories: [],
      description: "",
      origin: "extension",
    },
    {
      path: "acme.seen",
      type: "date",
      multiple: true,
      categories: ["process", "file"],
      description: "When the badge was seen",
      origin: "extension",
      nullValue: "1970-01-01",
      dateFormats: ["dd-MM-yyyy"],
    },
  ]);
});

test("every problem is named with its line, and the right fields are kept", () => {
  const { definitions, problems } = parseSchemaExtension(`fields:
  - path: a..b
    type: keyword
  - path: a.b
    type: text
  - type: long
  - just a text
  - path: a.c
    type: long
    colour: red
  - path: a.d
    type: long
    multiple: maybe
  - path: a.e
    type: keyword
    formats: [EEE]
  - path: a.ok
    type: ip
  - path: a.ok
    type: ip
  - path: 5
    type: [long]
`);
  assert.deepEqual(
    definitions.map((definition) => definition.path),
    ["a.ok"],
  );
  assert.deepEqual(
    problems.map(({ line, message }) => `${line} ${message}`),
    [
      "2 bad path `a..b`: a segment is empty",
      "5 unknown type `text`; one of keyword, long, double, boolean, date, ip, version, object-list",
      "6 `path` is missing",
      "7 a field must be a mapping with `path` and `type`",
      "8 unknown key `colour`",
      "13 `multiple` must be true or false",
      "16 only a date has `formats`",
      "16 bad date format `EEE`",
      "19 the field `a.ok` is defined twice",
      "21 `path` must be a text",
      "22 `type` must be a text",
    ],
  );
});

test("text that is no YAML, or no mapping of fields, is a problem and never an exception", () => {
  for (const text of [
    "fields: [",
    "- a",
    "",
    "fields: 3",
    "field: []",
    "fields:\n  - path: 'a",
    "\t",
  ]) {
    const { definitions, problems } = parseSchemaExtension(text);
    assert.deepEqual(definitions, []);
    assert.ok(problems.length > 0 && problems[0]!.line >= 1, JSON.stringify(text));
  }
});
