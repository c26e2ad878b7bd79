// Writes src/schema/recorded-kind-table.ts from examples/techniques.jsonl.gz; build first, and again afterwards.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { recordedKinds } from "../dist/src/study/recorded-kinds.js";

const root = new URL("..", import.meta.url).pathname;
const target = `${root}src/schema/recorded-kind-table.ts`;
const lines = gunzipSync(readFileSync(`${root}examples/techniques.jsonl.gz`))
  .toString()
  .trim()
  .split("\n");
const kinds = recordedKinds(lines.map((line) => JSON.parse(line)));
const shared = [...kinds[0].fields].filter((path) => kinds.every(({ fields }) => fields.has(path)));
const rows = kinds.map(({ categories, types, action, fields }) => {
  const own = [...fields].filter((path) => !shared.includes(path)).sort();
  return [categories.join(" "), types.join(" "), action, own.join(" ")];
});
const text = `/** What the shipped recording holds; written by \`node scripts/index-recording.mjs\`. */

/** Paths that every kind of event has a value at. */
export const recordedShared =
  ${JSON.stringify(shared.sort().join(" "))};

/** Categories, types, action, and the paths that not every kind has; several texts are joined with a space. */
export const recordedRows: readonly (readonly [string, string, string, string])[] = ${JSON.stringify(rows)};
`;
writeFileSync(target, text);
spawnSync("npx", ["--no-install", "biome", "check", "--write", target], {
  cwd: root,
  stdio: "inherit",
});
