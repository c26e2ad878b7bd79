/** Checks a condition's names and types and lowers it to nodes, in one walk over the tree. */
import type { ProgramBuilder } from "../ir/builder.ts";
import type { LineageId, NodeId } from "../ir/predicate.ts";
import type { ValueType } from "../ir/value.ts";
import type { Field } from "../schema/type.ts";
import type * as ast from "./ast.ts";
import * as errors from "./check-errors.ts";
import { arraySearchName } from "./function-table.ts";
import { lowerCall } from "./lower-call.ts";
import { lowerEqual, lowerMatch, lowerMembership } from "./lower-text.ts";
import type { LowerTrace } from "./lower-trace.ts";
import {
  isNumeric,
  type Lowering,
  nameOf,
  type Operand,
  operandOf,
  placeIn,
  resultOf,
  unify,
} from "./operand.ts";
import {
  find,
  placeOf,
  type Resolution,
  report,
  resolveField,
  resolveVariable,
  type Scope,
} from "./scope.ts";

/** Lowers a subquery of `descendant of` and its kin to the predicate it stands for. */
export type LowerSubquery = (query: ast.EventQuery) => NodeId | null;

/** Lowers the expressions of one condition. Every method returns null after it has reported. */
export class ExpressionLowering implements Lowering {
  readonly builder: ProgramBuilder;
  readonly scope: Scope;
  readonly #subquery: LowerSubquery;
  readonly #trace: LowerTrace | null;

  /** `trace`, if there is one, is told the node of each condition. */
  constructor(
    builder: ProgramBuilder,
    scope: Scope,
    subquery: LowerSubquery,
    trace: LowerTrace | null = null,
  ) {
    this.builder = builder;
    this.scope = scope;
    this.#subquery = subquery;
    this.#trace = trace;
  }

  /** A condition as a filter node. */
  filter(expression: ast.Expression): NodeId | null {
    const node = this.#filter(expression);
    if (node !== null) this.#trace?.filters.set(expression, node);
    return node;
  }

