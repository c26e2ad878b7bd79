/**
 * The values of one event for the columns of a layout, before they are written to a batch: a tree of
 * the layout's paths finds them in the event, so that what no rule asks for costs one look-up.
 */
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Field } from "../schema/type.ts";
import type { BatchLayout, ColumnLayout } from "./layout.ts";
import { isObject } from "./lookup.ts";
import { createNormaliser, type Normalise, type ScalarInput } from "./normalise.ts";
import type { StringTable } from "./string-table.ts";

/** Stored values (normalise.ts) of one field in one event or in one record of an object list. */
export interface CollectedValues {
  readonly values: (number | bigint)[];
  /** Whether values beyond the limit were left out. */
  isCut: boolean;
}

/** The records of one object list in one event. */
export interface CollectedRecords {
  /** Members' values of each record, in the order of the layout's members; reused from event to event. */
  readonly rows: CollectedValues[][];
  /** Records in use: `0 <= count <= rows.length`. */
  count: number;
  isCut: boolean;
}

/** Tells how the dates of a field count. */
export type UnitOf = (field: Field) => TimeUnit;

export class CollectedRow {
  /** By index of the layout's column; undefined for object lists. */
  readonly values: readonly (CollectedValues | undefined)[];
  /** By index of the layout's column; undefined for plain fields. */
  readonly records: readonly (CollectedRecords | undefined)[];
  /** Values of this event that did not fit their field's type. */
  mistyped = 0;
  readonly #root: PathNode;
  readonly #listValues: number;
  #strings: StringTable | null = null;
  /** The array element (or event) being read: what a list has outside arrays is one record of it. */
  #scope = 0;
  /** Scopes opened so far, by this event and those before. */
  #scopes = 0;

  constructor(layout: BatchLayout, limits: Limits, unitOf: UnitOf) {
    this.#listValues = limits.listValues;
    this.values = layout.columns.map((column) =>
      column.kind === "records" ? undefined : { values: [], isCut: false },
    );
    this.records = layout.columns.map((column) =>
      column.kind === "records" ? { rows: [], count: 0, isCut: false } : undefined,
    );
    this.#root = buildTree(layout.columns, this, unitOf);
  }

  /** Forgets the event before. */
  clear(): void {
    this.mistyped = 0;
    this.#scopes += 1;
    this.#scope = this.#scopes;
    for (const collected of this.values) if (collected !== undefined) clearValues(collected);
    for (const collected of this.records) {
      if (collected === undefined) continue;
      collected.count = 0;
      collected.isCut = false;
    }
  }

  /** Collects an event; texts go into `strings`. */
  collect(event: JsonObject, strings: StringTable): void {
    this.#strings = strings;
    this.#object(event, this.#root, null);
  }

  /** Lists that were cut in this event. */
  countCut(): number {
    let count = 0;
    for (const collected of this.values) if (collected?.isCut) count += 1;
    for (const collected of this.records) {
      if (collected === undefined) continue;
      if (collected.isCut) count += 1;
      for (let i = 0; i < collected.count; i += 1) {
        for (const member of collected.rows[i]!) if (member.isCut) count += 1;
      }
    }
    return count;
  }

