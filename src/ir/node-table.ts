/** A program's nodes as columns of numbers, so that walking all of them touches no object. */
import { argumentsOf, type Node, type NodeId, type Program } from "./predicate.ts";

/** What a node is, as far as walks tell nodes apart. */
export const nodeKinds = {
  other: 0,
  true: 1,
  false: 2,
  not: 3,
  and: 4,
  or: 5,
  leaf: 6,
  lineage: 7,
  test: 8,
  compare: 9,
} as const;

/** Arguments of a node have smaller ids, so walking up by id meets arguments first, walking down last. */
export interface NodeTable {
  /** By node: one of `nodeKinds`. */
  readonly kinds: Uint8Array;
  /** The arguments of node `id` are `args[starts[id]..starts[id + 1])`. */
  readonly starts: Int32Array;
  readonly args: Int32Array;
}

const tables = new WeakMap<Program, NodeTable>();

/** The table of a program, which is made once. */
export function nodeTable(program: Program): NodeTable {
  let table = tables.get(program);
  if (table === undefined) {
    table = createTable(program.nodes);
    tables.set(program, table);
  }
  return table;
}

/** By node: 1 where it is one of `from`, or reached from one by way of nodes that `passes` lets through. */
export function reachedFrom(
  { kinds, starts, args }: NodeTable,
  from: Iterable<NodeId>,
  passes: (kind: number) => boolean = () => true,
): Uint8Array {
  const reached = new Uint8Array(kinds.length);
  for (const id of from) reached[id] = 1;
  for (let id = kinds.length - 1; id >= 0; id -= 1) {
    if (reached[id] === 0 || !passes(kinds[id]!)) continue;
    for (let at = starts[id]!; at < starts[id + 1]!; at += 1) reached[args[at]!] = 1;
  }
  return reached;
}

/** Whether a node of that kind is true or false by its arguments alone. */
export function isLogic(kind: number): boolean {
  return kind >= nodeKinds.not && kind <= nodeKinds.or;
}

function createTable(nodes: readonly Node[]): NodeTable {
  const kinds = new Uint8Array(nodes.length);
  const starts = new Int32Array(nodes.length + 1);
  let args = new Int32Array(nodes.length * 2);
  let count = 0;
  for (let id = 0; id < nodes.length; id += 1) {
    const node = nodes[id]!;
    kinds[id] = kindOf(node);
    const below = argumentsOf(node);
    if (count + below.length > args.length) {
      const grown = new Int32Array((count + below.length) * 2);
      grown.set(args);
      args = grown;
    }
    for (let i = 0; i < below.length; i += 1) args[count + i] = below[i]!;
    count += below.length;
    starts[id + 1] = count;
  }
  return { kinds, starts, args };
}

function kindOf({ op }: Node): number {
  switch (op) {
    case "true":
    case "false":
    case "not":
    case "and":
    case "or":
    case "leaf":
    case "lineage":
    case "test":
    case "compare":
      return nodeKinds[op];
    default:
      return nodeKinds.other;
  }
}
