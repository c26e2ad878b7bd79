/** The conjuncts of a rule's steps, each with its place in the rule's file and the node that it became. */
import { positionOf } from "../diagnostic/source.ts";
import type * as ast from "../eql/ast.ts";
import type { LowerTrace, TracedStep } from "../eql/lower-trace.ts";
import { argumentsOf, type NodeId, type Program } from "../ir/predicate.ts";
import { mapQuerySpan } from "../rule/query-place.ts";
import type { Rule } from "../rule/rule.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";

/** A place in the rule's file: UTF-16 offsets, half open, and line and column counted from 1. */
export interface ConjunctSpan {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** What a conjunct is: of the query, or what the rule adds to each step beside it. */
export type ConjunctRole = "category" | "system" | "condition" | "exception";

/** One condition that must hold; or, below one, a part of it. */
export interface Conjunct {
  readonly role: ConjunctRole;
  /** As written. */
  readonly text: string;
  /** Null for what is written nowhere in the query. */
  readonly span: ConjunctSpan | null;
  readonly node: NodeId;
  /** Fields that it reads of the event at hand. */
  readonly fields: readonly FieldId[];
  /** Lists that it searches element by element, by path. */
  readonly lists: readonly string[];
  /** Fields of earlier steps' events: how it is written, the step and the field. */
  readonly earlier: readonly {
    readonly name: string;
    readonly step: number;
    readonly field: FieldId;
  }[];
  /** Fields that it names and the schema lacks: always null. */
  readonly unknown: readonly string[];
  /** Operands of `and`, `or` and `not`. */
  readonly operator: "and" | "or" | "not" | null;
  readonly parts: readonly Conjunct[];
}

/** What the conjuncts of one rule are made from. */
export interface ConjunctSource {
  readonly rule: Rule;
  readonly trace: LowerTrace;
  readonly program: Program;
  readonly schema: Schema;
}

/** By step or filter: its conjuncts in the order in which they are written. */
export function conjunctsOf(source: ConjunctSource): ReadonlyMap<number, readonly Conjunct[]> {
  const steps = new Map<number, readonly Conjunct[]>();
  for (const [step, traced] of source.trace.steps) steps.set(step, stepConjuncts(source, traced));
  return steps;
}

function stepConjuncts(source: ConjunctSource, step: TracedStep): readonly Conjunct[] {
  const { rule, program } = source;
  const { category, where } = step.query;
  const conjuncts: Conjunct[] = [];
  const added = (role: ConjunctRole, text: string, node: NodeId, span: Conjunct["span"]): void => {
    const shape = { operator: null, parts: [], unknown: [] } as const;
    conjuncts.push({ role, text, span, node, ...readsOf(source, node), ...shape });
  };
  if (program.nodes[step.category]?.op !== "true") {
    const span = mapQuerySpan(rule, category.span);
    added("category", `${category.name} where`, step.category, placed(rule, span));
  }
  if (program.nodes[step.systems]?.op !== "true") {
    const names = rule.osList.map((name) => `"${name}"`).join(", ");
    added("system", `host.os.type in (${names})`, step.systems, null);
  }
  const written = (expression: ast.Expression): Written => ({
    text: rule.query.slice(expression.span.start, expression.span.end),
    span: mapQuerySpan(rule, expression.span),
  });
  for (const part of splitAnd(where)) {
    conjuncts.push(conjunctOf(source, "condition", part, written, step.condition));
  }
  for (const exception of step.exceptions) {
    const { condition, reason, span } = source.rule.exceptions[exception.index]!;
    const text = `not (${condition})${reason === "" ? "" : ` [exception: ${reason}]`}`;
    added("exception", text, exception.node, placed(rule, span));
  }
  return conjuncts;
}

interface Written {
  readonly text: string;
  readonly span: { readonly start: number; readonly end: number };
}

function splitAnd(expression: ast.Expression): readonly ast.Expression[] {
  if (expression.kind !== "logic" || expression.operator !== "and") return [expression];
  return expression.operands.flatMap(splitAnd);
}

/** `fallback` is the node where the expression is none by itself. */
function conjunctOf(
  source: ConjunctSource,
  role: ConjunctRole,
  expression: ast.Expression,
  write: (expression: ast.Expression) => Written,
  fallback: NodeId,
): Conjunct {
  const node = source.trace.filters.get(expression) ?? fallback;
  const { text, span } = write(expression);
  const operands = operandsOf(expression).filter((operand) => source.trace.filters.has(operand));
  const reads = readsOf(source, node);
  const unknown = namedFields(expression).filter(
    (path) => !isRead(source, reads, path) && source.schema.find(path) === undefined,
  );
  return {
    role,
    text,
    span: placed(source.rule, span),
    node,
    ...reads,
    unknown,
    operator:
      expression.kind === "logic" ? expression.operator : operands.length > 0 ? "not" : null,
    parts: operands.map((operand) => conjunctOf(source, role, operand, write, node)),
  };
}

function operandsOf(expression: ast.Expression): readonly ast.Expression[] {
  if (expression.kind === "logic") return expression.operands;
  return expression.kind === "not" ? [expression.operand] : [];
}

function placed(rule: Rule, span: Written["span"]): ConjunctSpan {
  return { ...span, ...positionOf(rule.source.text, span.start) };
}

type Reads = Pick<Conjunct, "fields" | "lists" | "earlier">;

/** What the nodes below one read; not what the subqueries of lineage read of other events. */
function readsOf({ program, schema, trace }: ConjunctSource, root: NodeId): Reads {
  const fields = new Set<FieldId>();
  const lists = new Set<string>();
  const earlier = new Map<string, Conjunct["earlier"][number]>();
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const node = program.nodes[id]!;
    if (node.op === "field") fields.add(node.field);
    if (node.op === "any-element") lists.add(schema.field(node.list).path);
    if (node.op === "earlier") {
      const alias = trace.aliases.get(node.step) ?? `event${node.step}`;
      const name = `${alias}.${schema.field(node.field).path}`;
      earlier.set(name, { name, step: node.step, field: node.field });
    }
    for (const arg of argumentsOf(node)) visit(arg);
  };
  visit(root);
  return { fields: [...fields], lists: [...lists], earlier: [...earlier.values()] };
}

function isRead({ schema }: ConjunctSource, reads: Reads, path: string): boolean {
  return (
    reads.fields.some((field) => schema.field(field).path === path) ||
    reads.lists.includes(path) ||
    reads.earlier.some(({ name }) => name === path)
  );
}

/** Paths of the fields that an expression names, those inside subqueries of lineage left out. */
function namedFields(expression: ast.Expression): readonly string[] {
  switch (expression.kind) {
    case "field":
      return [expression.segments.join(".")];
    case "call":
      return expression.args.flatMap(namedFields);
    case "negate":
    case "not":
      return namedFields(expression.operand);
    case "arithmetic":
    case "compare":
      return [expression.left, expression.right].flatMap(namedFields);
    case "membership":
      return [expression.operand, ...expression.items].flatMap(namedFields);
    case "match":
      return [expression.operand, ...expression.patterns].flatMap(namedFields);
    case "logic":
      return expression.operands.flatMap(namedFields);
    default:
      return [];
  }
}