  #filter(expression: ast.Expression): NodeId | null {
    switch (expression.kind) {
      case "logic":
        return this.#logic(expression);
      case "not":
        return this.#not(expression.operand);
      case "lineage":
        return this.#lineage(expression);
      case "compare": {
        const list = this.#listAgainstNull(expression);
        if (list !== null) return this.#listPresence(list, expression.operator === "!=");
        if (expression.operator === "!=") return this.#notEqual(expression);
        break;
      }
      case "membership":
        if (expression.negated) return this.#not({ ...expression, negated: false });
        break;
      case "call":
        if (expression.name.toLowerCase() === arraySearchName) return this.#arraySearch(expression);
        break;
      default:
        break;
    }
    const value = this.value(expression);
    if (value === null) return null;
    if (value.type !== "boolean" && value.type !== "null") {
      this.#report(errors.notBoolean(placeIn(this, expression), nameOf(value)));
      return null;
    }
    return this.builder.leaf(value.node);
  }

  /** An expression as a value node. */
  value(expression: ast.Expression): Operand | null {
    switch (expression.kind) {
      case "literal":
        return this.#literal(expression);
      case "field":
        return this.#resolved(resolveField(this.scope, expression), expression);
      case "variable":
        return this.#resolved(resolveVariable(this.scope, expression), expression);
      case "call":
        if (expression.name.toLowerCase() === arraySearchName)
          return this.#filterAsValue(expression);
        return lowerCall(this, expression);
      case "negate":
        return this.#negate(expression);
      case "arithmetic":
        return this.#arithmetic(expression);
      case "compare":
        return this.#compare(expression);
      case "membership":
        return lowerMembership(this, expression);
      case "match":
        return lowerMatch(this, expression);
      case "not":
      case "logic":
        return this.#kleene(expression);
      case "lineage":
        return this.#filterAsValue(expression);
      default:
        return expression satisfies never;
    }
  }

  #logic(expression: ast.LogicExpression): NodeId | null {
    const parts = expression.operands.map((operand) => this.filter(operand));
    const known = parts.filter((part): part is NodeId => part !== null);
    if (known.length < parts.length) return null;
    return expression.operator === "and" ? this.builder.and(known) : this.builder.or(known);
  }

  #not(operand: ast.Expression): NodeId | null {
    const arg = this.filter(operand);
    return arg === null ? null : this.builder.not(arg);
  }

  #notEqual(expression: ast.CompareExpression): NodeId | null {
    return this.#not({ ...expression, operator: "==" });
  }

  /** The list of records that is compared with null, or null. */
  #listAgainstNull({ operator, left, right }: ast.CompareExpression): Field | null {
    if (operator !== "==" && operator !== "!=") return null;
    const other = isNull(right) ? left : isNull(left) ? right : null;
    if (other?.kind !== "field") return null;
    const field = find(this.scope, other.segments.join("."));
    return field?.type === "object-list" ? field : null;
  }

  #listPresence(list: Field, isPresent: boolean): NodeId {
    const present = this.builder.anyElement(list.id, this.builder.truth(true));
    return isPresent ? present : this.builder.not(present);
  }

  #lineage(expression: ast.LineageExpression): NodeId | null {
    const predicate = this.#subquery(expression.query);
    if (predicate === null) return null;
    const query: LineageId = this.builder.lineageQuery(predicate);
    return this.builder.lineage(expression.relation, query);
  }

  #filterAsValue(expression: ast.Expression): Operand | null {
    const filter = this.filter(expression);
    if (filter === null) return null;
    return operandOf(this.builder.filterValue(filter), "boolean", expression);
  }

  #literal(expression: ast.LiteralExpression): Operand {
    const { value } = expression;
    const { span } = expression;
    const make = (type: ValueType, constant: string | number | bigint | boolean): Operand => ({
      node: this.builder.constant(type, constant),
      type,
      span,
      literal: constant,
    });
    switch (value.type) {
      case "null":
        return { node: this.builder.constant("null", null), type: "null", span, literal: null };
      case "string":
        return make("keyword", value.value);
      case "boolean":
        return make("boolean", value.value);
      case "long":
        return make("long", value.value);
      case "double":
        return make("double", value.value);
      default:
        return value satisfies never;
    }
  }

  #resolved(resolution: Resolution, expression: ast.Expression): Operand | null {
    const builder = this.builder;
    switch (resolution.kind) {
      case "error":
        return null;
      case "null":
        return {
          node: builder.constant("null", null),
          type: "null",
          span: expression.span,
          literal: null,
        };
      case "field": {
        const type = valueType(resolution.field);
        return operandOf(builder.field(type, resolution.field.id), type, expression);
      }
      case "earlier": {
        const type = valueType(resolution.field);
        const node = builder.earlier(type, resolution.step, resolution.field.id);
        return operandOf(node, type, expression);
      }
      case "element": {
        const type = valueType(resolution.field);
        const node = builder.element(type, resolution.list.id, resolution.field.id);
        return operandOf(node, type, expression);
      }
      default:
        return resolution satisfies never;
    }
  }

  #negate(expression: ast.NegateExpression): Operand | null {
    const operand = this.#numeric(expression.sign, this.value(expression.operand));
    if (operand === null) return null;
    if (expression.sign === "+") return operand;
    const node = this.builder.call(operand.type, "negate", false, [operand.node]);
    return operandOf(node, operand.type, expression);
  }

  #arithmetic(expression: ast.ArithmeticExpression): Operand | null {
    const left = this.#numeric(expression.operator, this.value(expression.left));
    const right = this.#numeric(expression.operator, this.value(expression.right));
    if (left === null || right === null) return null;
    const type = resultOf(left, right);
    const name = arithmeticNames[expression.operator];
    const node = this.builder.call(type, name, false, [left.node, right.node]);
    return operandOf(node, type, expression);
  }

  #numeric(operator: string, operand: Operand | null): Operand | null {
    if (operand === null || isNumeric(operand.type) || operand.type === "null") return operand;
    const place = placeOf(this.scope, operand.span);
    this.#report(errors.wrongOperand(place, operator, "a number", nameOf(operand)));
    return null;
  }

  #compare(expression: ast.CompareExpression): Operand | null {
    const { operator } = expression;
    const left = this.value(expression.left);
    const right = this.value(expression.right);
    if (left === null || right === null) return null;
    if (operator === "!=") {
      const equal = lowerEqual(this, left, right);
      if (equal === null) return null;
      const isTotal = left.literal === null || right.literal === null;
      const node = isTotal
        ? this.builder.filterValue(this.builder.not(this.builder.leaf(equal)))
        : this.builder.kleene("not", [equal]);
      return operandOf(node, "boolean", expression);
    }
    const node =
      operator === "==" ? lowerEqual(this, left, right) : this.#ordered(operator, left, right);
    return node === null ? null : operandOf(node, "boolean", expression);
  }

  #ordered(operator: "<" | "<=" | ">" | ">=", left: Operand, right: Operand): NodeId | null {
    const pair = unify(this.scope, this.builder, left, right);
    if (pair === null) return null;
    if (pair.type === "boolean") {
      const place = placeOf(this.scope, { start: left.span.start, end: right.span.end });
      this.#report(errors.noOrder(place, "boolean"));
      return null;
    }
    return this.builder.compare(operator, pair.left, pair.right);
  }

  #kleene(expression: ast.NotExpression | ast.LogicExpression): Operand | null {
    const operands = expression.kind === "not" ? [expression.operand] : expression.operands;
    const nodes: NodeId[] = [];
    for (const operand of operands) {
      const value = this.value(operand);
      if (value === null) return null;
      if (value.type !== "boolean" && value.type !== "null") {
        this.#report(errors.notBoolean(placeIn(this, operand), nameOf(value)));
        return null;
      }
      nodes.push(value.node);
    }
    const operator = expression.kind === "not" ? "not" : expression.operator;
    return operandOf(this.builder.kleene(operator, nodes), "boolean", expression);
  }

  #arraySearch(expression: ast.CallExpression): NodeId | null {
    const [list, variable, condition] = expression.args;
    if (
      expression.args.length !== 3 ||
      list?.kind !== "field" ||
      variable?.kind !== "variable" ||
      variable.segments.length > 0
    ) {
      const message = "`_arraysearch` takes a list field, a variable and a condition";
      this.#report(errors.badArraySearch(placeIn(this, expression), message));
      return null;
    }
    const field = find(this.scope, list.segments.join("."));
    if (field === undefined) {
      const resolution = resolveField(this.scope, list);
      return resolution.kind === "null" ? this.builder.truth(false) : null;
    }
    const variables = new Map(this.scope.variables).set(variable.name, { list: field });
    const inner = new ExpressionLowering(
      this.builder,
      { ...this.scope, variables },
      this.#subquery,
      this.#trace,
    );
    const body = inner.filter(condition!);
    return body === null ? null : this.builder.anyElement(field.id, body);
  }

  #report(diagnostic: Parameters<typeof report>[1]): void {
    report(this.scope, diagnostic);
  }
}

const arithmeticNames = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
} as const;

function isNull(expression: ast.Expression): boolean {
  return expression.kind === "literal" && expression.value.type === "null";
}

function valueType(field: Field): ValueType {
  return field.type === "object-list" ? "null" : field.type;
}
