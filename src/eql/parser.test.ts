import assert from "node:assert/strict";
import test from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import type { Expression, Query, SequenceQuery, Step } from "./ast.ts";
import { mutateQuery } from "./parser.fuzz.ts";
import { parseCondition, parseExpression, parseQuery } from "./parser.ts";
import { printExpression, printQuery } from "./printer.ts";

function parse(text: string): ReturnType<typeof parseQuery> {
  return parseQuery({ name: "test.eql", text }, text, (offset) => offset);
}

function parseClean(text: string): Query {
  const { query, diagnostics } = parse(text);
  assert.equal(renderDiagnostics(diagnostics), "");
  assert.ok(query !== null);
  return query;
}

function condition(text: string): Expression {
  const parsed = parseCondition({ name: "test.eql", text }, text, (offset) => offset);
  assert.equal(renderDiagnostics(parsed.diagnostics), "");
  assert.ok(parsed.condition !== null);
  return parsed.condition;
}

function sequence(text: string): SequenceQuery {
  const { base } = parseClean(text);
  assert.equal(base.kind, "sequence");
  return base as SequenceQuery;
}

/** Every operation in parentheses, to show how a text was understood. */
function shape(expression: Expression): string {
  switch (expression.kind) {
    case "logic":
      return `(${expression.operands.map(shape).join(` ${expression.operator} `)})`;
    case "not":
      return `(not ${shape(expression.operand)})`;
    case "compare":
    case "arithmetic":
      return `(${shape(expression.left)} ${expression.operator} ${shape(expression.right)})`;
    case "negate":
      return `(${expression.sign}${shape(expression.operand)})`;
    case "membership": {
      const not = expression.negated ? "not " : "";
      const tilde = expression.insensitive ? "~" : "";
      const items = expression.items.map(shape).join(" ");
      return `(${shape(expression.operand)} ${not}in${tilde} {${items}})`;
    }
    case "match": {
      const patterns = expression.patterns.map(shape).join(" ");
      const right = expression.list ? `{${patterns}}` : patterns;
      return `(${shape(expression.operand)} ${expression.operator} ${right})`;
    }
    default:
      return printExpression(expression);
  }
}

function codesOf(text: string): string[] {
  return parse(text).diagnostics.map((diagnostic) => diagnostic.code);
}

test("an event query has a category, a condition and spans in its text", () => {
  const text = '  process where process.name == "sh" // end';
  const query = parseClean(text);
  assert.deepEqual(query, {
    base: {
      kind: "event",
      category: { name: "process", quoted: false, span: { start: 2, end: 9 } },
      where: {
        kind: "compare",
        operator: "==",
        left: {
          kind: "field",
          segments: ["process", "name"],
          optional: false,
          span: { start: 16, end: 28 },
        },
        right: {
          kind: "literal",
          value: { type: "string", value: "sh", raw: false },
          span: { start: 32, end: 36 },
        },
        span: { start: 16, end: 36 },
      },
      span: { start: 2, end: 36 },
    },
    pipes: [],
    span: { start: 2, end: 36 },
  });
});

test("categories may be any, a name, a string or a raw string", () => {
  const categoryOf = (text: string): unknown => {
    const { base } = parseClean(text);
    assert.ok(base.kind === "event");
    return [base.category.name, base.category.quoted];
  };
  assert.deepEqual(categoryOf("any where true"), ["any", false]);
  assert.deepEqual(categoryOf("credential_access where true"), ["credential_access", false]);
  assert.deepEqual(categoryOf('"any" where true'), ["any", true]);
  assert.deepEqual(categoryOf('"my-cat" where true'), ["my-cat", true]);
  assert.deepEqual(categoryOf('"""""x""""" where true'), ['""x""', true]);
});

