import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify as stringifyToml } from "smol-toml";
import { Document, parseDocument, Scalar } from "yaml";
import { parseRuleFile } from "./parse.ts";
import { mapQueryOffset, mapQuerySpan } from "./query-place.ts";
import type { Rule } from "./rule.ts";

function ruleOf(path: string, text: string): Rule {
  const { rules, diagnostics } = parseRuleFile({ path, text }, () => "0".repeat(64));
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error"),
    [],
    text,
  );
  assert.equal(rules.length, 1, text);
  return rules[0]!;
}

test("a word of the query is found in the file", () => {
  const cases: readonly (readonly [path: string, text: string])[] = [
    ["a.eql", "// c\nany where\n  needle"],
    ["a.toml", "[rule]\nrule_id = 'a'\nquery = '''\nany where\n  needle\n'''\n"],
    ["a.toml", "[rule]\r\nrule_id = 'a'\r\nquery = '''\r\nany where\r\n  needle'''\r\n"],
    ["a.toml", "[rule]\nrule_id='a'\nquery = '''any '' needle''''\n"],
    ["a.toml", '[rule]\nrule_id="a"\nquery = "any \\"x\\" \\u00e9 needle"\n'],
    ["a.toml", '[rule]\nrule_id="a"\nquery = """\nany \\\n   where \\"\n needle"""\n'],
    ["a.toml", "note = ['[rule]', # query = 'x'\n]\n[rule]\nrule_id='a'\nquery = 'a needle'\n"],
    ["a.toml", "rule.rule_id='a'\nrule.\"query\" = 'a needle'\n"],
    ["a.json", '{"id": "a",\n"query": "any where needle"}'],
    ["a.json", '{"id": "a",\n"query": "any\\nwhere \\"\\u0041\\" needle"}'],
    ["a.yaml", "id: a\nquery: |\n  any where\n    needle\n"],
    ["a.yaml", "id: a\r\nquery: |\r\n  any where\r\n    needle\r\n"],
    ["a.yaml", "id: a\nquery: |4-\n      any\n\n    needle"],
    ["a.yaml", "- id: a\n  query: >\n    any where\n\n    or\n    needle\n"],
    ["a.yaml", "id: a\nquery: any where\n   needle # c\n"],
    ["a.yaml", "id: a\nquery: 'it''s\n   needle'\n"],
    ["a.yaml", 'id: a\nquery: "any \\t\\x41\\U0001F600 \\\n   where\n   needle"\n'],
    ["a.yaml", "\ufeffid: a\nquery: any needle\n"],
    ["a.json", '\ufeff{"id": "a", "query": "any needle"}'],
    ["a.toml", "\ufeff[rule]\nrule_id='a'\nquery = 'any needle'\n"],
    ["a.toml", "[[x.y]]\n[x.y.z]\nq = 1\n[rule]\nrule_id='a'\nquery = 'any needle'\n"],
    ["a.yaml", "{id: a, query: &q 'any needle'}"],
  ];
  for (const [path, text] of cases) {
    const rule = ruleOf(path, text);
    const at = rule.query.indexOf("needle");
    const start = text.indexOf("needle");
    assert.notEqual(at, -1);
    assert.deepEqual(
      mapQuerySpan(rule, { start: at, end: at + "needle".length }),
      { start, end: start + "needle".length },
      `${path}: ${text}`,
    );
  }
});

test("a query inside an inline table points at the table", () => {
  const rule = ruleOf("a.toml", "rule = { rule_id = 'a', query = 'any where true' }\n");
  assert.equal(mapQueryOffset(rule, 4), 7);
});

test("the end of the query is the end of its place", () => {
  const text = '{"id": "a", "query": "a\\"b\\""}';
  const rule = ruleOf("a.json", text);
  assert.equal(text.slice(mapQueryOffset(rule, rule.query.length)), '"}');
  assert.equal(mapQueryOffset(rule, -1), text.indexOf('a\\"'));
  assert.equal(mapQueryOffset(rule, 99), mapQueryOffset(rule, rule.query.length));
});

test("a span is not drawn into the next line, and covers an escape whole", () => {
  const yaml = "id: a\nquery: |\n    ab\n    cd\n";
  const block = ruleOf("a.yaml", yaml);
  const line = mapQuerySpan(block, { start: 0, end: 2 });
  assert.equal(yaml.slice(line.start, line.end), "ab");
  const json = '{"id": "a", "query": "a\\"b"}';
  const quoted = mapQuerySpan(ruleOf("a.json", json), { start: 1, end: 2 });
  assert.equal(json.slice(quoted.start, quoted.end), '\\"');
});

const queries = fc
  .array(
    fc.constantFrom(..."abc \"'\\\n[]{}:#&*é😀=|>-", "  ", "\n\n", "where", "\t", "'''", "\u00a0"),
    { maxLength: 30 },
  )
  .map((parts) => `x${parts.join("")}y`);

/** Every character that is not an escape or white space stands where it is said to stand. */
function checkPlaces(path: string, text: string, query: string): void {
  const rule = ruleOf(path, text);
  assert.equal(rule.query, query, text);
  let previous = 0;
  for (let i = 0; i < query.length; i += 1) {
    const offset = mapQueryOffset(rule, i);
    const unit = query[i] ?? "";
    assert.ok(previous <= offset && offset < rule.querySpan.end, `${i} of ${text}`);
    if (!/[ \t\n]/.test(unit) && text[offset] !== "\\") assert.equal(text[offset], unit, text);
    previous = offset;
  }
  assert.equal(text[mapQueryOffset(rule, 0)], "x");
  assert.equal(text[mapQueryOffset(rule, query.length - 1)], "y");
}

test("places hold for any query in JSON", () => {
  fc.assert(
    fc.property(queries, (query) => {
      checkPlaces("a.json", JSON.stringify({ id: "a", query }, null, 1), query);
    }),
    { numRuns: 300 },
  );
});

/** The writer of the YAML library breaks some folded and plain texts; those prove nothing here. */
function isFaithful(text: string, query: string): boolean {
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length === 0 && document.get("query") === query;
}

test("places hold for any query in YAML, whatever the style and line width", () => {
  const styles = [
    Scalar.BLOCK_LITERAL,
    Scalar.BLOCK_FOLDED,
    Scalar.QUOTE_DOUBLE,
    Scalar.QUOTE_SINGLE,
    Scalar.PLAIN,
  ] as const;
  fc.assert(
    fc.property(
      queries,
      fc.constantFrom(...styles),
      fc.constantFrom(20, 80),
      (query, style, width) => {
        const document = new Document({ id: "a", query });
        const scalar = document.get("query", true) as Scalar;
        scalar.type = style;
        const text = document.toString({ lineWidth: width });
        fc.pre(isFaithful(text, query));
        checkPlaces("a.yaml", text, query);
      },
    ),
    { numRuns: 600 },
  );
});

test("places hold for any query in TOML, basic or literal", () => {
  fc.assert(
    fc.property(queries, fc.boolean(), (query, literal) => {
      const isPlain = literal && !query.includes("'''");
      const text = isPlain
        ? `[rule]\nrule_id = "a"\nquery = '''\n${query}'''\n`
        : stringifyToml({ rule: { rule_id: "a", query } });
      checkPlaces("a.toml", text, query);
      if (isPlain) assert.equal(ruleOf("a.toml", text).queryOffsets, null);
    }),
    { numRuns: 300 },
  );
});
