/** The style guide as a test: layers, portability, sizes, words. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { engineVersion } from "../src/engine/version.ts";

const root = process.cwd();

/** Which folders of src/ each one may import from; itself always. `*` is all above it. */
const layers: readonly (readonly [string, readonly string[]])[] = [
  ["base", []],
  ["diagnostic", ["base"]],
  ["schema", ["base"]],
  ["event", ["base", "schema"]],
  ["ir", ["base", "schema"]],
  ["eql", ["base", "diagnostic", "schema", "ir"]],
  ["predicate", ["base", "schema", "event", "ir"]],
  ["process", ["base", "schema", "event"]],
  ["sequence", ["base", "schema", "event", "ir"]],
  ["alert", ["base", "schema", "event"]],
  ["sink", ["base", "schema", "alert"]],
  ["rule", ["base", "diagnostic", "schema", "ir", "eql"]],
  ["log", ["base", "schema", "event"]],
  ["collect", ["base", "schema", "event", "process"]],
  ["bus", ["base", "event", "collect"]],
  [
    "engine",
    ["base", "schema", "event", "ir", "predicate", "process", "sequence", "alert", "rule"],
  ],
  ["study", ["*"]],
  ["agent", ["*"]],
  ["console", ["*"]],
  ["cli", ["*"]],
];

const portable: ReadonlySet<string> = new Set([
  ...["base", "diagnostic", "schema", "event", "ir", "eql", "process", "sequence", "alert"],
  ...["rule", "engine", "study", "predicate"],
]);

/** Names that say nothing; a file or folder is called after its noun or verb. */
const emptyNames = /^(util|utils|helper|helpers|common|core|misc|impl|manager|service)s?(\.|$)/;

const maxLines = 500;
const medianLines = 150;
/** Tables and generated files, which may be longer. */
const isTable = (path: string): boolean => /-table\.ts$/.test(path);

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
}

/** A source text without its comments and string literals. */
function withoutProse(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "");
}

const sources: readonly string[] = filesBelow("src").filter((path) => path.endsWith(".ts"));
/** What is no layer and keeps to the same style. */
const benchmarks: readonly string[] = filesBelow("bench").filter((path) => path.endsWith(".ts"));
const isTest = (path: string): boolean => /\.(test|fuzz|bench|suite)\.ts$/.test(path);

test("each folder imports only from the layers that the table allows", () => {
  const above = layers.map(([name]) => name);
  const problems: string[] = [];
  for (const path of sources) {
    const folder = path.split("/")[1]!;
    if (folder.endsWith(".ts")) continue;
    const index = above.indexOf(folder);
    assert.notEqual(index, -1, `src/${folder} is not in the table of layers`);
    const [, allowed] = layers[index]!;
    for (const name of importsOf(path).filter((name) => name.startsWith("."))) {
      const target = normalize(join(dirname(path), name)).split("/")[1]!;
      const isAllowed = allowed.includes("*")
        ? above.indexOf(target) <= index
        : target === folder || allowed.includes(target);
      if (!isAllowed) problems.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual(problems, []);
});

test("portable folders import nothing from Node", () => {
  const problems = sources
    .filter((path) => portable.has(path.split("/")[1]!) && !isTest(path))
    .filter((path) => importsOf(path).some((name) => name.startsWith("node:")));
  assert.deepEqual(problems, []);
});

test("only base/clock.ts reads the time", () => {
  const problems = [...sources, ...benchmarks].filter(
    (path) =>
      path !== "src/base/clock.ts" &&
      !isTest(path) &&
      /Date\.now\(|performance\.now\(|new Date\(\)|hrtime/.test(
        readFileSync(join(root, path), "utf8"),
      ),
  );
  assert.deepEqual(problems, []);
});

test("files keep to their size", () => {
  const sizes = [...sources, ...benchmarks]
    .filter((path) => !isTest(path) && !isTable(path))
    .map((path) => ({ path, lines: readFileSync(join(root, path), "utf8").split("\n").length }))
    .sort((a, b) => a.lines - b.lines);
  const tooLong = sizes.filter(({ lines }) => lines > maxLines);
  assert.deepEqual(tooLong, []);
  assert.ok(sizes[sizes.length >> 1]!.lines <= medianLines, "the median file is too long");
});

test("names say what a thing is", () => {
  const parts = [...sources, ...benchmarks, ...filesBelow("test")].flatMap((path) =>
    path.split("/"),
  );
  assert.deepEqual(
    parts.filter((part) => emptyNames.test(part)),
    [],
  );
});

test("the source holds no any, no enum and no switched-off check", () => {
  const banned = /: any\b|\bas any\b|^export default|^(export )?(const )?enum\b/m;
  const switches = /@ts-ignore|@ts-nocheck|@ts-expect-error|biome-ignore/;
  const problems = [...sources, ...benchmarks].filter((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return switches.test(text) || banned.test(withoutProse(text));
  });
  assert.deepEqual(problems, []);
});

test("ARCHITECTURE.md stays readable and shows the table of layers", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  assert.ok(text.split("\n").length <= 400, "ARCHITECTURE.md is longer than 400 lines");
  for (const [name] of layers) assert.match(text, new RegExp(`^\\| ${name} \\|`, "m"));
});

test("the engine's version is the package's", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  assert.equal(engineVersion, version);
});

test("links between documents lead somewhere", () => {
  const documents = ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].concat(
    filesBelow("docs").filter((path) => path.endsWith(".md")),
  );
  const problems: string[] = [];
  for (const path of documents) {
    const text = readFileSync(join(root, path), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const file = normalize(join(root, dirname(path), target!));
      try {
        readFileSync(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EISDIR") {
          problems.push(`${path}: ${relative(root, file)}`);
        }
      }
    }
  }
  assert.deepEqual(problems, []);
});
