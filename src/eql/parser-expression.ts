/**
 * Parses conditions and `category where condition`: one function per level of precedence. Each
 * returns null where an error was reported and nothing is left worth checking.
 */
import { suggest } from "../diagnostic/suggest.ts";
import type {
  EventQuery,
  Expression,
  LineageExpression,
  LogicExpression,
  MatchExpression,
} from "./ast.ts";
import { type Cursor, isSymbol } from "./cursor.ts";
import {
  atArithmetic,
  atComparison,
  atConditionEnd,
  atNot,
  atOperandStart,
  comparisons,
  isMatchOperator,
  settle,
  takeComparison,
} from "./lookahead.ts";
import { parseCategory } from "./parser-category.ts";
import { parseField, parseNumber, parseVariable } from "./parser-field.ts";
import {
  chainedComparison,
  emptyList,
  expectedExpression,
  expectedList,
  expectedSymbol,
  expectedWhere,
  foreignOperator,
  misplacedNot,
  negatedMatch,
  trailingComma,
  unexpectedToken,
  unknownRelation,
} from "./syntax-errors.ts";
import { type Token, wordOf } from "./tokens.ts";

/** `category where condition`; null where no category could be read. */
export function parseEventQuery(cursor: Cursor): EventQuery | null {
  const { start } = cursor.token;
  const category = parseCategory(cursor);
  if (!cursor.takeWord("where")) recoverWhere(cursor, category?.name ?? "");
  const where = parseCondition(cursor);
  if (category === null) return null;
  const span = cursor.spanFrom(start);
  return { kind: "event", category, where: where ?? placeholder(span.end), span };
}

/** Steps over what stands in the place of `where`, to the start of the condition. */
function recoverWhere(cursor: Cursor, category: string): void {
  const { kind, text } = cursor.token;
  const isTypo = kind === "name" && suggest(text, ["where"]) !== undefined;
  cursor.fail((place, found) => expectedWhere(place, found, category));
  if (isTypo) {
    cursor.advance();
    return;
  }
  if (!atOperandStart(cursor)) {
    cursor.skipUntil(() => cursor.atWord("where") || atConditionEnd(cursor) || cursor.atStep());
  }
  cursor.takeWord("where");
}

/** What stands for a condition that could not be read: nothing in it is worth another error. */
function placeholder(offset: number): Expression {
  const span = { start: offset, end: offset };
  return { kind: "literal", value: { type: "boolean", value: true }, span };
}

/** `[category where condition]`; errors are reported up to the closing bracket. */
export function parseBracketed(cursor: Cursor): EventQuery | null {
  if (!cursor.takeSymbol("[")) {
    cursor.fail((place, found) => expectedSymbol(place, "[", found));
    return null;
  }
  const query = parseEventQuery(cursor);
  if (cursor.takeSymbol("]")) return query;
  cursor.fail((place, found) => expectedSymbol(place, "]", found));
  const atSuccessor = (): boolean =>
    cursor.atSymbol("]") || cursor.atSymbol("|") || cursor.atStep() || cursor.atWord("until");
  cursor.skipUntil(atSuccessor);
  cursor.takeSymbol("]");
  return query;
}

/** A condition with whatever stray closing brackets follow it, up to `]`, `|` or the end. */
export function parseCondition(cursor: Cursor): Expression | null {
  const condition = parseExpression(cursor);
  while (isStray(cursor)) {
    cursor.fail(unexpectedToken);
    while (isStray(cursor)) cursor.advance();
    cursor.skipOperand();
    if (cursor.takeWord("and") || cursor.takeWord("or")) parseExpression(cursor);
  }
  return condition;
}

function isStray(cursor: Cursor): boolean {
  return cursor.atSymbol(")") || cursor.atSymbol(",");
}

/** A whole expression: `or` binds loosest. */
export function parseExpression(cursor: Cursor): Expression | null {
  return parseLogic(cursor, "or", (inner) => parseLogic(inner, "and", parseNot));
}

