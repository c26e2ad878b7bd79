/** The field tables of docs/events.md against the schema. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { builtInSchema } from "../src/schema/field-table.ts";

/** Path and type of each field in the tables whose first column is called `field`. */
function documentedFields(text: string): { path: string; type: string }[] {
  const tables = text.split("\n\n").filter((block) => block.startsWith("| field | type |"));
  return tables.flatMap((table) =>
    table.split("\n").flatMap((row) => {
      const [, paths = "", type = ""] = row.split("|").map((cell) => cell.trim());
      return [...paths.matchAll(/`([^`]+)`/g)].map((match) => ({ path: match[1]!, type }));
    }),
  );
}

test("every field that docs/events.md names is in the schema, with that type", () => {
  const schema = builtInSchema();
  const text = readFileSync(join(process.cwd(), "docs/events.md"), "utf8");
  const fields = documentedFields(text);
  assert.ok(fields.length > 30, `only ${fields.length} fields were found`);
  const problems = fields.flatMap(({ path, type }) => {
    const found = schema.find(path);
    if (found === undefined) return [`${path} is not in the schema`];
    return type === "" || type === found.type ? [] : [`${path} is of type ${found.type}`];
  });
  assert.deepEqual(problems, []);
});
