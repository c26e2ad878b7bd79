/**
 * Covers: for a predicate, a set of atoms of which at least one must hold where the predicate does.
 * A rule is only looked at for rows on which an atom of its cover holds.
 */
import { hasWildcard } from "../../ir/glob.ts";
import type { NodeId, Program, TextTest } from "../../ir/predicate.ts";
import type { Schema } from "../../schema/schema.ts";
import { type AtomPlace, atomOf, type ProgramTests } from "./field-tests.ts";

export interface Cover {
  readonly atoms: readonly AtomPlace[];
  /** Estimated share of events on which some atom holds; only compared with others. */
  readonly weight: number;
}

/** Fields of few values: their tests sort events into classes (row-classes.ts) and cover nothing. */
export const classFields: ReadonlySet<string> = new Set([
  "data_stream.dataset",
  "data_stream.namespace",
  "event.action",
  "event.category",
  "event.dataset",
  "event.kind",
  "event.module",
  "event.outcome",
  "event.provider",
  "event.type",
  "host.os.type",
]);

/** Share of events that one value of a field is expected on, where it is much more than usual. */
const commonness: readonly (readonly [RegExp, number])[] = [
  [/(^|\.)(user|group|real_user|real_group|saved_user)\.id$/, 0.3],
  [/(^|\.)user\.(name|domain)$/, 0.2],
  [/^host\./, 0.5],
  [/^network\./, 0.3],
  [/^event\./, 0.2],
  [/code_signature\.(status|subject_name)$/, 0.1],
  [/\.extension$/, 0.02],
  [/^process\.parent\.(name|executable)$/, 0.004],
];

const usual = 0.002;

/** Finds the lightest cover of every root that has one. */
export function findCovers(
  program: Program,
  schema: Schema,
  tests: ProgramTests,
): Map<NodeId, Cover> {
  const known = new Map<NodeId, Cover | null>();
  const cover = (id: NodeId): Cover | null => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const computed = compute(id);
    known.set(id, computed);
    return computed;
  };
  const compute = (id: NodeId): Cover | null => {
    const node = program.nodes[id]!;
    switch (node.op) {
      case "leaf":
        return atomCover(id);
      case "and":
        return lightest(node.args.map(cover));
      case "or":
        return union(node.args.map(cover));
      default:
        return null;
    }
  };
  const atomCover = (id: NodeId): Cover | null => {
    const place = atomOf(program, tests, id);
    if (place === null) return null;
    const { field, tests: all } = tests.fields[place.slot]!;
    const { path } = schema.field(field);
    if (classFields.has(path)) return null;
    return { atoms: [place], weight: weightOf(path, all[place.atom]!) };
  };
  const covers = new Map<NodeId, Cover>();
  for (const root of program.roots) {
    const found = cover(root);
    if (found !== null) covers.set(root, found);
  }
  return covers;
}

function lightest(covers: readonly (Cover | null)[]): Cover | null {
  let best: Cover | null = null;
  for (const cover of covers) {
    if (cover !== null && (best === null || cover.weight < best.weight)) best = cover;
  }
  return best;
}

function union(covers: readonly (Cover | null)[]): Cover | null {
  const known = covers.filter((cover): cover is Cover => cover !== null);
  if (known.length < covers.length) return null;
  return {
    atoms: known.flatMap((cover) => cover.atoms),
    weight: known.reduce((sum, cover) => sum + cover.weight, 0),
  };
}

function weightOf(path: string, test: TextTest): number {
  const value = commonness.find(([pattern]) => pattern.test(path))?.[1] ?? usual;
  return test.literals.reduce((sum, literal) => sum + literalWeight(value, test.kind, literal), 0);
}

function literalWeight(value: number, kind: TextTest["kind"], literal: string): number {
  if (kind === "equals" || (kind === "glob" && !hasWildcard(literal))) return value;
  if (kind === "regex" || kind === "cidr") return 0.05;
  const longest = Math.max(...literal.split(/[*?]/).map((piece) => piece.length));
  return longest === 0 ? 1 : Math.max(value, 0.3 / (longest * longest));
}
