/**
 * Prints a tree as EQL in one canonical form on one line; what is printed parses to the same tree
 * (spans aside). Parentheses appear only where precedence needs them.
 */
import { unreachable } from "../base/assert.ts";
import type {
  CallExpression,
  Category,
  EventQuery,
  Expression,
  FieldExpression,
  JoinKey,
  Literal,
  MatchExpression,
  MembershipExpression,
  Query,
  Step,
} from "./ast.ts";
import { isPlainName } from "./tokens.ts";

/** How tightly an expression binds; an operand that binds less tightly needs parentheses. */
const binding = { or: 0, and: 1, not: 2, compare: 3, predicate: 4, sum: 5, product: 6, sign: 7 };

export function printQuery(query: Query): string {
  const pipes = query.pipes.map(({ name, args }) =>
    args.length === 0 ? ` | ${name}` : ` | ${name} ${printList(args)}`,
  );
  return printBase(query.base) + pipes.join("");
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return printLiteral(expression.value);
    case "field":
      return printField(expression);
    case "variable":
      return [`$${expression.name}`, ...expression.segments.map(printName)].join(".");
    case "call":
      return printCall(expression);
    case "negate":
      return expression.sign + printSigned(expression.operand);
    case "arithmetic": {
      const level = levelOf(expression);
      const left = printOperand(expression.left, level);
      return `${left} ${expression.operator} ${printOperand(expression.right, level + 1)}`;
    }
    case "compare": {
      const left = printOperand(expression.left, binding.sum);
      return `${left} ${expression.operator} ${printOperand(expression.right, binding.sum)}`;
    }
    case "membership":
      return printMembership(expression);
    case "match":
      return printMatch(expression);
    case "not":
      return `not ${printOperand(expression.operand, binding.not)}`;
    case "logic": {
      const level = levelOf(expression) + 1;
      const operands = expression.operands.map((operand) => printOperand(operand, level));
      return operands.join(` ${expression.operator} `);
    }
    case "lineage":
      return `${expression.relation} of [${printEvent(expression.query)}]`;
  }
}

function printBase(base: Query["base"]): string {
  if (base.kind === "event") return printEvent(base);
  const parts: string[] = [base.kind];
  if (base.by.length > 0) parts.push(printKeys(base.by));
  if (base.maxspan !== null) parts.push(`with maxspan=${base.maxspan.value}${base.maxspan.unit}`);
  parts.push(...base.steps.map(printStep));
  if (base.kind === "sequence" && base.until !== null) parts.push("until", printStep(base.until));
  return parts.join(" ");
}

function printEvent(event: EventQuery): string {
  return `${printCategory(event.category)} where ${printExpression(event.where)}`;
}

function printCategory({ name, quoted }: Category): string {
  return quoted ? printQuoted(name) : name;
}

function printStep(step: Step): string {
  const parts = [`${step.missing ? "!" : ""}[${printEvent(step.query)}]`];
  if (step.by.length > 0) parts.push(printKeys(step.by));
  if (step.runs !== null) parts.push(`with runs=${step.runs.count}`);
  if (step.alias !== null) parts.push(`as ${step.alias.name}`);
  return parts.join(" ");
}

function printKeys(keys: readonly JoinKey[]): string {
  return `by ${keys.map(printField).join(", ")}`;
}

function printField(field: FieldExpression): string {
  return (field.optional ? "?" : "") + field.segments.map(printName).join(".");
}

function printName(name: string): string {
  return isPlainName(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function printCall({ name, insensitive, args }: CallExpression): string {
  return `${name}${insensitive ? "~" : ""}(${printList(args)})`;
}

function printMembership(expression: MembershipExpression): string {
  const { operand, items, negated, insensitive } = expression;
  const operator = `${negated ? "not " : ""}in${insensitive ? "~" : ""}`;
  return `${printOperand(operand, binding.sum)} ${operator} (${printList(items)})`;
}

function printMatch({ operand, operator, patterns, list }: MatchExpression): string {
  const left = `${printOperand(operand, binding.sum)} ${operator}`;
  if (list) return `${left} (${printList(patterns)})`;
  return `${left} ${patterns.map((pattern) => printOperand(pattern, binding.sum)).join(", ")}`;
}

function printList(items: readonly Expression[]): string {
  return items.map(printExpression).join(", ");
}

/** A number behind a sign would take the sign into itself without parentheses. */
function printSigned(operand: Expression): string {
  const isNumber =
    operand.kind === "literal" &&
    (operand.value.type === "long" || operand.value.type === "double");
  return isNumber ? `(${printExpression(operand)})` : printOperand(operand, binding.sign);
}

function printOperand(expression: Expression, level: number): string {
  const printed = printExpression(expression);
  return levelOf(expression) < level ? `(${printed})` : printed;
}

function levelOf(expression: Expression): number {
  switch (expression.kind) {
    case "logic":
      return binding[expression.operator];
    case "not":
      return binding.not;
    case "compare":
      return binding.compare;
    case "membership":
    case "match":
      return binding.predicate;
    case "arithmetic":
      return "+-".includes(expression.operator) ? binding.sum : binding.product;
    case "literal":
    case "field":
    case "variable":
    case "call":
    case "negate":
    case "lineage":
      return binding.sign;
  }
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case "null":
      return "null";
    case "boolean":
    case "long":
      return String(literal.value);
    case "double":
      return printDouble(literal.value);
    case "string":
      return literal.raw && isRawText(literal.value)
        ? `"""${literal.value}"""`
        : printQuoted(literal.value);
    default:
      return unreachable(literal);
  }
}

/** With a fraction or an exponent, so that it is not read as an integer. */
function printDouble(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

/** Three quotes or a line break can't stand inside a raw string. */
function isRawText(text: string): boolean {
  return !/"""|[\r\n]/.test(text);
}

const escapes: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

function printQuoted(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16).padStart(2, "0");
    return escapes[character] ?? `\\u{${code}}`;
  });
  return `"${escaped}"`;
}