function parseLogic(
  cursor: Cursor,
  operator: LogicExpression["operator"],
  parseOperand: (cursor: Cursor) => Expression | null,
): Expression | null {
  const { start } = cursor.token;
  const first = parseOperand(cursor);
  if (!cursor.atWord(operator)) return first;
  const operands = first === null ? [] : [first];
  while (cursor.takeWord(operator)) {
    const operand = parseOperand(cursor);
    if (operand !== null) operands.push(operand);
  }
  if (operands.length < 2) return operands[0] ?? null;
  return { kind: "logic", operator, operands, span: cursor.spanFrom(start) };
}

function parseNot(cursor: Cursor): Expression | null {
  if (!atNot(cursor)) {
    const comparison = parseComparison(cursor);
    settle(cursor);
    return comparison;
  }
  return parseNegated(cursor);
}

function parseNegated(cursor: Cursor): Expression | null {
  if (!cursor.enter()) return null;
  const { start } = cursor.token;
  if (!cursor.takeWord("not")) {
    cursor.report(foreignOperator(cursor.here(), "!", "not"));
    cursor.advance();
  }
  const operand = parseNot(cursor);
  cursor.leave();
  return operand === null ? null : { kind: "not", operand, span: cursor.spanFrom(start) };
}

/** At most one comparison: `a == b`; either side may be an `in` or a match. */
function parseComparison(cursor: Cursor): Expression | null {
  const { start } = cursor.token;
  const left = parsePredicate(cursor);
  const operator = takeComparison(cursor);
  if (operator === undefined) return left;
  const right = parsePredicate(cursor);
  while (atComparison(cursor)) {
    cursor.fail(chainedComparison);
    takeComparison(cursor);
    parsePredicate(cursor);
  }
  if (left === null || right === null) return null;
  return { kind: "compare", operator, left, right, span: cursor.spanFrom(start) };
}

/** At most one `in` or match behind an operand. */
function parsePredicate(cursor: Cursor): Expression | null {
  const { start } = cursor.token;
  const operand = parseSum(cursor);
  const predicate = parseSuffix(cursor, operand, start);
  if (predicate === undefined) return operand;
  for (;;) {
    const at = cursor.here();
    if (parseSuffix(cursor, null, start) === undefined) return predicate;
    cursor.report(chainedComparison(at));
  }
}

/** The `in (...)` or `: ...` behind an operand; undefined where there is none. */
function parseSuffix(
  cursor: Cursor,
  operand: Expression | null,
  start: number,
): Expression | null | undefined {
  const negated = cursor.atWord("not");
  const token = cursor.peek(negated ? 1 : 0);
  const word = isSymbol(token, ":") ? ":" : wordOf(token);
  if (word === "in" || word === "in~") {
    if (negated) cursor.takeWord("not");
    return parseMembership(cursor, operand, start, word, negated);
  }
  if (!isMatchOperator(word)) return undefined;
  if (negated) {
    cursor.fail((place) => negatedMatch(place, word));
    cursor.advance();
  }
  return parseMatch(cursor, operand, start, word);
}

function parseMembership(
  cursor: Cursor,
  operand: Expression | null,
  start: number,
  word: "in" | "in~",
  negated: boolean,
): Expression | null {
  cursor.takeWord(word);
  if (!cursor.atSymbol("(")) {
    cursor.fail((place) => expectedList(place, word));
    if (atOperandStart(cursor)) parseSum(cursor);
    return null;
  }
  const items = parseList(cursor, emptyList);
  if (operand === null || items === null) return null;
  const insensitive = word === "in~";
  return {
    kind: "membership",
    operand,
    items,
    negated,
    insensitive,
    span: cursor.spanFrom(start),
  };
}

function parseMatch(
  cursor: Cursor,
  operand: Expression | null,
  start: number,
  operator: MatchExpression["operator"],
): Expression | null {
  if (operator === ":") cursor.advance();
  else cursor.takeWord(operator);
  const patternStart = cursor.token.start;
  let list = cursor.atSymbol("(");
  let patterns: readonly Expression[] | null;
  if (list) {
    patterns = parseList(cursor, emptyList);
    if (patterns?.length === 1 && atArithmetic(cursor)) {
      list = false;
      patterns = single(continueSum(cursor, patternStart, patterns[0]!));
    }
  } else {
    patterns = single(parseSum(cursor));
  }
  if (operand === null || patterns === null) return null;
  return { kind: "match", operator, operand, patterns, list, span: cursor.spanFrom(start) };
}

