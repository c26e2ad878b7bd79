import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { renderDiagnostics } from "../diagnostic/render.ts";
import type { EventQuery, Expression, FieldExpression, Literal, Query, Step } from "./ast.ts";
import { parseCondition, parseQuery } from "./parser.ts";
import { printExpression, printQuery } from "./printer.ts";

const span = { start: 0, end: 0 };

const names = fc.oneof(
  fc.constantFrom("a", "name", "@timestamp", "_x", "event", "child", "as", "runs"),
  fc.constantFrom("sequence", "in", "null", "0", "my-field", "a.b", "?x", "a``b", "`", "è"),
  fc.string({ minLength: 1, maxLength: 5 }).filter((name) => !/[\r\n]/.test(name)),
);

const plainNames = fc.constantFrom("a", "length", "_arraysearch", "startsWith", "event", "child");

const fields: fc.Arbitrary<FieldExpression> = fc.record({
  kind: fc.constant("field"),
  segments: fc.array(names, { minLength: 1, maxLength: 3 }),
  optional: fc.boolean(),
  span: fc.constant(span),
});

const longs = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));

const literals: fc.Arbitrary<Literal> = fc.oneof(
  fc.constant<Literal>({ type: "null" }),
  fc.boolean().map((value): Literal => ({ type: "boolean", value })),
  fc
    .string({ unit: "binary", maxLength: 8 })
    .map((value): Literal => ({ type: "string", value, raw: false })),
  fc
    .string({ unit: fc.constantFrom('"', "\\", "a", "*", "\t"), maxLength: 6 })
    .filter((value) => !value.includes('"""'))
    .map((value): Literal => ({ type: "string", value, raw: true })),
  fc.oneof(fc.integer(), longs).map((value): Literal => ({ type: "long", value })),
  fc
    .oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.constantFrom(-0, 1e21, 2 ** 63, 5e-324),
    )
    .map((value): Literal => ({ type: "double", value })),
);

const atoms: fc.Arbitrary<Expression> = fc.oneof(
  literals.map((value): Expression => ({ kind: "literal", value, span })),
  fields,
  fc
    .tuple(plainNames, fc.array(names, { maxLength: 2 }))
    .map(([name, segments]): Expression => ({ kind: "variable", name, segments, span })),
);

type Trees = {
  readonly expression: Expression;
  readonly operand: Expression;
  readonly event: EventQuery;
};

type Tie = fc.LetrecTypedTie<Trees>;

function comparisons(tie: Tie): fc.Arbitrary<Expression> {
  const operator = fc.constantFrom("==", "!=", "<", "<=", ">", ">=" as const);
  const sides = { left: tie("expression"), right: tie("expression") };
  return fc.record({ kind: fc.constant("compare"), operator, ...sides, span: fc.constant(span) });
}

function memberships(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("membership"),
    operand: tie("expression"),
    items: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }),
    negated: fc.boolean(),
    insensitive: fc.boolean(),
    span: fc.constant(span),
  });
}

const matchOperators = fc.constantFrom(":", "like", "like~", "regex", "regex~");

function listMatches(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("match"),
    operator: matchOperators,
    operand: tie("expression"),
    patterns: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }),
    list: fc.constant(true),
    span: fc.constant(span),
  });
}

/** A single pattern binds like an operand: in parentheses it would be a list. */
function singleMatches(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("match"),
    operator: matchOperators,
    operand: tie("expression"),
    patterns: fc.tuple(tie("operand")),
    list: fc.constant(false),
    span: fc.constant(span),
  });
}

function negations(tie: Tie): fc.Arbitrary<Expression> {
  const kind = fc.constant("not");
  return fc.record({ kind, operand: tie("expression"), span: fc.constant(span) });
}

function connections(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("logic"),
    operator: fc.constantFrom("and", "or"),
    operands: fc.array(tie("expression"), { minLength: 2, maxLength: 4 }),
    span: fc.constant(span),
  });
}

function calls(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("call"),
    name: plainNames,
    nameSpan: fc.constant(span),
    insensitive: fc.boolean(),
    args: fc.array(tie("expression"), { maxLength: 3 }),
    span: fc.constant(span),
  });
}

function signs(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("negate"),
    sign: fc.constantFrom("-", "+"),
    operand: tie("expression"),
    span: fc.constant(span),
  });
}

function calculations(tie: Tie): fc.Arbitrary<Expression> {
  const operator = fc.constantFrom("+", "-", "*", "/", "%" as const);
  const sides = { left: tie("expression"), right: tie("expression") };
  return fc.record({
    kind: fc.constant("arithmetic"),
    operator,
    ...sides,
    span: fc.constant(span),
  });
}

function lineages(tie: Tie): fc.Arbitrary<Expression> {
  return fc.record({
    kind: fc.constant("lineage"),
    relation: fc.constantFrom("child", "descendant", "event"),
    query: tie("event"),
    span: fc.constant(span),
  });
}

const categories = fc.oneof(
  fc.record({
    name: fc.constantFrom("any", "process", "as", "head"),
    quoted: fc.constant(false),
    span: fc.constant(span),
  }),
  fc.record({
    name: fc.string({ maxLength: 6 }),
    quoted: fc.constant(true),
    span: fc.constant(span),
  }),
);