test("operators bind by precedence", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a or b and c", "(a or (b and c))"],
    ["a and b and c", "(a and b and c)"],
    ["(a and b) and c", "((a and b) and c)"],
    ["a and (b and c)", "(a and (b and c))"],
    ["not a == b", "(not (a == b))"],
    ["not a and b", "((not a) and b)"],
    ["not not a", "(not (not a))"],
    ["not a in (1)", "(not (a in {1}))"],
    ["a + b * c == d % e - f", "((a + (b * c)) == ((d % e) - f))"],
    ["a - b - c", "((a - b) - c)"],
    ["a - (b - c)", "(a - (b - c))"],
    ["a / b * c", "((a / b) * c)"],
    ["-a * b", "((-a) * b)"],
    ["-(a * b)", "(-(a * b))"],
    ["3 * -length(p)", "(3 * (-length(p)))"],
    ["a + 1 in (2, b)", "((a + 1) in {2 b})"],
    ["true == (a in (1))", "(true == (a in {1}))"],
    ["a in (1) == true", "((a in {1}) == true)"],
    ["true == a in (1)", "(true == (a in {1}))"],
    ["a : 2 + 12", "(a : (2 + 12))"],
    ["a : (2 + 12)", "(a : {(2 + 12)})"],
    ["a : (2 + 12) * 3", "(a : ((2 + 12) * 3))"],
  ];
  for (const [text, expected] of cases) assert.equal(shape(condition(text)), expected, text);
});

test("membership and matches have their negated, insensitive and list forms", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a not in (1, 2)", "(a not in {1 2})"],
    ['a in~ ("x")', '(a in~ {"x"})'],
    ['a not in~ ("x")', '(a not in~ {"x"})'],
    ['a like "x*"', '(a like "x*")'],
    ['a like~ ("x*", "y")', '(a like~ {"x*" "y"})'],
    ['a regex "x.*"', '(a regex "x.*")'],
    ['a regex~("x", "y")', '(a regex~ {"x" "y"})'],
    ['a:"x"', '(a : "x")'],
    ['not (a : "x")', '(not (a : "x"))'],
  ];
  for (const [text, expected] of cases) assert.equal(shape(condition(text)), expected, text);
});

test("a sign belongs to a number only where no operand stands before it", () => {
  assert.equal(shape(condition("1 - -2")), "(1 - -2)");
  assert.equal(shape(condition("1 -2")), "(1 - 2)");
  assert.equal(shape(condition("a in (-1, +1)")), "(a in {-1 1})");
  assert.deepEqual(condition("- 2"), {
    kind: "literal",
    value: { type: "long", value: -2 },
    span: { start: 0, end: 3 },
  });
  const wrapped = condition("-(2)");
  assert.equal(wrapped.kind, "negate");
});

test("integers keep 64 bits, and anything larger or fractional is a double", () => {
  const literal = (text: string): unknown => {
    const expression = condition(text);
    assert.ok(expression.kind === "literal");
    return expression.value;
  };
  assert.deepEqual(literal("42"), { type: "long", value: 42 });
  assert.deepEqual(literal("-0"), { type: "long", value: 0 });
  assert.deepEqual(literal("9007199254740993"), { type: "long", value: 9007199254740993n });
  assert.deepEqual(literal("9223372036854775807"), { type: "long", value: 2n ** 63n - 1n });
  assert.deepEqual(literal("-9223372036854775808"), { type: "long", value: -(2n ** 63n) });
  assert.deepEqual(literal("9223372036854775808"), { type: "double", value: 2 ** 63 });
  assert.deepEqual(literal(".5"), { type: "double", value: 0.5 });
  assert.deepEqual(literal("5."), { type: "double", value: 5 });
  assert.deepEqual(literal("1.5e3"), { type: "double", value: 1500 });
  assert.deepEqual(literal("1E-2"), { type: "double", value: 0.01 });
  assert.deepEqual(literal(`1${"0".repeat(300)}`), { type: "double", value: 1e300 });
});

test("strings know their escapes, and raw strings none", () => {
  const value = (text: string): unknown => {
    const expression = condition(text);
    assert.ok(expression.kind === "literal" && expression.value.type === "string");
    return [expression.value.value, expression.value.raw];
  };
  assert.deepEqual(value(String.raw`"\b\t\n\f\r\"\'\\"`), ["\b\t\n\f\r\"'\\", false]);
  assert.deepEqual(value(String.raw`"\u{41}\u{1F600}\u{0000263a}"`), ["A😀☺", false]);
  assert.deepEqual(value(String.raw`"""C:\new\"""`), ["C:\\new\\", true]);
  assert.deepEqual(value('"""a"""""'), ['a""', true]);
  assert.deepEqual(value('"""""a"""'), ['""a', true]);
  assert.deepEqual(value('""""""'), ["", true]);
  assert.deepEqual(value('"""""""'), ['"', true]);
  assert.deepEqual(value('""'), ["", false]);
});

