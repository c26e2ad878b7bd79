/** The syntax tree of EQL, as the parser makes it and the printer prints it. */
import type { Span } from "../diagnostic/source.ts";

/** A whole query: what to look for, then pipes (which only ad hoc queries may have). */
export interface Query {
  readonly base: EventQuery | SequenceQuery | SampleQuery;
  readonly pipes: readonly Pipe[];
  readonly span: Span;
}

/** `category where condition`. */
export interface EventQuery {
  readonly kind: "event";
  readonly category: Category;
  readonly where: Expression;
  readonly span: Span;
}

/** The event category; `any` is every event. A quoted name is never the word `any`. */
export interface Category {
  readonly name: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** `sequence by keys with maxspan=N [..] [..] until [..]`. */
export interface SequenceQuery {
  readonly kind: "sequence";
  readonly by: readonly JoinKey[];
  readonly maxspan: Duration | null;
  readonly steps: readonly Step[];
  readonly until: Step | null;
  readonly span: Span;
}

/** `sample by keys [..] [..]`; `with maxspan` is Kestrel's extension for rules over a stream. */
export interface SampleQuery {
  readonly kind: "sample";
  readonly by: readonly JoinKey[];
  readonly maxspan: Duration | null;
  readonly steps: readonly Step[];
  readonly span: Span;
}

/** `[category where condition] by keys with runs=N as alias`, or `![...]`. */
export interface Step {
  readonly query: EventQuery;
  readonly missing: boolean;
  readonly by: readonly JoinKey[];
  /** At least 1; null when not written. */
  readonly runs: { readonly count: number; readonly span: Span } | null;
  readonly alias: { readonly name: string; readonly span: Span } | null;
  readonly span: Span;
}

/** A join key is a field. */
export type JoinKey = FieldExpression;

export type DurationUnit = "ms" | "s" | "m" | "h" | "d";

/** A whole number of a unit, as written. */
export interface Duration {
  readonly value: number;
  readonly unit: DurationUnit;
  readonly span: Span;
}

export type PipeName = "head" | "tail" | "sort" | "unique" | "unique_count" | "count" | "filter";

/** `| head 5`, `| sort a, b`, `| filter condition`. */
export interface Pipe {
  readonly name: PipeName;
  readonly args: readonly Expression[];
  readonly span: Span;
}

export type Expression =
  | LiteralExpression
  | FieldExpression
  | VariableExpression
  | CallExpression
  | NegateExpression
  | ArithmeticExpression
  | CompareExpression
  | MembershipExpression
  | MatchExpression
  | NotExpression
  | LogicExpression
  | LineageExpression;

/** `null`, `true`, `"text"`, `42`, `4.5`. */
export interface LiteralExpression {
  readonly kind: "literal";
  readonly value: Literal;
  readonly span: Span;
}

/** `long` holds integers within 64 bits, exactly; anything larger or fractional is a `double`. */
export type Literal =
  | { readonly type: "null" }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string; readonly raw: boolean }
  | { readonly type: "long"; readonly value: number | bigint }
  | { readonly type: "double"; readonly value: number };

/**
 * `process.name`, `` a.`0`.b ``, `?user.id`. A segment never holds its backticks; a fully quoted
 * path such as `` `a.b` `` is one segment with a dot. The field's path is the segments joined by dots.
 */
export interface FieldExpression {
  readonly kind: "field";
  readonly segments: readonly string[];
  readonly optional: boolean;
  readonly span: Span;
}

/** `$entry` or `$entry.symbol_info`, inside `_arraysearch`. */
export interface VariableExpression {
  readonly kind: "variable";
  readonly name: string;
  /** Segments below the variable; empty for the element itself. */
  readonly segments: readonly string[];
  readonly span: Span;
}

/** `length(x)`, `startsWith~(x, "y")`; `insensitive` is the tilde. */
export interface CallExpression {
  readonly kind: "call";
  readonly name: string;
  readonly nameSpan: Span;
  readonly insensitive: boolean;
  readonly args: readonly Expression[];
  readonly span: Span;
}

/** `-x` or `+x` on anything but a number literal (there the sign is part of the literal). */
export interface NegateExpression {
  readonly kind: "negate";
  readonly sign: "-" | "+";
  readonly operand: Expression;
  readonly span: Span;
}

export interface ArithmeticExpression {
  readonly kind: "arithmetic";
  readonly operator: "+" | "-" | "*" | "/" | "%";
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export interface CompareExpression {
  readonly kind: "compare";
  readonly operator: "==" | "!=" | "<" | "<=" | ">" | ">=";
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `x in ("a", "b")`, `x not in~ (...)`. */
export interface MembershipExpression {
  readonly kind: "membership";
  readonly operand: Expression;
  readonly items: readonly Expression[];
  readonly negated: boolean;
  readonly insensitive: boolean;
  readonly span: Span;
}

/** `x : "a*"`, `x like~ ("a", "b")`, `x regex "..."`; `:` is always insensitive. */
export interface MatchExpression {
  readonly kind: "match";
  readonly operator: ":" | "like" | "like~" | "regex" | "regex~";
  readonly operand: Expression;
  readonly patterns: readonly Expression[];
  /** Whether the patterns stood in parentheses as a list. */
  readonly list: boolean;
  readonly span: Span;
}

export interface NotExpression {
  readonly kind: "not";
  readonly operand: Expression;
  readonly span: Span;
}

/** `a and b and c` is one node with three operands; a parenthesised one below stays its own. */
export interface LogicExpression {
  readonly kind: "logic";
  readonly operator: "and" | "or";
  readonly operands: readonly Expression[];
  readonly span: Span;
}

/** `descendant of [process where ...]`. */
export interface LineageExpression {
  readonly kind: "lineage";
  readonly relation: "child" | "descendant" | "event";
  readonly query: EventQuery;
  readonly span: Span;
}
