/** Order and equality of values, by type. */
import { unreachable } from "../base/assert.ts";
import { compareIps } from "../base/ip.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import { compareVersions } from "../base/version.ts";
import type { Scalar, ValueType } from "./value.ts";

export type CompareOperator = "==" | "<" | "<=" | ">" | ">=";

/** How two values of the same kind compare: below 0, 0 or above 0. */
export function compareScalars(type: ValueType, left: Scalar, right: Scalar): number {
  switch (type) {
    case "keyword":
      return compareByCodePoint(String(left), String(right));
    case "version":
      return compareVersions(String(left), String(right));
    case "ip":
      return compareIps(String(left), String(right));
    default:
      // number and bigint compare exactly with each other in JavaScript.
      return left < right ? -1 : left > right ? 1 : 0;
  }
}

/** Applies an operator to two values of one type. */
export function applyOperator(
  operator: CompareOperator,
  type: ValueType,
  left: Scalar,
  right: Scalar,
): boolean {
  if (operator === "==" && typeof left === typeof right && type !== "version")
    return left === right;
  const order = compareScalars(type, left, right);
  switch (operator) {
    case "==":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return unreachable(operator);
  }
}