test("fields may be quoted, spaced, optional, or begin with @ or _", () => {
  const field = (text: string): unknown => {
    const expression = condition(text);
    assert.ok(expression.kind === "field");
    return [expression.optional, ...expression.segments];
  };
  assert.deepEqual(field("process.parent.name"), [false, "process", "parent", "name"]);
  assert.deepEqual(field("process. command_line"), [false, "process", "command_line"]);
  assert.deepEqual(field("@timestamp"), [false, "@timestamp"]);
  assert.deepEqual(field("_x"), [false, "_x"]);
  assert.deepEqual(field("?user.id"), [true, "user", "id"]);
  assert.deepEqual(field("?`some?field`"), [true, "some?field"]);
  assert.deepEqual(field("`a.b``c`"), [false, "a.b`c"]);
  assert.deepEqual(field("a.`0`.`sequence`"), [false, "a", "0", "sequence"]);
  assert.deepEqual(field("event.action"), [false, "event", "action"]);
});

test("calls, variables and lineage are operands", () => {
  const call = condition("startsWith~ ( a, $x.b )");
  assert.ok(call.kind === "call");
  assert.deepEqual(
    [call.name, call.insensitive, call.nameSpan],
    ["startsWith", true, { start: 0, end: 10 }],
  );
  assert.equal(printExpression(call), "startsWith~(a, $x.b)");
  const search = condition('_arraysearch(a.b, $entry, $entry.c.d == "x" and true)');
  assert.ok(search.kind === "call" && search.args.length === 3);
  assert.deepEqual(search.args[1]?.kind, "variable");
  assert.equal(
    printExpression(
      condition("not descendant of [file where child of [any where event of [x where y]]]"),
    ),
    "not descendant of [file where child of [any where event of [x where y]]]",
  );
  assert.equal(condition("f()").kind, "call");
});

test("comments nest and stand wherever a blank may", () => {
  const query = parseClean("process /* a /* b */ c */ where // to the end\n true");
  assert.equal(printQuery(query), "process where true");
});

test("a sequence has keys, a maxspan, steps and an end", () => {
  const text = `sequence by a, ?b with maxspan = 5 m
    [process where true] by c with runs=3 as event0
    ![file where x == 1]
    [any where event0.name == y] as later with runs = 2 by d, e
    until [process where false] by f`;
  const query = sequence(text);
  assert.deepEqual(
    query.by.map((key) => [key.optional, ...key.segments]),
    [
      [false, "a"],
      [true, "b"],
    ],
  );
  assert.deepEqual([query.maxspan?.value, query.maxspan?.unit], [5, "m"]);
  const about = ({ missing, by, runs, alias }: Step): unknown => [
    missing,
    by.map((key) => key.segments.join(".")),
    runs?.count,
    alias?.name,
  ];
  assert.deepEqual(query.steps.map(about), [
    [false, ["c"], 3, "event0"],
    [true, [], undefined, undefined],
    [false, ["d", "e"], 2, "later"],
  ]);
  assert.deepEqual(query.until === null ? null : about(query.until), [
    false,
    ["f"],
    undefined,
    undefined,
  ]);
  const first = query.steps[0]!;
  assert.equal(
    text.slice(first.span.start, first.span.end),
    "[process where true] by c with runs=3 as event0",
  );
});

test("each unit of maxspan is read, and a single step is enough with runs", () => {
  for (const unit of ["ms", "s", "m", "h", "d"]) {
    const query = sequence(`sequence with maxspan=7${unit} [a where true] with runs=2`);
    assert.deepEqual([query.maxspan?.value, query.maxspan?.unit], [7, unit]);
  }
});

test("a sample has keys and filters, and may have a maxspan", () => {
  const { base } = parseClean(
    "sample by host with maxspan=1m [a where true] by os [b where c] by d",
  );
  assert.ok(base.kind === "sample");
  assert.equal(base.steps.length, 2);
  assert.equal(base.maxspan?.value, 1);
  assert.equal(parseClean("sample [a where b] by c [d where e] by f").base.kind, "sample");
});

test("pipes take arguments parted by commas or blanks", () => {
  const query = parseClean(
    "any where true | head 5 | sort a.b, c | unique a b.c ?d | count | filter a == 1 and b in (2)",
  );
  assert.deepEqual(
    query.pipes.map((pipe) => [pipe.name, ...pipe.args.map(shape)]),
    [
      ["head", "5"],
      ["sort", "a.b", "c"],
      ["unique", "a", "b.c", "?d"],
      ["count"],
      ["filter", "((a == 1) and (b in {2}))"],
    ],
  );
});

