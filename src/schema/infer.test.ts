import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import { builtInSchema } from "./field-table.ts";
import { definitionsFromUses, type FieldUse, inferFromUse, inferFromValues } from "./infer.ts";

function inferred(...objects: JsonObject[]): Record<string, string> {
  const definitions = inferFromValues(builtInSchema(), objects);
  return Object.fromEntries(
    definitions.map(({ path, type, multiple }) => [path, `${type}${multiple ? "[]" : ""}`]),
  );
}

test("a path gets the narrowest type that holds all its values", () => {
  const first: JsonObject = {
    n: 1,
    d: 1,
    b: true,
    s: "x",
    m: true,
    w: 1,
    big: 2n ** 63n - 1n,
    huge: 2n ** 63n,
  };
  const second: JsonObject = { n: -5, d: 0.5, b: false, s: "y", m: 2, w: "1", far: 1e300 };
  assert.deepEqual(inferred(first, second), {
    n: "long",
    d: "double",
    b: "boolean",
    s: "keyword",
    m: "keyword",
    w: "keyword",
    big: "long",
    huge: "double",
    far: "double",
  });
});

test("arrays are flattened, arrays of objects into their members, in either form of keys", () => {
  assert.deepEqual(
    inferred({
      "a.b": { c: [[1], [2]] },
      a: { "b.c": 3 },
      l: [{ x: "1" }, { x: "2", y: 1 }],
      one: [1],
    }),
    { "a.b.c": "long[]", "l.x": "keyword[]", "l.y": "long[]", one: "long" },
  );
});

test("known paths, nulls and empty lists and objects say nothing", () => {
  assert.deepEqual(
    inferred({ process: { pid: "x" }, nothing: null, empty: [], nulls: [null], o: {} }),
    {},
  );
});

test("the uses of a field decide its type", () => {
  const cases: readonly (readonly [FieldUse[], string])[] = [
    [[], "keyword"],
    [["any"], "keyword"],
    [["any", "long"], "long"],
    [["boolean"], "boolean"],
    [["boolean", "long"], "long"],
    [["long", "double"], "double"],
    [["long", "double", "keyword", "boolean"], "keyword"],
    [["date"], "date"],
    [["date", "keyword"], "keyword"],
    [["ip", "keyword"], "ip"],
    [["list", "keyword", "ip"], "object-list"],
  ];
  for (const [uses, type] of cases) assert.equal(inferFromUse(new Set(uses)), type, uses.join());
});

test("all uses of a path make one definition", () => {
  const definitions = definitionsFromUses([
    { path: "a.n", kind: "long" },
    { path: "a.list", kind: "list" },
    { path: "a.n", kind: "double" },
    { path: "a.list.x", kind: "any" },
  ]);
  assert.deepEqual(
    definitions.map(({ path, type, multiple, origin }) => [path, type, multiple, origin]),
    [
      ["a.n", "double", false, "inferred"],
      ["a.list", "object-list", true, "inferred"],
      ["a.list.x", "keyword", false, "inferred"],
    ],
  );
});
