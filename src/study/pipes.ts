/**
 * The pipes of an ad hoc query, over its results in order. A key is a field of the result's first
 * event; values are compared exactly, numbers before texts, missing values last.
 *
 * `head N`, `tail N` (50 when not given), `sort k...`, `unique k...` (the first of each),
 * `unique_count k...` (the first of each, with count and percent), `count [k...]` (ascending by count,
 * then key), `filter condition`.
 */
import { compareByCodePoint } from "../base/text-order.ts";
import type { Expression, Pipe } from "../eql/ast.ts";
import { itemValues, type QueryItem } from "./item.ts";

/** Decides a `filter` pipe for the first event of an item. */
export type FilterItem = (pipe: Pipe, item: QueryItem) => boolean;

/** How many `head` and `tail` keep when they do not say. */
const defaultCount = 50;

/** Runs all pipes in order. */
export function runPipes(
  items: readonly QueryItem[],
  pipes: readonly Pipe[],
  filter: FilterItem,
): QueryItem[] {
  let current = [...items];
  for (const pipe of pipes) current = runPipe(current, pipe, filter);
  return current;
}

/** Paths of the fields that a pipe's keys name. */
export function keyPaths(pipe: Pipe): string[] {
  return pipe.args.flatMap((arg) => (arg.kind === "field" ? [arg.segments.join(".")] : []));
}

/** The first argument that this pipe can't take, or null. */
export function badArgument(pipe: Pipe): Expression | "missing" | null {
  switch (pipe.name) {
    case "head":
    case "tail":
      return pipe.args.length > 1
        ? pipe.args[1]!
        : (pipe.args.find((arg) => !isCount(arg)) ?? null);
    case "filter":
      return pipe.args.length === 0 ? "missing" : (pipe.args[1] ?? null);
    case "count":
      return pipe.args.find((arg) => arg.kind !== "field") ?? null;
    default:
      if (pipe.args.length === 0) return "missing";
      return pipe.args.find((arg) => arg.kind !== "field") ?? null;
  }
}

function runPipe(items: QueryItem[], pipe: Pipe, filter: FilterItem): QueryItem[] {
  switch (pipe.name) {
    case "head":
      return items.slice(0, countOf(pipe));
    case "tail":
      return items.slice(Math.max(0, items.length - countOf(pipe)));
    case "sort":
      return sortItems(items, keyPaths(pipe));
    case "unique":
      return groups(items, keyPaths(pipe)).map((group) => group.items[0]!);
    case "unique_count":
      return groups(items, keyPaths(pipe)).map((group) => ({
        ...group.items[0]!,
        summary: { count: group.items.length, percent: group.items.length / items.length },
      }));
    case "count":
      return count(items, keyPaths(pipe));
    case "filter":
      return items.filter((item) => filter(pipe, item));
    default:
      return pipe.name satisfies never;
  }
}

function isCount(arg: Expression): boolean {
  return arg.kind === "literal" && arg.value.type === "long" && Number(arg.value.value) >= 0;
}

function countOf(pipe: Pipe): number {
  const arg = pipe.args[0];
  if (arg?.kind !== "literal" || arg.value.type !== "long") return defaultCount;
  return Number(arg.value.value);
}

interface Group {
  readonly key: readonly unknown[];
  readonly items: QueryItem[];
}

/** Items by key, in the order of first sight. */
function groups(items: readonly QueryItem[], paths: readonly string[]): Group[] {
  const found = new Map<string, Group>();
  for (const item of items) {
    const key = paths.map((path) => itemValues(item, path)[0] ?? null);
    const text = JSON.stringify(key.map((value) => [typeof value, String(value)]));
    const group = found.get(text) ?? { key, items: [] };
    group.items.push(item);
    found.set(text, group);
  }
  return [...found.values()];
}

function count(items: readonly QueryItem[], paths: readonly string[]): QueryItem[] {
  if (paths.length === 0) return [{ events: [], keys: [], summary: { count: items.length } }];
  return groups(items, paths)
    .sort((a, b) => a.items.length - b.items.length || compareKeys(a.key, b.key))
    .map((group) => ({
      events: [],
      keys: [],
      summary: {
        count: group.items.length,
        percent: group.items.length / items.length,
        key: group.key.length === 1 ? group.key[0] : group.key,
      },
    }));
}

function sortItems(items: readonly QueryItem[], paths: readonly string[]): QueryItem[] {
  return items
    .map((item) => ({ item, key: paths.map((path) => itemValues(item, path)[0] ?? null) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ item }) => item);
}

function compareKeys(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, value] of a.entries()) {
    const order = compareValues(value, b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareByCodePoint(String(a), String(b));
}

function rankOf(value: unknown): number {
  if (value === null || value === undefined) return 3;
  return typeof value === "number" ? 0 : typeof value === "boolean" ? 1 : 2;
}
