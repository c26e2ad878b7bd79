/** Lowers what EQL says of texts: equality, membership, wildcards and regular expressions. */
import { foldCase } from "../base/case-folding.ts";
import { hasWildcard } from "../ir/glob.ts";
import type { NodeId, TextTest } from "../ir/predicate.ts";
import { compileRegex } from "../ir/regex.ts";
import type * as ast from "./ast.ts";
import * as errors from "./check-errors.ts";
import {
  isText,
  type Lowering,
  nameOf,
  type Operand,
  operandOf,
  parseLiteral,
  placeIn,
  unify,
} from "./operand.ts";
import { placeOf, report } from "./scope.ts";

/** `x in (...)` and its kin. */
export function lowerMembership(
  context: Lowering,
  expression: ast.MembershipExpression,
): Operand | null {
  const operand = context.value(expression.operand);
  const items = expression.items.map((item) => context.value(item));
  const known = items.filter((item): item is Operand => item !== null);
  if (operand === null || known.length < items.length) return null;
  if (expression.insensitive && !isTextOperand(context, "in~", operand)) return null;
  const nodes = members(context, operand, known, expression.insensitive);
  if (nodes === null) return null;
  const some = nodes.length === 1 ? nodes[0]! : context.builder.kleene("or", nodes);
  const node = expression.negated ? context.builder.kleene("not", [some]) : some;
  return operandOf(node, "boolean", expression);
}

/** Literal texts become one test; every other item is compared by itself. */
function members(
  context: Lowering,
  operand: Operand,
  items: readonly Operand[],
  insensitive: boolean,
): NodeId[] | null {
  const isTexts = operand.type === "keyword" && operand.literal === undefined;
  const texts = isTexts
    ? items.flatMap((item) => (typeof item.literal === "string" ? [item.literal] : []))
    : [];
  const nodes: NodeId[] = [];
  if (texts.length > 0) nodes.push(textTest(context, operand.node, "equals", insensitive, texts));
  for (const item of items) {
    if (isTexts && typeof item.literal === "string") continue;
    if (item.literal === null) continue;
    const node = insensitive
      ? equalInsensitive(context, operand, item)
      : lowerEqual(context, operand, item);
    if (node === null) return null;
    nodes.push(node);
  }
  return nodes.length === 0 ? [context.builder.constant("null", null)] : nodes;
}

function equalInsensitive(context: Lowering, left: Operand, right: Operand): NodeId | null {
  if (!isTextOperand(context, "in~", right)) return null;
  if (typeof right.literal === "string") {
    return textTest(context, left.node, "equals", true, [right.literal]);
  }
  const folded = [left, right].map((side) =>
    context.builder.call("keyword", "fold", false, [side.node]),
  );
  return context.builder.compare("==", folded[0]!, folded[1]!);
}

function isTextOperand(context: Lowering, operator: string, operand: Operand): boolean {
  if (isText(operand.type) || operand.type === "null") return true;
  const place = placeOf(context.scope, operand.span);
  report(context.scope, errors.wrongOperand(place, operator, "a text", nameOf(operand)));
  return false;
}

/** `:`, `like` and `regex`. */
export function lowerMatch(context: Lowering, expression: ast.MatchExpression): Operand | null {
  const operand = context.value(expression.operand);
  const patterns = expression.patterns.map((pattern) => context.value(pattern));
  const known = patterns.filter((pattern): pattern is Operand => pattern !== null);
  if (operand === null || known.length < patterns.length) return null;
  const { operator } = expression;
  if (operator === ":" && !isText(operand.type))
    return matchOther(context, expression, operand, known);
  if (!isTextOperand(context, operator, operand)) return null;
  const nodes: NodeId[] = [];
  const literals: string[] = [];
  for (const pattern of known) {
    if (typeof pattern.literal === "string") literals.push(pattern.literal);
    else if (operator === ":" && isText(pattern.type)) {
      const node = equalInsensitive(context, operand, pattern);
      if (node !== null) nodes.push(node);
    } else
      report(context.scope, errors.notALiteral(placeOf(context.scope, pattern.span), operator));
  }
  if (nodes.length + literals.length < known.length) return null;
  if (literals.length > 0) {
    const test = patternTest(context, expression, operand, literals);
    if (test === null) return null;
    nodes.push(test);
  }
  const node = nodes.length === 1 ? nodes[0]! : context.builder.kleene("or", nodes);
  return operandOf(node, "boolean", expression);
}

