/** Leaves that compare a number or boolean field with a constant, brought to one form. */

import type { Node, NodeId, Program } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";
import type { NumberKind, NumberOperator } from "./emit-compare.ts";

export type NumberLeaf =
  | {
      readonly kind: NumberKind;
      readonly field: FieldId;
      readonly operator: NumberOperator;
      readonly constant: bigint | number;
    }
  /** The comparison has the same outcome for every value. */
  | { readonly kind: "always"; readonly field: FieldId; readonly outcome: boolean };

const flipped: Readonly<Record<NumberOperator, NumberOperator>> = {
  "==": "==",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** The form of a `compare` node between a number field and a constant; null for any other. */
export function numberLeaf(program: Program, value: NodeId): NumberLeaf | null {
  const node = program.nodes[value]!;
  if (node.op !== "compare") return null;
  const left = program.nodes[node.left]!;
  const right = program.nodes[node.right]!;
  if (left.op === "field" && right.op === "const") return form(left, node.operator, right.value);
  if (right.op === "field" && left.op === "const") {
    return form(right, flipped[node.operator], left.value);
  }
  return null;
}

/** A boolean field that has the value `constant`. */
export interface BooleanLeaf {
  readonly field: FieldId;
  readonly constant: boolean;
}

/** The form of an equality between a boolean field and a constant; null for any other node. */
export function booleanLeaf(program: Program, value: NodeId): BooleanLeaf | null {
  const node = program.nodes[value]!;
  if (node.op !== "compare" || node.operator !== "==") return null;
  const sides = [program.nodes[node.left]!, program.nodes[node.right]!];
  const field = sides.find((side) => side.op === "field");
  const constant = sides.find((side) => side.op === "const")?.value;
  if (field?.type !== "boolean" || typeof constant !== "boolean") return null;
  return { field: field.field, constant };
}

function form(
  field: Extract<Node, { op: "field" }>,
  operator: NumberOperator,
  constant: unknown,
): NumberLeaf | null {
  if (typeof constant !== "number" && typeof constant !== "bigint") return null;
  if (field.type === "date") {
    return { kind: "i64", field: field.field, operator, constant: BigInt(constant) };
  }
  if (field.type === "long") return longForm(field.field, operator, constant);
  if (field.type !== "double") return null;
  if (typeof constant === "bigint" && !Number.isSafeInteger(Number(constant))) return null;
  return { kind: "f64", field: field.field, operator, constant: Number(constant) };
}

/** A long against a number that may have a fraction or lie outside 64 bits. */
function longForm(
  field: FieldId,
  operator: NumberOperator,
  constant: number | bigint,
): NumberLeaf | null {
  const isBelow = operator === "<" || operator === "<=";
  const isAbove = operator === ">" || operator === ">=";
  if (typeof constant === "number" && !Number.isInteger(constant)) {
    if (operator === "==") return { kind: "always", field, outcome: false };
    // x < 1.5 is x <= 1; x > 1.5 is x >= 2.
    const bound = BigInt(isBelow ? Math.floor(constant) : Math.ceil(constant));
    return longForm(field, isBelow ? "<=" : ">=", bound);
  }
  const whole = BigInt(constant);
  if (BigInt.asIntN(64, whole) === whole) return { kind: "i64", field, operator, constant: whole };
  return { kind: "always", field, outcome: whole > 0n ? isBelow : isAbove };
}