const trees = fc.letrec<Trees>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small" },
    atoms,
    tie("operand"),
    comparisons(tie),
    memberships(tie),
    listMatches(tie),
    singleMatches(tie),
    negations(tie),
    connections(tie),
  ),
  operand: fc.oneof(
    { depthSize: "small" },
    atoms,
    calls(tie),
    signs(tie),
    calculations(tie),
    lineages(tie),
  ),
  event: fc.record({
    kind: fc.constant("event"),
    category: categories,
    where: tie("expression"),
    span: fc.constant(span),
  }),
}));
const { expression: expressions, event: events } = trees;

const keys = fc.array(fields, { maxLength: 3 });

const steps: fc.Arbitrary<Step> = fc.record({
  query: events,
  missing: fc.constant(false),
  by: keys,
  runs: fc.option(fc.integer({ min: 1, max: 1000 }).map((count) => ({ count, span }))),
  alias: fc.option(fc.constantFrom("event0", "as", "runs").map((name) => ({ name, span }))),
  span: fc.constant(span),
});

const durations = fc.record({
  value: fc.nat({ max: 100_000 }),
  unit: fc.constantFrom("ms" as const, "s" as const, "m" as const, "h" as const, "d" as const),
  span: fc.constant(span),
});

const sequences: fc.Arbitrary<Query["base"]> = fc
  .record({
    by: keys,
    maxspan: fc.option(durations),
    steps: fc.array(steps, { minLength: 2, maxLength: 3 }),
    missing: fc.boolean(),
    until: fc.option(steps),
  })
  .map(({ by, maxspan, steps: positive, missing, until }): Query["base"] => {
    const gap =
      missing && maxspan !== null ? [{ ...positive[0]!, missing: true, alias: null }] : [];
    const end = until === null ? null : { ...until, runs: null, alias: null };
    return { kind: "sequence", by, maxspan, steps: [...positive, ...gap], until: end, span };
  });

const samples: fc.Arbitrary<Query["base"]> = fc
  .record({
    by: fc.array(fields, { minLength: 1, maxLength: 2 }),
    maxspan: fc.option(durations),
    steps: fc.array(
      steps.map((step) => ({ ...step, runs: null, alias: null })),
      { minLength: 2, maxLength: 3 },
    ),
  })
  .map((parts): Query["base"] => ({ kind: "sample", ...parts, span }));

const queries: fc.Arbitrary<Query> = fc.record({
  base: fc.oneof(events, sequences, samples),
  pipes: fc.array(
    fc.record({
      name: fc.constantFrom("head" as const, "unique_count" as const, "filter" as const),
      args: fc.array(expressions, { maxLength: 2 }),
      span: fc.constant(span),
    }),
    { maxLength: 2 },
  ),
  span: fc.constant(span),
});

test("an expression printed and parsed is the same tree", () => {
  fc.assert(
    fc.property(expressions, (expression) => {
      const text = printExpression(expression);
      const { condition, diagnostics } = parseCondition({ name: "", text }, text, (at) => at);
      assert.equal(renderDiagnostics(diagnostics), "");
      assert.deepEqual(withoutSpans(condition), withoutSpans(expression));
    }),
    { numRuns: 3000 },
  );
});

test("a query printed and parsed is the same tree", () => {
  fc.assert(
    fc.property(queries, (query) => {
      const text = printQuery(query);
      const parsed = parseQuery({ name: "", text }, text, (at) => at);
      assert.equal(renderDiagnostics(parsed.diagnostics), "");
      assert.deepEqual(withoutSpans(parsed.query), withoutSpans(query));
    }),
    { numRuns: 1500 },
  );
});

test("parentheses are printed only where precedence needs them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["((a) or ((b and (c))))", "a or b and c"],
    ["(a or b) and c", "(a or b) and c"],
    ["(a and b) and c", "(a and b) and c"],
    ["not ((a == b))", "not a == b"],
    ["not (a and b)", "not (a and b)"],
    ["(not a) and b", "not a and b"],
    ["(a * b) + (c / d)", "a * b + c / d"],
    ["(a + b) * c", "(a + b) * c"],
    ["a - (b - c)", "a - (b - c)"],
    ["(a - b) - c", "a - b - c"],
    ["(a + 1) == (2)", "a + 1 == 2"],
    ["(a in (1)) == true", "(a in (1)) == true"],
    ["((a) : (b, ((c or d))))", "a : (b, c or d)"],
    ["-(-(a))", "--a"],
    ["-(2)", "-(2)"],
    ["(-2) * 3", "-2 * 3"],
  ];
  for (const [text, expected] of cases) {
    const { condition } = parseCondition({ name: "", text }, text, (at) => at);
    assert.ok(condition !== null);
    assert.equal(printExpression(condition), expected);
  }
});

test("the printed form is one line, in one order, with plain escapes", () => {
  const text = `sequence
    by  a , ?b  with maxspan = 5 m
      [ "p" where x=="\\u{41}\\u{07}\\n" ] as e with runs = 2 by c  // first
      [ any where y : """z\\""" ]
    until [ process where true ]`;
  const { query } = parseQuery({ name: "", text }, text, (at) => at);
  assert.ok(query !== null);
  assert.equal(
    printQuery(query),
    'sequence by a, ?b with maxspan=5m ["p" where x == "A\\u{07}\\n"] by c with runs=2 as e ' +
      '[any where y : """z\\"""] until [process where true]',
  );
});

/** The tree with every span the same; -0 and bigint stay what they are. */
function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "span" && key !== "nameSpan");
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSpans(inner)]));
}
