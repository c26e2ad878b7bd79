/**
 * Parses EQL: text to tree, every syntax error of a text at once, in time linear in its length.
 *
 * tokenize (lexer.ts) -> Cursor -> parseQuery: pipes here, sequences in parser-sequence.ts,
 * conditions in parser-expression.ts.
 */
import { defaultLimits, type Limits } from "../base/limits.ts";
import { type Diagnostic, sortDiagnostics } from "../diagnostic/diagnostic.ts";
import type { SourceText } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { Expression, Pipe, PipeName, Query } from "./ast.ts";
import { Cursor, isSymbol, type ParserInput } from "./cursor.ts";
import { atOperandStart } from "./lookahead.ts";
import { findTooDeep, rootsOf } from "./nesting.ts";
import {
  parseExpression as parseArgument,
  parseEventQuery,
  parseCondition as parseWholeCondition,
} from "./parser-expression.ts";
import { parseJoin, parseSample, parseSequence } from "./parser-sequence.ts";
import {
  emptyQuery,
  expectedName,
  macroUnsupported,
  queryTooLong,
  trailingText,
  unknownPipe,
} from "./syntax-errors.ts";
import { wordOf } from "./tokens.ts";

/** A query's tree, with offsets in its text, and what is wrong with it. */
export interface ParsedQuery {
  /** Null only where no usable tree could be made; then there is at least one error. */
  readonly query: Query | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** A condition without a category. */
export interface ParsedCondition {
  /** Null only where no usable tree could be made; then there is at least one error. */
  readonly condition: Expression | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** A value or a condition that stands alone. */
export interface ParsedExpression {
  /** Null only where no usable tree could be made; then there is at least one error. */
  readonly expression: Expression | null;
  readonly diagnostics: readonly Diagnostic[];
}

const pipeNames: readonly PipeName[] = [
  "head",
  "tail",
  "sort",
  "unique",
  "unique_count",
  "count",
  "filter",
];

/**
 * Parses the query `text`, which stands in `source`; `mapOffset` turns an offset of `text`
 * (0 to its length) into one of `source.text`. Where there are errors, what could not be read is
 * left out of the tree, so that the rest can still be checked.
 */
export function parseQuery(
  source: SourceText,
  text: string,
  mapOffset: (offset: number) => number,
  limits: Limits = defaultLimits,
): ParsedQuery {
  const input = { source, text, mapOffset, limits };
  const { result, diagnostics } = parseWith(input, readQuery, rootsOf);
  return { query: result, diagnostics };
}

/** Parses a condition without a category, as an exception has one. */
export function parseCondition(
  source: SourceText,
  text: string,
  mapOffset: (offset: number) => number,
  limits: Limits = defaultLimits,
): ParsedCondition {
  const input = { source, text, mapOffset, limits };
  const { result, diagnostics } = parseWith(input, readCondition, (root) => [root]);
  return { condition: result, diagnostics };
}

/** Parses any expression that stands alone, `length("abc")` for one. */
export function parseExpression(
  source: SourceText,
  text: string,
  mapOffset: (offset: number) => number,
  limits: Limits = defaultLimits,
): ParsedExpression {
  const { condition, diagnostics } = parseCondition(source, text, mapOffset, limits);
  return { expression: condition, diagnostics };
}

function parseWith<T>(
  input: ParserInput,
  read: (cursor: Cursor) => T | null,
  roots: (result: T) => Expression[],
): { result: T | null; diagnostics: Diagnostic[] } {
  const { text, limits } = input;
  if (text.length > limits.queryChars) {
    const start = input.mapOffset(0);
    const place = { source: input.source, span: { start, end: start } };
    const diagnostics = [queryTooLong(place, text.length, limits.queryChars)];
    return { result: null, diagnostics };
  }
  const cursor = new Cursor(input);
  let result = read(cursor);
  if (result !== null) {
    const tooDeep = findTooDeep(roots(result), limits.nesting);
    if (tooDeep !== undefined) {
      cursor.failDeep(tooDeep.span);
      result = null;
    }
  }
  return { result, diagnostics: sortDiagnostics(cursor.diagnostics) };
}

function readCondition(cursor: Cursor): Expression | null {
  if (cursor.atEnd()) {
    cursor.fail(emptyQuery);
    return null;
  }
  const condition = parseWholeCondition(cursor);
  if (!cursor.atEnd()) cursor.fail(trailingText);
  return condition;
}

function readQuery(cursor: Cursor): Query | null {
  const { start } = cursor.token;
  if (cursor.atEnd()) {
    cursor.fail(emptyQuery);
    return null;
  }
  const base = readBase(cursor);
  const pipes: Pipe[] = [];
  if (!cursor.atEnd() && !cursor.atSymbol("|")) {
    cursor.fail(trailingText);
    cursor.skipUntil(() => cursor.atSymbol("|"));
  }
  while (cursor.takeSymbol("|")) {
    const pipe = readPipe(cursor);
    if (pipe !== null) pipes.push(pipe);
  }
  return base === null ? null : { base, pipes, span: cursor.spanFrom(start) };
}

function readBase(cursor: Cursor): Query["base"] | null {
  const { kind, text } = cursor.token;
  const next = cursor.peek(1);
  if (wordOf(next) !== "where") {
    if (cursor.atWord("sequence")) return parseSequence(cursor);
    if (cursor.atWord("sample")) return parseSample(cursor);
    if (cursor.atWord("join")) return parseJoin(cursor);
    if (kind === "name" && (text === "macro" || text === "const") && next.kind === "name") {
      cursor.fail((place) => macroUnsupported(place, text));
      cursor.skipUntil(() => cursor.atEnd());
      return null;
    }
  }
  return parseEventQuery(cursor);
}

/** `head 5`, `sort a, b` or `sort a b`, behind the bar. */
function readPipe(cursor: Cursor): Pipe | null {
  const { start, kind, text } = cursor.token;
  if (kind !== "name") {
    cursor.fail(expectedName);
    cursor.skipUntil(() => cursor.atSymbol("|"));
    return null;
  }
  const name = pipeNames.find((known) => known === text);
  if (name === undefined)
    cursor.fail((place) => unknownPipe(place, text, suggest(text, pipeNames)));
  cursor.advance();
  const args = name === undefined ? null : readArguments(cursor);
  if (!cursor.atEnd() && !cursor.atSymbol("|")) {
    if (name !== undefined) cursor.fail(trailingText);
    cursor.skipUntil(() => cursor.atSymbol("|"));
  }
  if (name === undefined || args === null) return null;
  return { name, args, span: cursor.spanFrom(start) };
}

function readArguments(cursor: Cursor): Expression[] | null {
  const args: Expression[] = [];
  let complete = true;
  cursor.spaceSeparated = true;
  while (!cursor.atEnd() && !cursor.atSymbol("|")) {
    const arg = parseArgument(cursor);
    if (arg === null) complete = false;
    else args.push(arg);
    const isLast = !cursor.takeSymbol(",") && !atOperandStart(cursor);
    if (isLast) break;
    if (cursor.atEnd() || isSymbol(cursor.token, "|")) {
      cursor.fail(expectedName);
      complete = false;
    }
  }
  cursor.spaceSeparated = false;
  return complete ? args : null;
}
