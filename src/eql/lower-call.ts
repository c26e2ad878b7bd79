/** Checks a function call against the table and lowers it. */
import { parseCidr } from "../base/ip.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { NodeId, TextTest } from "../ir/predicate.ts";
import type { ValueType } from "../ir/value.ts";
import type * as ast from "./ast.ts";
import * as errors from "./check-errors.ts";
import {
  arityOf,
  type FunctionSignature,
  findFunction,
  functionTable,
  type Parameter,
  parameterAt,
} from "./function-table.ts";
import { textTest } from "./lower-text.ts";
import {
  isNumeric,
  isText,
  type Lowering,
  nameOf,
  type Operand,
  operandOf,
  placeIn,
  resultOf,
} from "./operand.ts";
import { placeOf, report } from "./scope.ts";

/** A call of a function of the table. */
export function lowerCall(context: Lowering, expression: ast.CallExpression): Operand | null {
  const signature = findFunction(expression.name);
  if (signature === undefined) {
    const names = functionTable.map((entry) => entry.name);
    const place = placeOf(context.scope, expression.nameSpan);
    report(
      context.scope,
      errors.unknownFunction(place, expression.name, suggest(expression.name, names)),
    );
    return null;
  }
  if (expression.insensitive && !signature.insensitive) {
    report(context.scope, errors.noInsensitiveForm(placeIn(context, expression), signature.name));
    return null;
  }
  if (!checkArity(context, expression, signature)) return null;
  const args = expression.args.map((arg, index) => argument(context, signature, arg, index));
  const known = args.filter((arg): arg is Operand => arg !== null);
  if (known.length < args.length) return null;
  return operandOf(
    callNode(context, signature, expression, known),
    resultType(signature, known),
    expression,
  );
}

function callNode(
  context: Lowering,
  signature: FunctionSignature,
  expression: ast.CallExpression,
  args: readonly Operand[],
): NodeId {
  const subject = args[0]!;
  const kind = testKinds.get(signature.name);
  if (kind !== undefined && args.some((arg) => arg.literal === null)) {
    return context.builder.constant("null", null);
  }
  const rest = args.slice(1).map((arg) => arg.literal);
  const literals = rest.filter((literal): literal is string => typeof literal === "string");
  if (kind !== undefined && literals.length === rest.length) {
    return textTest(context, subject.node, kind, expression.insensitive, literals);
  }
  return context.builder.call(
    resultType(signature, args),
    signature.name.toLowerCase(),
    expression.insensitive,
    args.map((arg) => arg.node),
  );
}

function checkArity(
  context: Lowering,
  expression: ast.CallExpression,
  signature: FunctionSignature,
): boolean {
  const { least, most } = arityOf(signature);
  const given = expression.args.length;
  if (given >= least && given <= most) return true;
  const wanted =
    most === Number.POSITIVE_INFINITY
      ? `at least ${errors.plural(least, "argument")}`
      : least === most
        ? errors.plural(least, "argument")
        : `${least} to ${errors.plural(most, "argument")}`;
  report(
    context.scope,
    errors.wrongArity(placeIn(context, expression), signature.name, wanted, given),
  );
  return false;
}

function argument(
  context: Lowering,
  signature: FunctionSignature,
  arg: ast.Expression,
  index: number,
): Operand | null {
  const operand = context.value(arg);
  if (operand === null) return null;
  const parameter = parameterAt(signature, index);
  if (accepts(parameter, operand)) {
    if (parameter.kind !== "network" || operand.literal === null) return operand;
    if (parseCidr(String(operand.literal)) !== null) return operand;
    const text = String(operand.literal);
    report(context.scope, errors.badLiteral(placeIn(context, arg), text, "network"));
    return null;
  }
  report(
    context.scope,
    errors.wrongArgument(
      placeIn(context, arg),
      signature.name,
      parameter.name,
      wantedKinds[parameter.kind],
      nameOf(operand),
    ),
  );
  return null;
}

/** Functions that are tests on a text when their other arguments are literals. */
const testKinds: ReadonlyMap<string, TextTest["kind"]> = new Map([
  ["startsWith", "prefix"],
  ["endsWith", "suffix"],
  ["stringContains", "contains"],
  ["cidrMatch", "cidr"],
]);

const wantedKinds: Readonly<Record<Parameter["kind"], string>> = {
  text: "a text",
  number: "a number",
  integer: "an integer",
  boolean: "a boolean",
  any: "a value",
  network: "a literal network such as `10.0.0.0/8`",
};

function accepts(parameter: Parameter, operand: Operand): boolean {
  if (operand.type === "null") return true;
  switch (parameter.kind) {
    case "any":
      return true;
    case "text":
      return isText(operand.type);
    case "number":
      return isNumeric(operand.type);
    case "integer":
      return operand.type === "long";
    case "boolean":
      return operand.type === "boolean";
    case "network":
      return typeof operand.literal === "string";
    default:
      return parameter.kind satisfies never;
  }
}

function resultType(signature: FunctionSignature, args: readonly Operand[]): ValueType {
  return signature.result === "numeric" ? resultOf(args[0]!, args[1]!) : signature.result;
}
