/**
 * Covers: for a predicate, a set of atoms of which at least one must hold where the predicate does.
 * A rule is only looked at for rows on which an atom of its cover holds.
 */
import { nodeKinds, nodeTable, reachedFrom } from "../../ir/node-table.ts";
import type { NodeId, Program, TextTest } from "../../ir/predicate.ts";
import type { Schema } from "../../schema/schema.ts";
import type { ProgramTests } from "./field-tests.ts";

export interface Cover {
  /** The leaves that ask for the atoms. */
  readonly leaves: readonly NodeId[];
  /** Estimated share of events on which some atom holds; only compared with others. */
  readonly weight: number;
}

/** Roots, by place in `program.roots`, whose cover holds an atom: of atom `a` they are `roots[starts[a]..starts[a + 1])`. */
export interface CoveredRoots {
  readonly starts: Int32Array;
  readonly roots: Int32Array;
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

/** The lightest cover of each root, by its place in `program.roots`; null for one that has none. */
export function findCovers(
  program: Program,
  schema: Schema,
  tests: ProgramTests,
): readonly (Cover | null)[] {
  const table = nodeTable(program);
  const { kinds, starts, args } = table;
  const values = tests.fields.map(({ field }) => valueWeight(schema.field(field).path));
  const reached = reachedFrom(table, program.roots, isCombination);
  const covers = new Array<Cover | null>(kinds.length).fill(null);
  for (let id = 0; id < kinds.length; id += 1) {
    if (reached[id] === 0) continue;
    const kind = kinds[id]!;
    if (kind === nodeKinds.leaf) covers[id] = atomCover(tests, values, id as NodeId);
    else if (isCombination(kind)) {
      const choose = kind === nodeKinds.and ? lightest : union;
      covers[id] = choose(covers, args, starts[id]!, starts[id + 1]!);
    }
  }
  return program.roots.map((root) => covers[root]!);
}

/** By slot of a field: the roots that its atoms cover, those of an atom ascending; null where it covers none. */
export function coveredRoots(
  covers: readonly (Cover | null)[],
  { fields, slots, atoms }: ProgramTests,
): readonly (CoveredRoots | null)[] {
  // Counts stand two places on and sums one, so that each start has become the next one's when all are dealt out.
  const starts = fields.map(({ tests }) => new Int32Array(tests.length + 2));
  for (const cover of covers) {
    for (const leaf of cover?.leaves ?? []) starts[slots[leaf]!]![atoms[leaf]! + 2]! += 1;
  }
  const roots = starts.map((places) => {
    for (let at = 1; at < places.length; at += 1) places[at]! += places[at - 1]!;
    return new Int32Array(places.at(-1)!);
  });
  for (const [place, cover] of covers.entries()) {
    for (const leaf of cover?.leaves ?? []) {
      const places = starts[slots[leaf]!]!;
      const at = places[atoms[leaf]! + 1]!;
      roots[slots[leaf]!]![at] = place;
      places[atoms[leaf]! + 1] = at + 1;
    }
  }
  return fields.map((_field, slot) =>
    roots[slot]!.length === 0 ? null : { starts: starts[slot]!, roots: roots[slot]! },
  );
}

function isCombination(kind: number): boolean {
  return kind === nodeKinds.and || kind === nodeKinds.or;
}

function atomCover(
  { fields, slots, atoms }: ProgramTests,
  values: readonly (number | null)[],
  leaf: NodeId,
): Cover | null {
  const slot = slots[leaf]!;
  const value = slot === -1 ? null : values[slot]!;
  if (value === null) return null;
  const { kind, literals } = fields[slot]!.tests[atoms[leaf]!]!;
  let weight = 0;
  for (const literal of literals) weight += literalWeight(value, kind, literal);
  return { leaves: [leaf], weight };
}

/** Of the covers of the arguments in `[start, end)`. */
function lightest(
  covers: readonly (Cover | null)[],
  args: Int32Array,
  start: number,
  end: number,
): Cover | null {
  let best: Cover | null = null;
  for (let at = start; at < end; at += 1) {
    const cover = covers[args[at]!]!;
    if (cover !== null && (best === null || cover.weight < best.weight)) best = cover;
  }
  return best;
}

function union(
  covers: readonly (Cover | null)[],
  args: Int32Array,
  start: number,
  end: number,
): Cover | null {
  const leaves: NodeId[] = [];
  let weight = 0;
  for (let at = start; at < end; at += 1) {
    const cover = covers[args[at]!]!;
    if (cover === null) return null;
    for (const leaf of cover.leaves) leaves.push(leaf);
    weight += cover.weight;
  }
  return { leaves, weight };
}

/** Share of events that one value of a field is expected on; null where its tests cover nothing. */
function valueWeight(path: string): number | null {
  if (classFields.has(path)) return null;
  return commonness.find(([pattern]) => pattern.test(path))?.[1] ?? usual;
}

function literalWeight(value: number, kind: TextTest["kind"], literal: string): number {
  if (kind === "equals") return value;
  if (kind === "regex" || kind === "cidr") return 0.05;
  const longest = longestPiece(literal);
  if (kind === "glob" && longest === literal.length) return value;
  return longest === 0 ? 1 : Math.max(value, 0.3 / (longest * longest));
}

/** Units of the longest piece between wildcards. */
function longestPiece(literal: string): number {
  let longest = 0;
  let start = 0;
  for (let at = 0; at < literal.length; at += 1) {
    const unit = literal.charCodeAt(at);
    if (unit !== star && unit !== questionMark) continue;
    longest = Math.max(longest, at - start);
    start = at + 1;
  }
  return Math.max(longest, literal.length - start);
}

const [star, questionMark] = [0x2a, 0x3f];
