/** Programs and plans as text, for people and for tests. */
import type { Schema } from "../schema/schema.ts";
import type { Plan } from "./plan.ts";
import type { Node, NodeId, Program } from "./predicate.ts";

/** One node as an expression, arguments written out. */
export function printNode(program: Program, schema: Schema, id: NodeId): string {
  const at = (arg: NodeId): string => printNode(program, schema, arg);
  const node = program.nodes[id]!;
  switch (node.op) {
    case "and":
    case "or":
      return `(${node.args.map(at).join(` ${node.op} `)})`;
    case "not":
      return `not ${at(node.arg)}`;
    case "leaf":
      return at(node.value);
    case "compare":
      return `${at(node.left)} ${node.operator} ${at(node.right)}`;
    case "test":
      return `${at(node.subject)} ${printTest(node)}`;
    case "absent":
      return `${at(node.subject)} is absent`;
    case "call":
      return `${node.name}${node.insensitive ? "~" : ""}(${node.args.map(at).join(", ")})`;
    case "kleene":
      return `${node.operator}3(${node.args.map(at).join(", ")})`;
    case "filter-value":
      return `value(${at(node.filter)})`;
    case "any-element":
      return `any ${schema.field(node.list).path}[${at(node.body)}]`;
    default:
      return printAtom(schema, node);
  }
}

/** A plan, a line a part. */
export function printPlan(program: Program, schema: Schema, plan: Plan): string {
  const node = (id: NodeId): string => printNode(program, schema, id);
  if (plan.kind === "event") return `event ${node(plan.predicate)}`;
  if (plan.kind === "sample") {
    const filters = plan.filters.map((filter) => `  filter ${node(filter.predicate)}`);
    return [`sample within ${plan.windowNs} ns`, ...filters].join("\n");
  }
  const steps = plan.steps.map((step, index) => {
    const keys = step.keys.map((key) => (key.alwaysNull ? "null" : schema.field(key.field).path));
    const by = keys.length === 0 ? "" : ` by ${keys.join(", ")}`;
    const runs = step.runs === 1 ? "" : ` runs ${step.runs}`;
    const residual = step.residual === null ? "" : ` when ${node(step.residual)}`;
    return `  ${index}${step.missing ? " missing" : ""} ${node(step.predicate)}${by}${runs}${residual}`;
  });
  const span = plan.maxspanNs === null ? "" : ` within ${plan.maxspanNs} ns`;
  const until = plan.until === null ? [] : [`  until ${node(plan.until.predicate)}`];
  return [`sequence${span}`, ...steps, ...until].join("\n");
}

function printTest(node: Extract<Node, { op: "test" }>): string {
  const { kind, insensitive, literals } = node.test;
  return `${kind}${insensitive ? "~" : ""}(${literals.map((text) => JSON.stringify(text)).join(", ")})`;
}

function printAtom(schema: Schema, node: Node): string {
  switch (node.op) {
    case "const":
      return typeof node.value === "string" ? JSON.stringify(node.value) : String(node.value);
    case "field":
      return schema.field(node.field).path;
    case "element":
      return `$${schema.field(node.field).path}`;
    case "earlier":
      return `step${node.step}.${schema.field(node.field).path}`;
    case "lineage":
      return `${node.relation} of #${node.query}`;
    default:
      return node.op;
  }
}
