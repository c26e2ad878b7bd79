import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { defaultLimits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { Schema } from "../schema/schema.ts";
import type { FieldType } from "../schema/type.ts";
import { Batch } from "./batch.ts";
import { EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import { isObject } from "./lookup.ts";
import { type RowContents, rowContents } from "./row-contents.fixture.ts";
import { StringTable } from "./string-table.ts";

const types: Readonly<Record<string, FieldType>> = {
  a: "keyword",
  "a.b": "keyword",
  "a.c.d": "long",
  "e.f.g": "double",
  "e.f.h": "boolean",
  "e.i": "ip",
  l: "object-list",
  "l.a": "keyword",
  "l.c.d": "date",
};
const schema: Schema = new Schema("test", []).extend(
  Object.entries(types).map(([path, type]) => ({
    path,
    type,
    multiple: false,
    categories: [],
    description: "",
    origin: "extension" as const,
  })),
);
const limits = { ...defaultLimits, batchEvents: 4, batchListCells: 4096 };
const layout = createLayout(
  schema,
  schema.fields.map((field) => field.id),
  limits,
);
const decoder = new EventDecoder({ schema, layout, limits });
const batch = new Batch(layout, new StringTable(0x1000000), { json: () => "" });

function contents(event: JsonValue): RowContents {
  decoder.reset(batch);
  const record = decoder.parse(JSON.stringify(event));
  assert.ok(record.kind === "event");
  assert.ok(decoder.append(batch, record, 0n));
  return rowContents(batch, schema, 0);
}

/** Events over the names of the paths above, so that most of what is made hits a field. */
const events: fc.Arbitrary<JsonObject> = fc.letrec<{ value: JsonValue; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constantFrom<JsonValue>(null, "x", "", "1", "true", "10.0.0.1", "1970-01-01"),
      fc.constantFrom<JsonValue>(0, -1.5, 7, true, false, 1e30),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(
      fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "l"),
      tie("value"),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  }),
).object;

/** Writes some keys of nested objects dotted: the same event in another form. */
function split(value: JsonValue, prng: Prng): JsonValue {
  if (Array.isArray(value)) return value.map((item) => split(item, prng));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const inner = split(member, prng);
    if (!isObject(inner)) {
      result[key] = inner;
      continue;
    }
    const nested: JsonObject = {};
    for (const [name, item] of Object.entries(inner)) {
      if (prng.int(2) === 0) result[`${key}.${name}`] = item;
      else nested[name] = item;
    }
    if (Object.keys(nested).length > 0 || Object.keys(inner).length === 0) result[key] = nested;
  }
  return result;
}

/** All scalars at a path of plain fields, in order, found without any tree of paths. */
function scalarsAt(value: JsonValue, path: string): JsonValue[] {
  if (Array.isArray(value)) return value.flatMap((item) => scalarsAt(item, path));
  if (!isObject(value)) return path === "" && value !== null ? [value] : [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === path) return scalarsAt(member, "");
    return path.startsWith(`${key}.`) ? scalarsAt(member, path.slice(key.length + 1)) : [];
  });
}

test("any split of keys into nested and dotted ones gives the same columns", () => {
  fc.assert(
    fc.property(events, fc.nat(), (event, seed) => {
      const other = split(event, new Prng(seed));
      assert.deepEqual(contents(other), contents(event), JSON.stringify(other));
    }),
    { numRuns: 1000 },
  );
});

test("a keyword column holds the texts of all scalars at its path", () => {
  let hits = 0;
  fc.assert(
    fc.property(events, (event) => {
      const row = contents(event);
      for (const path of ["a", "a.b"]) {
        const expected = scalarsAt(event, path).map(String);
        assert.deepEqual(row[path] ?? [], expected);
        hits += expected.length;
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(hits > 100, `only ${hits} values: the events miss the fields`);
});

test("no JSON object is too strange to decode", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (event) => {
      const record = decoder.parse(JSON.stringify(event));
      decoder.reset(batch);
      assert.ok(record.kind === "rejected" || decoder.append(batch, record, 0n));
    }),
    { numRuns: 300 },
  );
});