test("words that are only reserved in one place are names elsewhere", () => {
  for (const text of ["as where as == runs", "head where event == child", "macro where const"]) {
    parseClean(text);
  }
  assert.equal(
    sequence("sequence by as [a where as] by as as as [b where c] by runs").steps.length,
    2,
  );
});

/** Query, the one code expected, the text that is marked, and a part of the help. */
const refusals: readonly (readonly [string, string, string, string?])[] = [
  ["", "empty-query", "", "category where condition"],
  ["| head 5", "expected-category", "|"],
  ["process", "expected-where", "", "where true"],
  ["process where", "expected-expression", ""],
  ['process process.name == "sh"', "expected-where", "process"],
  ['process were process.name == "sh"', "expected-where", "were"],
  ["my-cat where true", "unquoted-category", "my-cat", '"my-cat" where'],
  ["`my-cat` where true", "unquoted-category", "`my-cat`"],
  ["sequence where true", "reserved-word", "sequence", '"sequence" where'],
  ["a where sequence > 10", "reserved-word", "sequence", "`sequence`"],
  ["a where sequence.b > 10", "reserved-word", "sequence", "`sequence`"],
  ["a where b = 1", "single-equals", "=", "=="],
  ["a where b <> 1", "foreign-operator", "<>", "!="],
  ["a where b && c", "foreign-operator", "&&", "and"],
  ["a where b || c", "foreign-operator", "||", "or"],
  ["a where !b", "foreign-operator", "!", "not"],
  ["a where b AND c", "keyword-case", "AND", "`and`"],
  ["a WHERE b", "keyword-case", "WHERE", "`where`"],
  ["a where NOT b", "keyword-case", "NOT", "`not`"],
  ["a where b IN (1)", "keyword-case", "IN", "`in`"],
  ['a where b Like~ "x"', "keyword-case", "Like~", "`like~`"],
  ["SEQUENCE [a where b] [c where d]", "keyword-case", "SEQUENCE"],
  ["a where 1 < b < 3", "chained-comparison", "<"],
  ['a where b : "x" : "y"', "chained-comparison", ":"],
  ['a where b not like "x"', "negated-match", "not", "not (field like pattern)"],
  ['a where b not : "x"', "negated-match", "not", "not (field : pattern)"],
  ["a where b == not c", "misplaced-not", "not", "(not ...)"],
  ["a where b in 1", "expected-list", "1"],
  ["a where b in ()", "empty-list", ")"],
  ["a where b in (1, 2,)", "trailing-comma", ","],
  ["a where f(b,)", "trailing-comma", ","],
  ["a where b[0]", "array-index", "[0]"],
  ["a where b[0].c == 1", "array-index", "[0]"],
  ["a where b.0.c == 1", "numeric-segment", ".0", "`0`"],
  ["a where b == 'c'", "single-quoted-string", "'c'", "double quotes"],
  ['a where b == ?"c"', "raw-string-prefix", '?"c"', '"""'],
  ['a where b == "c', "unterminated-string", '"c'],
  ['a where b == """c\n', "unterminated-string", '"""c'],
  ["a where `b", "unterminated-name", "`b"],
  ["a where ``", "empty-name", "``"],
  ["a where b /* c /* d */", "unterminated-comment", "/*"],
  ['a where b == "\\d"', "bad-escape", "\\d", "\\\\"],
  ['a where b == "\\u{4}"', "bad-escape", "\\u"],
  ['a where b == "\\u0041"', "bad-escape", "\\u"],
  ['a where b == "\\u{d800}"', "invalid-code-point", "\\u{d800}"],
  ['a where b == "\\u{110000}"', "invalid-code-point", "\\u{110000}"],
  ["a where b == 10abc", "malformed-number", "10abc"],
  ["a where b == 0x10", "malformed-number", "0x10", "`16`"],
  ["a where b == 1e400", "number-too-large", "1e400"],
  ["a where b # c", "unexpected-character", "#"],
  ["a where b == “c”", "curly-quotes", "“c”", "straight quotes"],
  ["a where naïve == 1", "unexpected-character", "ï", "backticks"],
  ["a where b c", "unexpected-token", "c"],
  ["a where b)", "unexpected-token", ")"],
  ["a where b) == 1 and c", "unexpected-token", ")"],
  ["sequence [a where b) == 1 and c] [d where e]", "unexpected-token", ")"],
  ["a where (b", "expected-symbol", ""],
  ["a where f(b", "expected-symbol", ""],
  ["a where b ==", "expected-expression", ""],
  ["a where and b", "expected-expression", "and"],
  ["a where b. == 1", "expected-name", "=="],
  ["a where parent of [b where c]", "unknown-relation", "parent", "descendant of"],
  ["a where descendent of [b where c]", "unknown-relation", "descendent", "`descendant of`"],
  ["a where b | haed 5", "unknown-pipe", "haed", "`head`"],
  ["a where b | fork", "expected-name", "fork"],
  ["a where b | sort c,", "expected-name", ""],
  ["macro F(a) a == 1", "macro-unsupported", "macro"],
  ["const C == 1", "macro-unsupported", "const"],
  ["join by a [b where c] [d where e] until [f where g]", "join-unsupported", "join", "sample"],
  ["sequence [a where b]", "too-few-steps", "sequence", "with runs="],
  ["sequence by a", "too-few-steps", "sequence"],
  ["sequence [a where b] fork [c where d]", "fork-unsupported", "fork"],
  ["sequence [a where b] fork=true [c where d]", "fork-unsupported", "fork"],
  ["sequence with maxspan=5s by a [b where c] [d where e]", "with-before-by", "by", "by keys with"],
  ["sequence by a by b [b where c] [d where e]", "duplicate-clause", "by"],
  ["sequence with maxspan=30 [a where b] [c where d]", "bad-duration", "30", "`30s`"],
  ["sequence with maxspan=30sec [a where b] [c where d]", "bad-duration", "30sec", "`30s`"],
  ["sequence with maxspan=30M [a where b] [c where d]", "bad-duration", "30M", "`30m`"],
  ["sequence with maxspan=30x [a where b] [c where d]", "bad-duration", "30x", "ms, s, m, h"],
  ["sequence with maxspan=1.5m [a where b] [c where d]", "bad-duration", "1.5m", "`90s`"],
  ["sequence with maxspan=1.0075d [a where b] [c where d]", "bad-duration", "1.0075d", "`87048s`"],
  ['sequence with maxspan="5m" [a where b] [c where d]', "expected-duration", '"5m"', "unquoted"],
  ["sequence with maxspan=-5m [a where b] [c where d]", "expected-duration", "-"],
  ["sequence with maxspan=999999d [a where b] [c where d]", "duration-too-large", "999999d"],
  ["sequence with maxspan==5m [a where b] [c where d]", "expected-symbol", "=="],
  ["sequence with maxpsan=5m [a where b] [c where d]", "unknown-parameter", "maxpsan", "`maxspan`"],
  ["sequence with runs=5 [a where b] [c where d]", "misplaced-clause", "runs", "behind a step"],
  ["sequence [a where b] with maxspan=5m [c where d]", "misplaced-clause", "maxspan", "before"],
  ["sequence [a where b] with runs=0 [c where d]", "bad-runs", "0"],
  ["sequence [a where b] with runs=1001 [c where d]", "bad-runs", "1001"],
  ["sequence [a where b] with runs=1.5 [c where d]", "bad-runs", "1.5"],
  ["sequence by a * 2 [a where b] [c where d]", "bad-join-key", "a * 2"],
  ["sequence by length(a) [a where b] [c where d]", "bad-join-key", "length(a)"],
  ['sequence [a where b] by "x" [c where d] by y', "bad-join-key", '"x"'],
  ["sequence by a b [a where b] [c where d]", "expected-symbol", "b"],
  ["sequence by a[0] [a where b] [c where d]", "array-index", "[0]"],
  ["sequence ![a where b] [c where d]", "missing-needs-maxspan", "![a where b]"],
  ["sequence with maxspan=1s ![a where b] ![c where d]", "no-positive-step", "sequence"],
  ["sequence [a where b] [c where d] until ![e where f]", "misplaced-clause", "![e where f]"],
  ["sequence [a where b] [c where d] until [e where f] with runs=2", "misplaced-clause", "2"],
  ["sequence [a where b] [c where d] until", "expected-step", ""],
  ["sequence [a where b] as [c where d]", "expected-alias", "["],
  ["sequence with maxspan=1s ![a where b] as x [c where d]", "misplaced-clause", "x"],
  ["sequence [a where b] [c where d", "expected-symbol", ""],
  ["sequence [a where b [c where d]", "expected-symbol", "["],
  ["sequence [a where b] , [c where d]", "expected-step", ","],
  ["sample by a [b where c]", "too-few-steps", "sample"],
  ["sample [a where b] [c where d]", "sample-without-keys", "sample"],
  ["sample by a [b where c] with runs=2 [d where e]", "misplaced-clause", "2"],
  ["sample by a ![b where c] [d where e]", "misplaced-clause", "![b where c]"],
  ["sample by a [b where c] [d where e] until [f where g]", "misplaced-clause", "until"],
];

