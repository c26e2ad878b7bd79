import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { parse as parseToml } from "smol-toml";
import { hasErrors } from "../src/diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../src/diagnostic/render.ts";
import type { Query } from "../src/eql/ast.ts";
import { mutateQuery } from "../src/eql/parser.fuzz.ts";
import { parseExpression, parseQuery } from "../src/eql/parser.ts";
import { printQuery } from "../src/eql/printer.ts";

const corpus = join(process.cwd(), "..", "shared", "corpus");
const skip = existsSync(corpus) ? false : `no corpus at ${corpus}`;

interface CorpusQuery {
  readonly name: string;
  readonly query: string;
}

/** The corpus holds this many rules, or more. */
const ruleCountMin = 1572;

/** Refused by Elasticsearch, part of Kestrel's language: pipes for hunting, and lineage. */
const acceptedReasons: readonly string[] = ["pipe", "lineage"];

/** Refused by both, for their syntax. */
const refusedReasons: readonly string[] = [
  "fractional maxspan",
  "single =",
  "single-quoted string",
  "join key must be a field",
  "array index",
];

test("every rule of the corpus parses without a diagnostic", { skip }, () => {
  const rules = readRules();
  assert.ok(rules.length >= ruleCountMin);
  for (const rule of rules) parseClean(rule);
});

test("every rule of the corpus prints to a text with the same tree", { skip }, () => {
  for (const rule of readRules()) {
    const query = parseClean(rule);
    const printed = printQuery(query);
    const again = parseClean({ name: rule.name, query: printed });
    assert.deepEqual(withoutSpans(again), withoutSpans(query), rule.name);
    assert.equal(printQuery(again), printed, rule.name);
  }
});

test("every vector's query parses and survives printing", { skip }, () => {
  const queries = readVectors().filter(({ name }) => !name.includes("queries-unsupported"));
  assert.ok(queries.length > 250);
  for (const { name, query } of queries) {
    const tree = parseClean({ name, query });
    const again = parseClean({ name, query: printQuery(tree) });
    assert.deepEqual(withoutSpans(again), withoutSpans(tree), name);
  }
});

test("every vector's expression parses", { skip }, () => {
  const files = ["test_string_functions.json", "docs_function_reference.json"];
  const expressions = files.flatMap(readCases).map((one) => String(one["expression"]));
  assert.ok(expressions.length > 100);
  for (const text of expressions) {
    const { expression, diagnostics } = parseExpression({ name: "", text }, text, (at) => at);
    assert.equal(renderDiagnostics(diagnostics), "", text);
    assert.notEqual(expression, null, text);
  }
});

test("what Elasticsearch refuses is refused, but for Kestrel's extensions", { skip }, () => {
  const cases = readCases("queries_unsupported_subset.json");
  assert.ok(cases.length > 10);
  for (const { query, expected_error } of cases) {
    const reason = String(expected_error).replace("unsupported in Elasticsearch: ", "");
    const text = String(query);
    const { diagnostics } = parseQuery({ name: "", text }, text, (at) => at);
    if (acceptedReasons.includes(reason)) assert.equal(renderDiagnostics(diagnostics), "", text);
    if (refusedReasons.includes(reason)) assert.ok(hasErrors(diagnostics), text);
  }
});

test("damaged rules give a tree or an error, and clean ones survive printing", { skip }, () => {
  const rules = readRules();
  let clean = 0;
  for (let seed = 1; seed <= 3000; seed += 1) {
    const mutant = mutateQuery(rules[(seed * 7919) % rules.length]!.query, seed);
    const source = { name: `seed ${seed}`, text: mutant };
    const { query, diagnostics } = parseQuery(source, mutant, (at) => at);
    assert.ok(query !== null || diagnostics.length > 0, `seed ${seed}`);
    if (query === null || diagnostics.length > 0) continue;
    clean += 1;
    const again = parseClean({ name: `seed ${seed}`, query: printQuery(query) });
    assert.deepEqual(withoutSpans(again), withoutSpans(query), `seed ${seed}`);
  }
  assert.ok(clean > 100 && clean < 2900, `${clean} mutants were clean`);
});

function parseClean({ name, query }: CorpusQuery): Query {
  const parsed = parseQuery({ name, text: query }, query, (at) => at);
  assert.equal(renderDiagnostics(parsed.diagnostics), "");
  assert.ok(parsed.query !== null, name);
  return parsed.query;
}

function readRules(): CorpusQuery[] {
  const folder = join(corpus, "rules");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".toml"))
    .sort()
    .map((path) => ({ name: path, query: queryOf(readFileSync(join(folder, path), "utf8")) }));
}

function queryOf(toml: string): string {
  const { rule } = parseToml(toml) as { rule: { query: string } };
  return rule.query;
}

function readVectors(): CorpusQuery[] {
  return readdirSync(join(corpus, "vectors"))
    .filter((file) => file.endsWith(".json") && file !== "datasets.json")
    .flatMap(readCases)
    .filter((one) => typeof one["query"] === "string")
    .map((one) => ({ name: String(one["id"]), query: String(one["query"]) }));
}

function readCases(file: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(corpus, "vectors", file), "utf8")) as Record<
    string,
    unknown
  >[];
}

function withoutSpans(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => {
      if (key === "span" || key === "nameSpan") return undefined;
      return typeof inner === "bigint" ? `${inner}n` : inner;
    }),
  );
}
