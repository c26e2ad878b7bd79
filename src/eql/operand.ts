/** A checked value expression, and how two of them are brought to one type. */
import { formatIp, parseIp } from "../base/ip.ts";
import { parseIso } from "../base/time.ts";
import type { Span } from "../diagnostic/source.ts";
import type { ProgramBuilder } from "../ir/builder.ts";
import type { NodeId } from "../ir/predicate.ts";
import type { Scalar, ValueType } from "../ir/value.ts";
import type * as ast from "./ast.ts";
import * as errors from "./check-errors.ts";
import { placeOf, report, type Scope } from "./scope.ts";

/** A value node with what checking needs to know of it. */
export interface Operand {
  readonly node: NodeId;
  readonly type: ValueType;
  readonly span: Span;
  /** Value of a literal; undefined for anything else. */
  readonly literal: Scalar | null | undefined;
}

/** What lowering one condition needs of the rest: expressions inside expressions, and the scope. */
export interface Lowering {
  readonly builder: ProgramBuilder;
  readonly scope: Scope;
  /** Lowers an expression to a value; null after it has reported. */
  value(expression: ast.Expression): Operand | null;
}

/** Two nodes of comparable types. */
export interface Pair {
  readonly left: NodeId;
  readonly right: NodeId;
  readonly type: ValueType;
}

/** An operand that is no literal. */
export function operandOf(node: NodeId, type: ValueType, expression: ast.Expression): Operand {
  return { node, type, span: expression.span, literal: undefined };
}

export function placeIn(lowering: Lowering, expression: ast.Expression): errors.Place {
  return placeOf(lowering.scope, expression.span);
}

/** The type of arithmetic on two numbers: long only where both are. */
export function resultOf(left: Operand, right: Operand): ValueType {
  const isLong = (operand: Operand): boolean => operand.type === "long" || operand.type === "null";
  return isLong(left) && isLong(right) ? "long" : "double";
}

export function isNumeric(type: ValueType): boolean {
  return type === "long" || type === "double";
}

export function isText(type: ValueType): boolean {
  return type === "keyword" || type === "ip" || type === "version";
}

/** What a type is called in messages. */
export function nameOf(operand: Operand): string {
  if (operand.literal === null) return "null";
  if (operand.type === "keyword") return operand.literal === undefined ? "a keyword" : "a text";
  const article = /^[aeiou]/.test(operand.type) ? "an" : "a";
  return `${article} ${operand.type}`;
}

/** Brings two operands to one type, or reports that they can't be compared. */
export function unify(
  scope: Scope,
  builder: ProgramBuilder,
  left: Operand,
  right: Operand,
): Pair | null {
  if (left.type === "null" || right.type === "null") {
    return {
      left: left.node,
      right: right.node,
      type: left.type === "null" ? right.type : left.type,
    };
  }
  if (left.type === right.type || (isNumeric(left.type) && isNumeric(right.type))) {
    return { left: left.node, right: right.node, type: left.type };
  }
  const converted =
    convert(scope, builder, right, left) ?? flip(convert(scope, builder, left, right));
  if (converted === "error") return null;
  if (converted !== null) return converted;
  const place = placeOf(scope, { start: left.span.start, end: right.span.end });
  report(scope, errors.incomparable(place, nameOf(left), nameOf(right)));
  return null;
}

/** `operand` read as the type of `other`; null where there is no such reading. */
function convert(
  scope: Scope,
  builder: ProgramBuilder,
  operand: Operand,
  other: Operand,
): Pair | "error" | null {
  const pair = (node: NodeId, type: ValueType): Pair => ({ left: other.node, right: node, type });
  const { literal } = operand;
  if (operand.type === "keyword" && typeof literal === "string" && isParsed(other.type)) {
    const value = parseLiteral(literal, other.type);
    if (value !== null) return pair(builder.constant(other.type, value), other.type);
    report(scope, errors.badLiteral(placeOf(scope, operand.span), literal, other.type));
    return "error";
  }
  if (isNumeric(operand.type) && literal !== undefined && other.type === "date") {
    return pair(builder.constant("date", milliseconds(literal as number | bigint)), "date");
  }
  if (operand.type === "keyword" && isNumeric(other.type) && other.literal !== undefined) {
    return pair(builder.call("double", "number", false, [operand.node]), "double");
  }
  if (operand.type === "ip" || operand.type === "version") {
    if (other.type === "keyword" && other.literal === undefined) {
      return pair(builder.call("keyword", "string", false, [operand.node]), "keyword");
    }
  }
  return null;
}

function flip(pair: Pair | "error" | null): Pair | "error" | null {
  if (pair === null || pair === "error") return pair;
  return { left: pair.right, right: pair.left, type: pair.type };
}

function isParsed(type: ValueType): boolean {
  return type === "date" || type === "ip" || type === "version";
}

/** The literal as a value of that type, or null where it is none. */
export function parseLiteral(text: string, type: ValueType): Scalar | null {
  if (type === "date") return parseIso(text);
  if (type === "version") return text;
  if (type !== "ip") return text;
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

function milliseconds(value: number | bigint): bigint {
  const whole = typeof value === "bigint" ? value : BigInt(Math.floor(value));
  const rest = typeof value === "bigint" ? 0 : value - Math.floor(value);
  return BigInt.asIntN(64, whole * 1_000_000n + BigInt(Math.round(rest * 1_000_000)));
}