for (const [text, code, marked, help] of refusals) {
  test(`${JSON.stringify(text)} is refused as ${code}`, () => {
    const { diagnostics } = parse(text);
    assert.deepEqual(
      diagnostics.map((diagnostic) => diagnostic.code),
      [code],
    );
    const { span, severity, help: given } = diagnostics[0]!;
    assert.equal(severity, "error");
    assert.equal(text.slice(span.start, span.end), marked);
    if (help !== undefined) assert.ok(given?.includes(help), given);
  });
}

test("all errors of a text are reported at once, in its order", () => {
  assert.deepEqual(
    codesOf("a where b = 1 and c not like \"x\" or d in () and (e == 'f' and ) and g"),
    ["single-equals", "negated-match", "empty-list", "single-quoted-string", "expected-expression"],
  );
  assert.deepEqual(
    codesOf(
      "sequence with maxspan=5 by a [b where c d] by 1 [where e] [f where g = 2] with runs=0",
    ),
    [
      "bad-duration",
      "with-before-by",
      "unexpected-token",
      "bad-join-key",
      "expected-category",
      "single-equals",
      "bad-runs",
    ],
  );
  assert.deepEqual(codesOf("a where b == | head 5 | tial 3"), [
    "expected-expression",
    "unknown-pipe",
  ]);
});

