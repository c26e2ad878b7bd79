/** The paths of a layout as a tree that is walked by the bytes of keys. */
import type { Field } from "../schema/type.ts";
import type { BatchLayout } from "./layout.ts";
import { hashBytes } from "./string-table.ts";

/** What a scanner does with the value at a place. */
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
export interface PathNode {
  kind: number;
  /** Index of the column in the layout, or -1. */
  column: number;
  isTimestamp: boolean;
  /** Serial number of the event that named it last: a second time in one event needs care. */
  visit: number;
  readonly key: Uint8Array;
  readonly hash: number;
  /** Open addressing by hash of the key; null is free. */
  slots: (PathNode | null)[];
}

/** Builds the tree of a layout, with the places of the timestamp and of the record's kind. */
export function buildPathTree(layout: BatchLayout, timestampPath: string): PathNode {
  const root = createNode("");
  for (const [index, column] of layout.columns.entries()) {
    const node = nodeAt(root, column.field.path);
    node.column = index;
    node.kind = column.kind === "records" ? placeKinds.special : kindOf(column.field);
    if (column.kind !== "records") continue;
    // Whatever lies below a list of records is read with it.
    node.slots = [null];
  }
  nodeAt(root, "kestrel.record").kind = placeKinds.special;
  const timestamp = nodeAt(root, timestampPath);
  timestamp.isTimestamp = true;
  if (timestamp.kind === placeKinds.none) timestamp.kind = placeKinds.date;
  return root;
}

/** The child whose key is `bytes[start, end)`, or null. */
export function childOf(
  node: PathNode,
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
): PathNode | null {
  const { slots } = node;
  const mask = slots.length - 1;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const child = slots[slot]!;
    if (child === null) return null;
    if (child.hash !== hash || child.key.length !== end - start) continue;
    let i = 0;
    while (i < child.key.length && child.key[i] === bytes[start + i]) i += 1;
    if (i === child.key.length) return child;
  }
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

function createNode(segment: string): PathNode {
  const key = new TextEncoder().encode(segment);
  return {
    kind: placeKinds.none,
    column: -1,
    isTimestamp: false,
    visit: 0,
    key,
    hash: hashBytes(key, 0, key.length),
    slots: [null],
  };
}

function nodeAt(root: PathNode, path: string): PathNode {
  let node = root;
  for (const segment of path.split(".")) {
    const child = createNode(segment);
    const known = childOf(node, child.key, 0, child.key.length, child.hash);
    if (known === null) addChild(node, child);
    node = known ?? child;
  }
  return node;
}

function addChild(node: PathNode, child: PathNode): void {
  const children = [...node.slots.filter((slot) => slot !== null), child];
  let size = 2;
  while (size < children.length * 2) size *= 2;
  const slots: (PathNode | null)[] = new Array(size).fill(null);
  for (const entry of children) {
    let slot = entry.hash & (size - 1);
    while (slots[slot] !== null) slot = (slot + 1) & (size - 1);
    slots[slot] = entry;
  }
  node.slots = slots;
}