  #object(object: JsonObject, node: PathNode, record: CollectedValues[] | null): void {
    for (const key of Object.keys(object)) {
      const child = node.children.get(key);
      if (child !== undefined) this.#value(object[key]!, child, record);
      else if (key.includes(".")) this.#dotted(object[key]!, key, node, record);
    }
  }

  /** `a.b.c: value` is read as `a: { b: { c: value } }`. */
  #dotted(value: JsonValue, key: string, from: PathNode, outer: CollectedValues[] | null): void {
    let node = from;
    let record = outer;
    for (let start = 0; ; ) {
      const dot = key.indexOf(".", start);
      const child = node.children.get(dot === -1 ? key.slice(start) : key.slice(start, dot));
      if (child === undefined) return;
      if (dot === -1) {
        this.#value(value, child, record);
        return;
      }
      if (child.list !== null) {
        record = this.#sharedRecord(child.list);
        if (record === null) return;
      }
      node = child;
      start = dot + 1;
    }
  }

  #value(value: JsonValue, node: PathNode, record: CollectedValues[] | null): void {
    if (typeof value !== "object") this.#scalar(value, node, record);
    else if (Array.isArray(value)) this.#array(value, node, record);
    else if (value !== null) this.#nested(value, node, record, false);
    else if (node.leaf?.nullValue !== undefined) this.#scalar(node.leaf.nullValue, node, record);
  }

  /** Lists in lists are one list; each object in it is an object of its own. */
  #array(items: readonly JsonValue[], node: PathNode, record: CollectedValues[] | null): void {
    for (const item of items) {
      if (!isObject(item)) {
        this.#value(item, node, record);
        continue;
      }
      const outer = this.#scope;
      this.#scopes += 1;
      this.#scope = this.#scopes;
      this.#nested(item, node, record, true);
      this.#scope = outer;
    }
  }

  #nested(
    object: JsonObject,
    node: PathNode,
    outer: CollectedValues[] | null,
    inArray: boolean,
  ): void {
    let record = outer;
    if (node.list !== null) {
      record = inArray ? newRecord(node.list, this.#listValues) : this.#sharedRecord(node.list);
      if (record === null) return;
    } else if (node.leaf !== null && node.children.size === 0) this.mistyped += 1;
    this.#object(object, node, record);
  }

  /**
   * The record of a list that is given without an array: `{"a": {"b": 1}, "a.c": 2}` is one record of
   * list `a`. Null if the list is full.
   */
  #sharedRecord(list: ListTarget): CollectedValues[] | null {
    if (list.sharedScope !== this.#scope) {
      list.shared = newRecord(list, this.#listValues);
      list.sharedScope = this.#scope;
    }
    return list.shared;
  }

  #scalar(value: ScalarInput, node: PathNode, record: CollectedValues[] | null): void {
    const { leaf } = node;
    if (leaf === null) {
      if (node.list !== null) this.mistyped += 1;
      return;
    }
    const stored = leaf.normalise(value, this.#strings!);
    if (stored === null) {
      this.mistyped += 1;
      return;
    }
    const into = leaf.plain ?? record![leaf.member]!;
    if (into.values.length < this.#listValues) into.values.push(stored);
    else into.isCut = true;
  }
}

/** A place in the tree of paths; it may hold a field and be on the way to others. */
interface PathNode {
  readonly children: Map<string, PathNode>;
  leaf: LeafTarget | null;
  list: ListTarget | null;
}

interface LeafTarget {
  readonly normalise: Normalise;
  readonly nullValue: string | undefined;
  /** Where values go; null for the member of an object list. */
  readonly plain: CollectedValues | null;
  /** Index among the list's members. */
  readonly member: number;
}

interface ListTarget {
  readonly collected: CollectedRecords;
  readonly memberCount: number;
  shared: CollectedValues[] | null;
  sharedScope: number;
}

function buildTree(columns: readonly ColumnLayout[], row: CollectedRow, unitOf: UnitOf): PathNode {
  const root: PathNode = { children: new Map(), leaf: null, list: null };
  const leaf = (field: Field, plain: CollectedValues | null, member: number): void => {
    const normalise = createNormaliser(field, unitOf(field));
    nodeAt(root, field.path).leaf = { normalise, nullValue: field.nullValue, plain, member };
  };
  for (const [index, column] of columns.entries()) {
    if (column.kind !== "records") {
      leaf(column.field, row.values[index]!, 0);
      continue;
    }
    const collected = row.records[index]!;
    const memberCount = column.members.length;
    nodeAt(root, column.field.path).list = { collected, memberCount, shared: null, sharedScope: 0 };
    for (const [member, { field }] of column.members.entries()) leaf(field, null, member);
  }
  return root;
}

function nodeAt(root: PathNode, path: string): PathNode {
  let node = root;
  for (const segment of path.split(".")) {
    let child = node.children.get(segment);
    if (child === undefined) {
      child = { children: new Map(), leaf: null, list: null };
      node.children.set(segment, child);
    }
    node = child;
  }
  return node;
}

/** The next record of a list, empty; null if it would be one too many. */
function newRecord(list: ListTarget, limit: number): CollectedValues[] | null {
  const { collected } = list;
  if (collected.count >= limit) {
    collected.isCut = true;
    return null;
  }
  let record = collected.rows[collected.count];
  if (record === undefined) {
    record = Array.from({ length: list.memberCount }, () => ({ values: [], isCut: false }));
    collected.rows.push(record);
  } else for (const values of record) clearValues(values);
  collected.count += 1;
  return record;
}

function clearValues(collected: CollectedValues): void {
  if (collected.values.length > 0) collected.values.length = 0;
  collected.isCut = false;
}