test("what can be read stays in the tree when something else is wrong", () => {
  const { query } = parse("process where a == 1 and b == and c == 2 or d[0] == 1");
  assert.equal(query === null ? null : printQuery(query), "process where a == 1 and c == 2");
  const steps = parse("sequence [a where ] [b where c]");
  assert.equal(
    steps.query === null ? null : printQuery(steps.query),
    "sequence [a where true] [b where c]",
  );
});

test("no more than a hundred errors are reported", () => {
  const { diagnostics } = parse(`a where ${"b = 1 and ".repeat(1000)} c`);
  assert.equal(diagnostics.length, 100);
  assert.ok(diagnostics.every((diagnostic) => diagnostic.code === "single-equals"));
});

test("diagnostics point into the file, through the offset map", () => {
  const file = 'query = "process where a = 1"';
  const source = { name: "rule.toml", text: file };
  const { diagnostics } = parseQuery(source, "process where a = 1", (offset) => offset + 9);
  const { span } = diagnostics[0]!;
  assert.equal(diagnostics[0]!.source, source);
  assert.equal(file.slice(span.start, span.end), "=");
  assert.equal(span.start, file.lastIndexOf("="));
});

test("nesting beyond the limit is an error, whatever nests", () => {
  const limits = { ...defaultLimits, nesting: 10 };
  const codes = (text: string): string[] => {
    const parsed = parseCondition({ name: "", text }, text, (offset) => offset, limits);
    return parsed.diagnostics.map((diagnostic) => diagnostic.code);
  };
  assert.deepEqual(codes(`${"(".repeat(10)}a${")".repeat(10)}`), []);
  assert.deepEqual(codes(`${"(".repeat(11)}a${")".repeat(11)}`), ["nesting-limit"]);
  assert.deepEqual(codes(`${"not ".repeat(11)}a`), ["nesting-limit"]);
  assert.deepEqual(codes(`${"-".repeat(11)}a`), ["nesting-limit"]);
  assert.deepEqual(codes(`${"f(".repeat(11)}a${")".repeat(11)}`), ["nesting-limit"]);
  assert.deepEqual(codes(`a${" + a".repeat(9)}`), []);
  assert.deepEqual(codes(`a${" + a".repeat(10)}`), ["nesting-limit"]);
  assert.deepEqual(codes(`${"child of [a where ".repeat(11)}b${"]".repeat(11)}`), [
    "nesting-limit",
  ]);
  assert.deepEqual(codes(`a${" and a".repeat(500)}`), []);
});

