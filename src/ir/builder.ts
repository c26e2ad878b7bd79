/** Builds the predicate DAG: equal nodes are made once, constants are folded on the way. */
import { assert } from "../base/assert.ts";
import type { FieldId } from "../schema/type.ts";
import { applyOperator } from "./compare.ts";
import { functionMeanings } from "./functions.ts";
import {
  argumentsOf,
  type LineageId,
  type LineageQuery,
  type Node,
  type NodeId,
  type Program,
  type TextTest,
} from "./predicate.ts";
import { compileTest } from "./text-test.ts";
import type { Scalar, Value, ValueType } from "./value.ts";

type Operator = "==" | "<" | "<=" | ">" | ">=";

/** Collects the predicates of many rules; `build` may be called once at the end. */
export class ProgramBuilder {
  readonly #nodes: Node[] = [];
  readonly #byKey: Map<string, NodeId> = new Map();
  readonly #lineage: LineageQuery[] = [];
  readonly #roots: Set<NodeId> = new Set();
  readonly #extraFields: Set<FieldId> = new Set();

  node(id: NodeId): Node {
    return this.#nodes[id]!;
  }

  constant(type: ValueType, value: Value): NodeId {
    return this.#add({ op: "const", type: value === null ? "null" : type, value });
  }

  field(type: ValueType, field: FieldId): NodeId {
    return this.#add({ op: "field", type, field });
  }

  element(type: ValueType, list: FieldId, field: FieldId): NodeId {
    return this.#add({ op: "element", type, list, field });
  }

  earlier(type: ValueType, step: number, field: FieldId): NodeId {
    return this.#add({ op: "earlier", type, step, field });
  }

  /** Both sides must already be of comparable types. */
  compare(operator: Operator, left: NodeId, right: NodeId): NodeId {
    const a = this.#constantOf(left);
    const b = this.#constantOf(right);
    if (a === null || b === null) return this.constant("null", null);
    if (a !== undefined && b !== undefined) {
      const value = applyOperator(operator, this.typeOf(left), a, b);
      return this.constant("boolean", value);
    }
    return this.#add({ op: "compare", type: "boolean", operator, left, right });
  }

  test(subject: NodeId, test: TextTest): NodeId {
    const literals = [...new Set(test.literals)].sort();
    const sorted: TextTest = { ...test, literals };
    const value = this.#constantOf(subject);
    if (value === null) return this.constant("null", null);
    if (value !== undefined) return this.constant("boolean", compileTest(sorted)(String(value)));
    return this.#add({ op: "test", type: "boolean", subject, test: sorted });
  }

