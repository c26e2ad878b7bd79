/** Static cost of predicates: an upper bound for one event, in units of one comparison. */
import type { Plan } from "./plan.ts";
import { argumentsOf, type Node, type NodeId, type Program, type TextTest } from "./predicate.ts";

const testCosts: Readonly<Record<TextTest["kind"], number>> = {
  equals: 1,
  prefix: 2,
  suffix: 2,
  contains: 4,
  glob: 6,
  cidr: 8,
  regex: 40,
};

/** Cost of a plan's predicates; shared nodes count once. */
export function costOf(program: Program, plan: Plan): number {
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): number => {
    if (seen.has(id)) return 0;
    seen.add(id);
    const node = program.nodes[id]!;
    return argumentsOf(node).reduce((sum, arg) => sum + visit(arg), ownCost(node));
  };
  return predicatesOf(plan).reduce((sum, id) => sum + visit(id), 0);
}

/** All predicates of a plan, residuals included. */
export function predicatesOf(plan: Plan): NodeId[] {
  switch (plan.kind) {
    case "event":
      return [plan.predicate];
    case "sample":
      return plan.filters.map((filter) => filter.predicate);
    case "sequence":
      return [
        ...plan.steps.map((step) => step.predicate),
        ...plan.steps.flatMap((step) => (step.residual === null ? [] : [step.residual])),
        ...(plan.until === null ? [] : [plan.until.predicate]),
      ];
    default:
      return plan satisfies never;
  }
}

function ownCost(node: Node): number {
  switch (node.op) {
    case "test":
      return (
        testCosts[node.test.kind] * (node.test.kind === "equals" ? 1 : node.test.literals.length)
      );
    case "call":
      return 4;
    case "compare":
    case "absent":
      return 1;
    case "lineage":
      return 2;
    case "any-element":
      return 8;
    default:
      return 0;
  }
}