test("a text beyond the limit is refused unread", () => {
  const text = "a where b = 1";
  const limits = { ...defaultLimits, queryChars: 12 };
  const { query, diagnostics } = parseQuery({ name: "", text }, text, (offset) => offset, limits);
  assert.equal(query, null);
  assert.deepEqual(
    diagnostics.map((diagnostic) => diagnostic.code),
    ["query-too-long"],
  );
  assert.match(diagnostics[0]!.message, /13.*12/);
});

test("large and hostile texts neither throw nor hang", () => {
  const fill = (unit: string): string => unit.repeat(Math.floor(50_000 / unit.length));
  const units = [
    "(",
    ")",
    "[",
    "]",
    "![",
    "not ",
    "-",
    "a[0]",
    "a.",
    '"',
    '"""',
    '"""\n',
    "'",
    "`",
    "/*",
    "/* */",
    "// x\n",
    "é",
    "=",
    "a = ",
    "a in (",
    "f(",
    "child of [a where ",
    "sequence [",
    "[a where ",
    "[a where b] ",
    "by a ",
    "with maxspan=5 ",
    "| head ",
    "| sort a,",
    "and ",
    "a and ",
    "1 + ",
    "a < ",
    "a : ",
    "x of [",
    ",",
    "?",
    "$x.",
    "\\",
    "\n",
    '"\\d" ',
    "a where ",
  ];
  for (const unit of units) {
    for (const prefix of ["", "any where ", "sequence [a where b] ", "any where a in ("]) {
      const { query, diagnostics } = parse(prefix + fill(unit));
      assert.ok(query !== null || hasErrors(diagnostics), prefix + unit);
    }
  }
});

test("a condition stands alone, without a category", () => {
  assert.equal(
    shape(condition('process.name == "sh" and not x')),
    '((process.name == "sh") and (not x))',
  );
  const codes = (text: string): string[] =>
    parseCondition({ name: "", text }, text, (offset) => offset).diagnostics.map(
      ({ code }) => code,
    );
  assert.deepEqual(codes(""), ["empty-query"]);
  assert.deepEqual(codes("process where a"), ["unexpected-token"]);
  assert.deepEqual(codes("a | head 5"), ["unexpected-token"]);
  const { expression } = parseExpression({ name: "", text: "f(1)" }, "f(1)", (offset) => offset);
  assert.equal(expression?.kind, "call");
});

const seeds: readonly string[] = [
  'process where process.name == "sh" and not (user.id in ("0", "1") or ?x.y : """C:\\*""")',
  "sequence by host.id with maxspan=1m [process where a > -1.5e3] by b as event0 ![file where c]" +
    " [any where event0.d == e] by f with runs=3 until [process where g] by h",
  'sample by a [b where `c d` like~ ("x*", "y?")] [e where descendant of [f where g]] by h',
  "any where _arraysearch(a.b, $e, $e.c + 1 * 2 == length(d)) | sort a, b | head 5 /* x /* y */ */",
];

test("a damaged query gives a tree or an error, and a clean one survives printing", () => {
  let clean = 0;
  for (let seed = 1; seed <= 4000; seed += 1) {
    const mutant = mutateQuery(seeds[seed % seeds.length]!, seed);
    const { query, diagnostics } = parse(mutant);
    assert.ok(query !== null || hasErrors(diagnostics), `seed ${seed}: ${mutant}`);
    for (const { span } of diagnostics) {
      assert.ok(0 <= span.start && span.start <= span.end && span.end <= mutant.length);
    }
    if (query === null || diagnostics.length > 0) continue;
    clean += 1;
    const printed = printQuery(query);
    assert.equal(printQuery(parseClean(printed)), printed, `seed ${seed}: ${mutant}`);
  }
  assert.ok(clean > 100 && clean < 3900, `${clean} mutants were clean`);
});

test("mutants are the same for the same seed and differ between seeds", () => {
  const text = seeds[0]!;
  assert.equal(mutateQuery(text, 7), mutateQuery(text, 7));
  const mutants = new Set(Array.from({ length: 100 }, (_, seed) => mutateQuery(text, seed)));
  assert.ok(mutants.size > 80);
});
