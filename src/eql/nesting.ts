/** How deep a tree is, found without recursion, so that no tree can exhaust the stack. */
import type { EventQuery, Expression, Query } from "./ast.ts";

/** A node that lies more than `limit` levels below its condition, or undefined. */
export function findTooDeep(roots: readonly Expression[], limit: number): Expression | undefined {
  let level: Expression[] = [...roots];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return level[0];
    level = level.flatMap(childrenOf);
  }
  return undefined;
}

/** The conditions and arguments of a query: the roots of its expression trees. */
export function rootsOf(query: Query): Expression[] {
  return [...eventQueriesOf(query).map((event) => event.where), ...query.pipes.flatMap(argsOf)];
}

function eventQueriesOf({ base }: Query): EventQuery[] {
  if (base.kind === "event") return [base];
  const steps = base.steps.map((step) => step.query);
  return base.kind === "sequence" && base.until !== null ? [...steps, base.until.query] : steps;
}

function argsOf(pipe: { readonly args: readonly Expression[] }): readonly Expression[] {
  return pipe.args;
}

/** The expressions directly below one, in the order of the text. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "field":
    case "variable":
      return [];
    case "call":
      return expression.args;
    case "negate":
    case "not":
      return [expression.operand];
    case "arithmetic":
    case "compare":
      return [expression.left, expression.right];
    case "membership":
      return [expression.operand, ...expression.items];
    case "match":
      return [expression.operand, ...expression.patterns];
    case "logic":
      return expression.operands;
    case "lineage":
      return [expression.query.where];
  }
}
