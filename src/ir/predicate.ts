/**
 * The predicate DAG. Nodes are hash-consed: equal subexpressions of all loaded rules are one node,
 * and a node's arguments always have smaller ids, so that ascending id is a topological order.
 *
 * Two sorts of node:
 * - *value* nodes compute a `Value` for one event; null flows through them (three-valued).
 * - *filter* nodes are true or false for an event, never null.
 *
 * `leaf` is where the two meet: it is true when, for some choice of one value for each field below
 * it that holds several, its argument is `true`; null counts as false.
 */
import type { FieldId } from "../schema/type.ts";
import type { Scalar, ValueType } from "./value.ts";

/** Index into `Program.nodes`. */
export type NodeId = number & { readonly __brand: "NodeId" };

/** Index into `Program.lineage`. */
export type LineageId = number & { readonly __brand: "LineageId" };

export type Node = ValueNode | FilterNode;

export type ValueNode =
  | { readonly op: "const"; readonly type: ValueType; readonly value: Scalar | null }
  /** A field of the event at hand. */
  | { readonly op: "field"; readonly type: ValueType; readonly field: FieldId }
  /**
   * A value of the element that the enclosing `any-element` over `list` is looking at: the member
   * `field` of its record, or the element itself where `field === list`.
   */
  | {
      readonly op: "element";
      readonly type: ValueType;
      readonly list: FieldId;
      readonly field: FieldId;
    }
  /** A field of the event that an earlier step matched; only below a residual. */
  | {
      readonly op: "earlier";
      readonly type: ValueType;
      /** 0-based step. */
      readonly step: number;
      readonly field: FieldId;
    }
  /** Ordered comparison or equality of two values; null if either is null. */
  | {
      readonly op: "compare";
      readonly type: "boolean";
      readonly operator: "==" | "<" | "<=" | ">" | ">=";
      readonly left: NodeId;
      readonly right: NodeId;
    }
  /** A constant test on text; null if the text is null. */
  | {
      readonly op: "test";
      readonly type: "boolean";
      readonly subject: NodeId;
      readonly test: TextTest;
    }
  /** A function of `functions.ts`, which also holds its meaning. */
  | {
      readonly op: "call";
      readonly type: ValueType;
      readonly name: string;
      readonly insensitive: boolean;
      readonly args: readonly NodeId[];
    }
  /** Whether the argument is null for every choice of values; never null itself. */
  | { readonly op: "absent"; readonly type: "boolean"; readonly subject: NodeId }
  /** Three-valued logic inside a value context. */
  | {
      readonly op: "kleene";
      readonly type: "boolean";
      readonly operator: "and" | "or" | "not";
      readonly args: readonly NodeId[];
    }
  /** A filter used as a value (true or false). */
  | { readonly op: "filter-value"; readonly type: "boolean"; readonly filter: NodeId };

export type FilterNode =
  | { readonly op: "true" }
  | { readonly op: "false" }
  | { readonly op: "and"; readonly args: readonly NodeId[] }
  | { readonly op: "or"; readonly args: readonly NodeId[] }
  | { readonly op: "not"; readonly arg: NodeId }
  /** `value` is a boolean value node. */
  | { readonly op: "leaf"; readonly value: NodeId }
  /** Some element of a list field satisfies `body`, in which `element` nodes read that element. */
  | { readonly op: "any-element"; readonly list: FieldId; readonly body: NodeId }
  /** The event's process stands in `relation` to one that matched `Program.lineage[query]`. */
  | {
      readonly op: "lineage";
      readonly relation: "child" | "descendant" | "event";
      readonly query: LineageId;
    };

/**
 * A test of a text against constants: it holds when some literal matches. Literals are sorted and
 * unique. `insensitive` folds case (Unicode simple case folding); `glob` literals have `*` (any run)
 * and `?` (one code point); `regex` literals match the whole value; `cidr` literals are networks.
 */
export interface TextTest {
  readonly kind: "equals" | "glob" | "regex" | "prefix" | "suffix" | "contains" | "cidr";
  readonly insensitive: boolean;
  readonly literals: readonly string[];
}

/** A subquery of `descendant of [...]` and its kin. */
export interface LineageQuery {
  readonly predicate: NodeId;
  /** 0 when the predicate holds no lineage node; else 1 + the deepest one inside. */
  readonly level: number;
}

/** What a backend compiles: all predicates of all loaded rules. */
export interface Program {
  readonly nodes: readonly Node[];
  readonly lineage: readonly LineageQuery[];
  /** Filter nodes whose answer the engine asks for, ascending, unique. */
  readonly roots: readonly NodeId[];
  /** Fields that some node, key or capture reads; ascending. Members of object lists included. */
  readonly fields: readonly FieldId[];
}

/** The nodes that a node is made of. */
export function argumentsOf(node: Node): readonly NodeId[] {
  switch (node.op) {
    case "and":
    case "or":
    case "kleene":
    case "call":
      return node.args;
    case "not":
      return [node.arg];
    case "leaf":
      return [node.value];
    case "compare":
      return [node.left, node.right];
    case "test":
    case "absent":
      return [node.subject];
    case "filter-value":
      return [node.filter];
    case "any-element":
      return [node.body];
    default:
      return [];
  }
}
