/**
 * How a query uses its fields: for those that the schema does not have, the literals that they are
 * compared with show their type (an open schema registers them; see schema/infer.ts).
 */
import type { Span } from "../diagnostic/source.ts";
import type * as ast from "./ast.ts";
import { arraySearchName, findFunction, parameterAt } from "./function-table.ts";

/** What a use says of the field's type; `any` says nothing. */
export type UseKind = "keyword" | "long" | "double" | "boolean" | "list" | "any";

export interface FieldUseSite {
  readonly path: string;
  readonly kind: UseKind;
  readonly span: Span;
}

/** Every use of a field in the query, in the order of the text. Aliases are seen through. */
export function fieldUses(query: ast.Query): FieldUseSite[] {
  const walk = new Walk();
  const { base } = query;
  if (base.kind === "event") walk.condition(base.where);
  else {
    for (const step of base.steps) if (step.alias !== null) walk.aliases.add(step.alias.name);
    const until = base.kind === "sequence" && base.until !== null ? [base.until] : [];
    for (const key of base.by) walk.use(key, "any");
    for (const step of [...base.steps, ...until]) {
      walk.condition(step.query.where);
      for (const key of step.by) walk.use(key, "any");
    }
  }
  for (const pipe of query.pipes) for (const arg of pipe.args) walk.value(arg, "any");
  return walk.sites;
}

/** The same for a condition on its own. */
export function conditionUses(condition: ast.Expression): FieldUseSite[] {
  const walk = new Walk();
  walk.condition(condition);
  return walk.sites;
}

class Walk {
  readonly sites: FieldUseSite[] = [];
  readonly aliases: Set<string> = new Set();
  /** Path of the list that a variable runs over. */
  readonly #variables: Map<string, string> = new Map();

  condition(expression: ast.Expression): void {
    this.value(expression, "boolean");
  }

  use(field: ast.FieldExpression, kind: UseKind): void {
    const [head, ...rest] = field.segments;
    const isAlias = this.aliases.has(head!) && rest.length > 0;
    const path = (isAlias ? rest : field.segments).join(".");
    this.sites.push({ path, kind, span: field.span });
  }

  value(expression: ast.Expression, wanted: UseKind): void {
    switch (expression.kind) {
      case "literal":
        return;
      case "field":
        return this.use(expression, wanted);
      case "variable":
        return this.#variable(expression, wanted);
      case "call":
        return this.#call(expression);
      case "negate":
        return this.value(expression.operand, "long");
      case "arithmetic":
        return this.#sides(expression.left, expression.right, "long");
      case "compare":
        return this.#sides(expression.left, expression.right, "any");
      case "membership":
      case "match":
        return this.#members(expression);
      case "not":
        return this.condition(expression.operand);
      case "logic":
        for (const operand of expression.operands) this.condition(operand);
        return;
      case "lineage":
        return this.condition(expression.query.where);
      default:
        return expression satisfies never;
    }
  }

  #sides(left: ast.Expression, right: ast.Expression, fallback: UseKind): void {
    this.value(left, literalKind(right) ?? fallback);
    this.value(right, literalKind(left) ?? fallback);
  }

  #members(expression: ast.MembershipExpression | ast.MatchExpression): void {
    const items = expression.kind === "match" ? expression.patterns : expression.items;
    const kinds = items.map(literalKind);
    const isText = expression.kind === "match" && expression.operator !== ":";
    const known = kinds.find((kind) => kind === "keyword") ?? kinds.find((kind) => kind !== null);
    this.value(expression.operand, isText ? "keyword" : (known ?? "any"));
    const own = literalKind(expression.operand) ?? "any";
    for (const item of items) this.value(item, own);
  }

  #call(call: ast.CallExpression): void {
    const [list, variable, condition] = call.args;
    if (call.name.toLowerCase() === arraySearchName) {
      if (list?.kind !== "field" || variable?.kind !== "variable" || condition === undefined)
        return;
      const path = list.segments.join(".");
      const before = this.sites.length;
      this.#variables.set(variable.name, path);
      this.condition(condition);
      const isRecords = this.sites.slice(before).some((site) => site.path.startsWith(`${path}.`));
      if (isRecords) this.use(list, "list");
      return;
    }
    const signature = findFunction(call.name);
    for (const [index, arg] of call.args.entries()) {
      const kind = signature === undefined ? "any" : parameterAt(signature, index).kind;
      this.value(arg, parameterUse[kind]);
    }
  }

  #variable(variable: ast.VariableExpression, wanted: UseKind): void {
    const list = this.#variables.get(variable.name);
    if (list === undefined) return;
    const path = [list, ...variable.segments].join(".");
    this.sites.push({ path, kind: wanted, span: variable.span });
  }
}

const parameterUse = {
  text: "keyword",
  number: "long",
  integer: "long",
  boolean: "boolean",
  any: "any",
  network: "any",
} as const;

function literalKind(expression: ast.Expression): UseKind | null {
  if (expression.kind !== "literal") return null;
  const { type } = expression.value;
  return type === "string" ? "keyword" : type === "null" ? "any" : type;
}