function single(expression: Expression | null): Expression[] | null {
  return expression === null ? null : [expression];
}

function parseSum(cursor: Cursor): Expression | null {
  const { start } = cursor.token;
  return continueSum(cursor, start, parseSign(cursor));
}

/** The `* b + c` behind a first operand that began at `start`. */
function continueSum(cursor: Cursor, start: number, first: Expression | null): Expression | null {
  let left = continueProduct(cursor, start, first);
  for (;;) {
    const operator = cursor.atSymbol("+") ? "+" : cursor.atSymbol("-") ? "-" : undefined;
    if (operator === undefined) return left;
    cursor.advance();
    const rightStart = cursor.token.start;
    const right = continueProduct(cursor, rightStart, parseSign(cursor));
    left = arithmetic(cursor, operator, left, right, start);
  }
}

function continueProduct(
  cursor: Cursor,
  start: number,
  first: Expression | null,
): Expression | null {
  let left = first;
  for (;;) {
    const operator = (["*", "/", "%"] as const).find((symbol) => cursor.atSymbol(symbol));
    if (operator === undefined) return left;
    cursor.advance();
    left = arithmetic(cursor, operator, left, parseSign(cursor), start);
  }
}

function arithmetic(
  cursor: Cursor,
  operator: "+" | "-" | "*" | "/" | "%",
  left: Expression | null,
  right: Expression | null,
  start: number,
): Expression | null {
  if (left === null || right === null) return null;
  return { kind: "arithmetic", operator, left, right, span: cursor.spanFrom(start) };
}

/** A sign directly before a number literal belongs to it. */
function parseSign(cursor: Cursor): Expression | null {
  const sign = cursor.atSymbol("-") ? "-" : cursor.atSymbol("+") ? "+" : undefined;
  if (sign === undefined) return parseOperand(cursor);
  const { start } = cursor.token;
  if (cursor.peek(1).kind === "number") {
    cursor.advance();
    return parseNumber(cursor, sign, start);
  }
  if (!cursor.enter()) return null;
  cursor.advance();
  const operand = parseSign(cursor);
  cursor.leave();
  if (operand === null) return null;
  return { kind: "negate", sign, operand, span: cursor.spanFrom(start) };
}

function parseOperand(cursor: Cursor): Expression | null {
  const { token } = cursor;
  switch (token.kind) {
    case "string": {
      const { start, end, text, raw } = cursor.advance();
      return { kind: "literal", value: { type: "string", value: text, raw }, span: { start, end } };
    }
    case "number":
      return parseNumber(cursor, "", token.start);
    case "variable":
      return parseVariable(cursor);
    case "quoted-name":
      return parseField(cursor);
    case "tilde-name":
      return parseCall(cursor);
    case "name":
      return parseNamed(cursor);
    case "keyword":
      return parseKeyword(cursor, token);
    case "symbol":
      if (token.text === "?") return parseField(cursor);
      if (token.text === "(") return parseParenthesised(cursor);
      break;
    case "bad":
    case "end":
      break;
  }
  if (isSymbol(token, "!") && atNot(cursor)) return parseMisplacedNot(cursor);
  cursor.fail(expectedExpression);
  cursor.skipOperand();
  return null;
}

function parseNamed(cursor: Cursor): Expression | null {
  const next = cursor.peek(1);
  if (isSymbol(next, "(")) return parseCall(cursor);
  if (next.kind === "keyword" && next.text === "of") return parseLineage(cursor);
  if (atNot(cursor)) return parseMisplacedNot(cursor);
  return parseField(cursor);
}