  call(type: ValueType, name: string, insensitive: boolean, args: readonly NodeId[]): NodeId {
    const meaning = functionMeanings.get(name);
    assert(meaning !== undefined, `no function ${name}`);
    const values = args.map((arg) => this.#constantOf(arg));
    if (values.every((value): value is Value => value !== undefined)) {
      const argTypes = args.map((arg) => this.typeOf(arg));
      const value = meaning(values, { type, insensitive, argTypes });
      return this.constant(typeof value === "number" && type === "double" ? "double" : type, value);
    }
    return this.#add({ op: "call", type, name, insensitive, args: [...args] });
  }

  absent(subject: NodeId): NodeId {
    const value = this.#constantOf(subject);
    if (value !== undefined) return this.constant("boolean", value === null);
    return this.#add({ op: "absent", type: "boolean", subject });
  }

  kleene(operator: "and" | "or" | "not", args: readonly NodeId[]): NodeId {
    return this.#add({ op: "kleene", type: "boolean", operator, args: [...args] });
  }

  filterValue(filter: NodeId): NodeId {
    const op = this.node(filter).op;
    if (op === "true" || op === "false") return this.constant("boolean", op === "true");
    return this.#add({ op: "filter-value", type: "boolean", filter });
  }

  truth(value: boolean): NodeId {
    return this.#add({ op: value ? "true" : "false" });
  }

  leaf(value: NodeId): NodeId {
    const constant = this.#constantOf(value);
    if (constant !== undefined) return this.truth(constant === true);
    const node = this.node(value);
    if (node.op === "filter-value") return node.filter;
    // Some choice makes one of them true if one of them is true for some choice.
    if (node.op === "kleene" && node.operator === "or") {
      return this.or(node.args.map((arg) => this.leaf(arg)));
    }
    return this.#add({ op: "leaf", value });
  }

  not(arg: NodeId): NodeId {
    const node = this.node(arg);
    if (node.op === "true" || node.op === "false") return this.truth(node.op === "false");
    if (node.op === "not") return node.arg;
    return this.#add({ op: "not", arg });
  }

  and(args: readonly NodeId[]): NodeId {
    return this.#logic("and", args);
  }

  or(args: readonly NodeId[]): NodeId {
    return this.#logic("or", args);
  }

  anyElement(list: FieldId, body: NodeId): NodeId {
    if (this.node(body).op === "false") return body;
    return this.#add({ op: "any-element", list, body });
  }

  lineage(relation: "child" | "descendant" | "event", query: LineageId): NodeId {
    return this.#add({ op: "lineage", relation, query });
  }

  /** Registers a subquery; equal predicates share one. */
  lineageQuery(predicate: NodeId): LineageId {
    const known = this.#lineage.findIndex((query) => query.predicate === predicate);
    if (known !== -1) return known as LineageId;
    this.root(predicate);
    this.#lineage.push({ predicate, level: this.#levelOf(predicate) });
    return (this.#lineage.length - 1) as LineageId;
  }

  /** Marks a filter node as one whose answer the engine asks for. */
  root(filter: NodeId): NodeId {
    this.#roots.add(filter);
    return filter;
  }

  /** Marks a field that is read beside the predicates (keys, captures, suppression). */
  read(field: FieldId): void {
    this.#extraFields.add(field);
  }

  build(): Program {
    const fields = new Set(this.#extraFields);
    for (const node of this.#nodes) {
      if (node.op === "field") fields.add(node.field);
      if (node.op === "element") fields.add(node.field).add(node.list);
      if (node.op === "any-element") fields.add(node.list);
    }
    return {
      nodes: this.#nodes,
      lineage: this.#lineage,
      roots: [...this.#roots].sort((a, b) => a - b),
      fields: [...fields].sort((a, b) => a - b),
    };
  }

  typeOf(id: NodeId): ValueType {
    const node = this.node(id);
    return "type" in node ? node.type : "boolean";
  }

  /** The value of a constant node; undefined for any other. */
  #constantOf(id: NodeId): Scalar | null | undefined {
    const node = this.node(id);
    return node.op === "const" ? node.value : undefined;
  }

  #logic(op: "and" | "or", args: readonly NodeId[]): NodeId {
    const neutral = op === "and" ? "true" : "false";
    const deciding = op === "and" ? "false" : "true";
    const flat: NodeId[] = [];
    for (const arg of args) {
      const node = this.node(arg);
      if (node.op === deciding) return arg;
      if (node.op === neutral) continue;
      const parts = node.op === op ? node.args : [arg];
      for (const part of parts) if (!flat.includes(part)) flat.push(part);
    }
    if (flat.length === 0) return this.truth(op === "and");
    if (flat.length === 1) return flat[0]!;
    return this.#add({ op, args: flat });
  }

  #levelOf(predicate: NodeId): number {
    let level = 0;
    const seen = new Set<NodeId>();
    const visit = (id: NodeId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const node = this.node(id);
      if (node.op === "lineage") level = Math.max(level, 1 + this.#lineage[node.query]!.level);
      for (const arg of argumentsOf(node)) visit(arg);
    };
    visit(predicate);
    return level;
  }

  #add(node: Node): NodeId {
    const key = keyOf(node);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = this.#nodes.length as NodeId;
    this.#nodes.push(node);
    this.#byKey.set(key, id);
    return id;
  }
}

/** A text that only equal nodes have. */
function keyOf(node: Node): string {
  switch (node.op) {
    case "const":
      return `const ${node.type} ${typeof node.value} ${node.value}`;
    case "field":
      return `field ${node.type} ${node.field}`;
    case "element":
      return `element ${node.type} ${node.list} ${node.field}`;
    case "earlier":
      return `earlier ${node.type} ${node.step} ${node.field}`;
    case "compare":
      return `compare ${node.operator} ${node.left} ${node.right}`;
    case "test": {
      const { kind, insensitive, literals } = node.test;
      return `test ${node.subject} ${kind} ${insensitive} ${JSON.stringify(literals)}`;
    }
    case "call":
      return `call ${node.type} ${node.name} ${node.insensitive} ${node.args.join()}`;
    case "absent":
      return `absent ${node.subject}`;
    case "kleene":
      return `kleene ${node.operator} ${node.args.join()}`;
    case "filter-value":
      return `filter-value ${node.filter}`;
    case "true":
    case "false":
      return node.op;
    case "and":
    case "or":
      return `${node.op} ${node.args.join()}`;
    case "not":
      return `not ${node.arg}`;
    case "leaf":
      return `leaf ${node.value}`;
    case "any-element":
      return `any-element ${node.list} ${node.body}`;
    case "lineage":
      return `lineage ${node.relation} ${node.query}`;
  }
}
