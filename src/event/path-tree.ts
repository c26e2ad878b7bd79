/** The paths of a layout as a tree that is walked by keys: what a scanner looks for, and where. */
import type { Field } from "../schema/type.ts";
import type { BatchLayout } from "./layout.ts";

/** What a scanner does with the value at a place; kernels/shape.h has the same numbers. */
export const placeKinds = {
  /** No field: it may be on the way to some. */
  none: 0,
  keyword: 1,
  ip: 2,
  boolean: 3,
  long: 4,
  double: 5,
  date: 6,
  /** Left to the plain decoder. */
  special: 7,
} as const;

/** A place in the tree. */
export interface Place {
  /** One of `placeKinds`. */
  kind: number;
  /** Index of the column in the layout, or -1. */
  column: number;
  isTimestamp: boolean;
  /** Whether a null at a special place needs the plain decoder as well. */
  leavesNull: boolean;
}

/** A key, or several with dots between, that leads from one place to another; both by their index. */
export interface PathKey {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface PathTree {
  /** The first is the root. */
  readonly places: readonly Place[];
  readonly keys: readonly PathKey[];
}

interface Node extends Place {
  readonly index: number;
  readonly children: Map<string, Node>;
}

/** Builds the tree of a layout, with the places of the timestamp and of the record's kind. */
export function buildPathTree(layout: BatchLayout, timestampPath: string): PathTree {
  const nodes: Node[] = [];
  const root = addNode(nodes);
  for (const [index, column] of layout.columns.entries()) {
    const node = nodeAt(nodes, root, column.field.path);
    node.column = index;
    node.kind = column.kind === "records" ? placeKinds.special : kindOf(column.field);
    node.leavesNull = column.kind !== "records";
  }
  nodeAt(nodes, root, "kestrel.record").kind = placeKinds.special;
  const timestamp = nodeAt(nodes, root, timestampPath);
  timestamp.isTimestamp = true;
  if (timestamp.kind === placeKinds.none) timestamp.kind = placeKinds.date;
  // Whatever lies below a list of records is read with it.
  for (const [index, column] of layout.columns.entries()) {
    if (column.kind === "records") nodes.find((node) => node.column === index)!.children.clear();
  }
  return { places: nodes, keys: nodes.flatMap(keysFrom) };
}

function kindOf(field: Field): number {
  if (field.nullValue !== undefined) return placeKinds.special;
  switch (field.type) {
    case "version":
      return placeKinds.keyword;
    case "object-list":
      return placeKinds.special;
    case "date":
      return field.dateFormats === undefined ? placeKinds.date : placeKinds.special;
    default:
      return placeKinds[field.type];
  }
}

function addNode(nodes: Node[]): Node {
  const node: Node = {
    index: nodes.length,
    kind: placeKinds.none,
    column: -1,
    isTimestamp: false,
    leavesNull: false,
    children: new Map(),
  };
  nodes.push(node);
  return node;
}

function nodeAt(nodes: Node[], root: Node, path: string): Node {
  let node = root;
  for (const segment of path.split(".")) {
    let child = node.children.get(segment);
    if (child === undefined) {
      child = addNode(nodes);
      node.children.set(segment, child);
    }
    node = child;
  }
  return node;
}

/** All that one key, dotted or not, leads to from a place. */
function keysFrom(from: Node): PathKey[] {
  return reachable(from).map(([text, to]) => ({ from: from.index, to, text }));
}

function reachable(node: Node): [string, number][] {
  return [...node.children].flatMap(([segment, child]): [string, number][] => [
    [segment, child.index],
    ...(child.kind === placeKinds.special
      ? []
      : reachable(child).map(([text, to]): [string, number] => [`${segment}.${text}`, to])),
  ]);
}