/** `true`, `false`, `null`; another keyword is taken for a field where it is used like one. */
function parseKeyword(cursor: Cursor, token: Token): Expression | null {
  const { start, end, text } = token;
  if (text === "true" || text === "false") {
    cursor.advance();
    const value = { type: "boolean", value: text === "true" } as const;
    return { kind: "literal", value, span: { start, end } };
  }
  if (text === "null") {
    cursor.advance();
    return { kind: "literal", value: { type: "null" }, span: { start, end } };
  }
  if (text === "not") return parseMisplacedNot(cursor);
  const next = cursor.peek(1);
  const isOperator = next.kind === "symbol" && [".", ":", ...comparisons].includes(next.text);
  if (isOperator || isMatchOperator(wordOf(next))) return parseField(cursor);
  cursor.fail(expectedExpression);
  cursor.skipOperand();
  return null;
}

function parseMisplacedNot(cursor: Cursor): Expression | null {
  cursor.fail(misplacedNot);
  return parseNegated(cursor);
}

function parseParenthesised(cursor: Cursor): Expression | null {
  if (!cursor.enter()) return null;
  cursor.advance();
  const separated = cursor.spaceSeparated;
  cursor.spaceSeparated = false;
  const inner = parseExpression(cursor);
  cursor.spaceSeparated = separated;
  closeParenthesis(cursor);
  cursor.leave();
  return inner;
}

function parseCall(cursor: Cursor): Expression | null {
  const { start, end, text, kind } = cursor.advance();
  if (!cursor.atSymbol("(")) {
    cursor.fail((place, found) => expectedSymbol(place, "(", found));
    cursor.skipOperand();
    return null;
  }
  const args = parseList(cursor, null);
  if (args === null) return null;
  return {
    kind: "call",
    name: text,
    nameSpan: { start, end: kind === "tilde-name" ? end - 1 : end },
    insensitive: kind === "tilde-name",
    args,
    span: cursor.spanFrom(start),
  };
}

/** `(a, b, c)`; null where one item could not be read. `whenEmpty` refuses a list without items. */
function parseList(cursor: Cursor, whenEmpty: typeof emptyList | null): Expression[] | null {
  if (!cursor.enter()) return null;
  cursor.advance();
  const separated = cursor.spaceSeparated;
  cursor.spaceSeparated = false;
  const items: Expression[] = [];
  let complete = true;
  if (cursor.atSymbol(")")) {
    if (whenEmpty !== null) {
      cursor.fail(whenEmpty);
      complete = false;
    }
  } else {
    do {
      const item = parseItem(cursor, items.length > 0);
      if (item === null) complete = false;
      else items.push(item);
    } while (cursor.takeSymbol(","));
  }
  cursor.spaceSeparated = separated;
  closeParenthesis(cursor);
  cursor.leave();
  return complete ? items : null;
}

function parseItem(cursor: Cursor, follows: boolean): Expression | null {
  if (!follows || !cursor.atSymbol(")")) return parseExpression(cursor);
  const { end } = cursor.spanFrom(0);
  cursor.report(trailingComma(cursor.place({ start: end - 1, end })));
  return null;
}

function closeParenthesis(cursor: Cursor): void {
  if (cursor.takeSymbol(")")) return;
  cursor.fail((place, found) => expectedSymbol(place, ")", found));
  while (cursor.atSymbol(",")) {
    cursor.advance();
    cursor.skipOperand();
  }
  cursor.takeSymbol(")");
}

const relations: readonly LineageExpression["relation"][] = ["child", "descendant", "event"];

function parseLineage(cursor: Cursor): Expression | null {
  if (!cursor.enter()) return null;
  const { start, text } = cursor.token;
  const relation = relations.find((known) => known === text);
  if (relation === undefined) {
    cursor.fail((place) => unknownRelation(place, text, suggest(text, relations)));
  }
  cursor.advance();
  cursor.advance();
  const separated = cursor.spaceSeparated;
  cursor.spaceSeparated = false;
  const query = parseBracketed(cursor);
  cursor.spaceSeparated = separated;
  cursor.leave();
  if (query === null || relation === undefined) return null;
  return { kind: "lineage", relation, query, span: cursor.spanFrom(start) };
}

/** What stands as a join key: an operand or calculation, of which only a field is allowed. */
export function parseKeyExpression(cursor: Cursor): Expression | null {
  return parseSum(cursor);
}