/** `:` on a number, boolean or date is equality. */
function matchOther(
  context: Lowering,
  expression: ast.MatchExpression,
  operand: Operand,
  patterns: readonly Operand[],
): Operand | null {
  const nodes: NodeId[] = [];
  for (const pattern of patterns) {
    if (pattern.literal === null) {
      report(context.scope, errors.notALiteral(placeOf(context.scope, pattern.span), ":"));
      return null;
    }
    const node = lowerEqual(context, operand, pattern);
    if (node === null) return null;
    nodes.push(node);
  }
  const node = nodes.length === 1 ? nodes[0]! : context.builder.kleene("or", nodes);
  return operandOf(node, "boolean", expression);
}

function patternTest(
  context: Lowering,
  expression: ast.MatchExpression,
  operand: Operand,
  literals: readonly string[],
): NodeId | null {
  const { operator } = expression;
  const insensitive = operator === ":" || operator.endsWith("~");
  if (operator === "regex" || operator === "regex~") {
    if (!checkRegexes(context, expression, insensitive)) return null;
    return textTest(context, operand.node, "regex", insensitive, literals);
  }
  const texts = operand.type === "ip" ? addresses(context, expression, literals) : literals;
  if (texts === null) return null;
  const kind = texts.some(hasWildcard) ? "glob" : "equals";
  return textTest(context, operand.node, kind, insensitive, texts);
}

function addresses(
  context: Lowering,
  expression: ast.MatchExpression,
  literals: readonly string[],
): string[] | null {
  const texts: string[] = [];
  for (const [index, literal] of literals.entries()) {
    const text = hasWildcard(literal) ? literal : parseLiteral(literal, "ip");
    if (typeof text !== "string") {
      const pattern = expression.patterns[index] ?? expression;
      report(context.scope, errors.badLiteral(placeIn(context, pattern), literal, "ip"));
      return null;
    }
    texts.push(text);
  }
  return texts;
}

function checkRegexes(
  context: Lowering,
  expression: ast.MatchExpression,
  insensitive: boolean,
): boolean {
  let isGood = true;
  for (const pattern of expression.patterns) {
    if (pattern.kind !== "literal" || pattern.value.type !== "string") continue;
    const compiled = compileRegex(pattern.value.value, insensitive);
    if (typeof compiled === "function") continue;
    isGood = false;
    report(
      context.scope,
      errors.regexProblem(placeIn(context, pattern), compiled.code, compiled.message),
    );
  }
  return isGood;
}

/** Equality; with the literal null, absence. */
export function lowerEqual(context: Lowering, left: Operand, right: Operand): NodeId | null {
  if (right.literal === null) return context.builder.absent(left.node);
  if (left.literal === null) return context.builder.absent(right.node);
  const pair = unify(context.scope, context.builder, left, right);
  if (pair === null) return null;
  if (pair.type === "keyword") {
    const [subject, text] =
      typeof left.literal === "string" ? [pair.right, left.literal] : [pair.left, right.literal];
    if (typeof text === "string") return textTest(context, subject, "equals", false, [text]);
  }
  return context.builder.compare("==", pair.left, pair.right);
}

/** A test on a text; literals are folded where case does not matter. */
export function textTest(
  context: Lowering,
  subject: NodeId,
  kind: TextTest["kind"],
  insensitive: boolean,
  literals: readonly string[],
): NodeId {
  const folds = insensitive && kind !== "regex";
  return context.builder.test(subject, {
    kind,
    insensitive,
    literals: folds ? literals.map(foldCase) : literals,
  });
}
