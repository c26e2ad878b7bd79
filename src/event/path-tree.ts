/** The paths of a layout as a tree that is walked by the bytes of keys. */
import type { Field } from "../schema/type.ts";
import type { BatchLayout } from "./layout.ts";
import { Shape } from "./line-shape.ts";
import { hashBytes, readAhead } from "./string-table.ts";

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
  readonly key: Key;
  /** The children by one key each, in the order of the layout. */
  readonly children: PathNode[];
  /** What objects at this place looked like. */
  readonly shape: Shape;
  /** Open addressing by hash of the key: children, and what dotted keys lead to; null is free. */
  slots: (Entry | null)[];
}

/** A key, or several with dots between, as bytes. */
interface Key {
  readonly text: string;
  /** Bytes, and the words of four that they fill (the last one with zeros, perhaps alone). */
  readonly length: number;
  readonly words: Int32Array;
  readonly hash: number;
}

interface Entry {
  readonly key: Key;
  readonly node: PathNode;
}

/** Builds the tree of a layout, with the places of the timestamp and of the record's kind. */
export function buildPathTree(layout: BatchLayout, timestampPath: string): PathNode {
  const root = createNode("");
  const lists: PathNode[] = [];
  for (const [index, column] of layout.columns.entries()) {
    const node = nodeAt(root, column.field.path);
    node.column = index;
    node.kind = column.kind === "records" ? placeKinds.special : kindOf(column.field);
    if (column.kind === "records") lists.push(node);
  }
  nodeAt(root, "kestrel.record").kind = placeKinds.special;
  const timestamp = nodeAt(root, timestampPath);
  timestamp.isTimestamp = true;
  if (timestamp.kind === placeKinds.none) timestamp.kind = placeKinds.date;
  // Whatever lies below a list of records is read with it.
  for (const list of lists) list.children.length = 0;
  fillSlots(root);
  return root;
}

/**
 * The place that the key `bytes[start, end)`, dotted or not, leads to, or null; a dotted key that leads
 * past a special place has none. `readAhead` bytes after the key must be readable.
 */
export function placeOf(
  node: PathNode,
  bytes: DataView,
  start: number,
  end: number,
  hash: number,
): PathNode | null {
  const { slots } = node;
  const mask = slots.length - 1;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const entry = slots[slot]!;
    if (entry === null) return null;
    const { key } = entry;
    if (key.hash === hash && key.length === end - start && isAt(key, bytes, start)) {
      return entry.node;
    }
  }
}

function isAt({ words, length }: Key, bytes: DataView, start: number): boolean {
  const last = words.length - 1;
  for (let i = 0; i < last; i += 1) {
    if (words[i] !== bytes.getInt32(start + i * 4, true)) return false;
  }
  const mask = (1 << ((length & 3) << 3)) - 1;
  return words[last] === (bytes.getInt32(start + last * 4, true) & mask);
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
  return {
    kind: placeKinds.none,
    column: -1,
    isTimestamp: false,
    visit: 0,
    key: createKey(segment),
    children: [],
    shape: new Shape(),
    slots: [null],
  };
}

function createKey(text: string): Key {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  const words = new Int32Array((length >> 2) + 1);
  new Uint8Array(words.buffer).set(bytes);
  const padded = new DataView(new ArrayBuffer(length + readAhead));
  for (let i = 0; i < length; i += 1) padded.setUint8(i, bytes[i]!);
  return { text, length, words, hash: hashBytes(padded, 0, length) };
}

function nodeAt(root: PathNode, path: string): PathNode {
  let node = root;
  for (const segment of path.split(".")) {
    let child = node.children.find(({ key }) => key.text === segment);
    if (child === undefined) {
      child = createNode(segment);
      node.children.push(child);
    }
    node = child;
  }
  return node;
}

function fillSlots(node: PathNode): void {
  for (const child of node.children) fillSlots(child);
  const entries = reachable(node);
  let size = 2;
  while (size < entries.length * 2) size *= 2;
  const slots: (Entry | null)[] = new Array(size).fill(null);
  for (const entry of entries) {
    let slot = entry.key.hash & (size - 1);
    while (slots[slot] !== null) slot = (slot + 1) & (size - 1);
    slots[slot] = entry;
  }
  node.slots = slots;
}

/** What one key, dotted or not, leads to from a place. */
function reachable(node: PathNode): Entry[] {
  return node.children.flatMap((child) => [
    { key: child.key, node: child },
    ...(child.kind === placeKinds.special
      ? []
      : reachable(child).map(({ key, node: end }) => ({
          key: createKey(`${child.key.text}.${key.text}`),
          node: end,
        }))),
  ]);
}
