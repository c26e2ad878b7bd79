/**
 * Sorts events into classes by the fields of few values (category, type, action, system, ...). For a
 * class, the tests on those fields are known, so that most rules are out for all its events at once.
 */
import { isLogic, type NodeTable, nodeKinds, nodeTable, reachedFrom } from "../../ir/node-table.ts";
import type { Program } from "../../ir/predicate.ts";
import type { ProgramTests } from "./field-tests.ts";
import type { RowProfiles } from "./row-profiles.ts";

/** Classes beyond this are forgotten together, so that odd input can't fill the memory. */
const maxClasses = 1024;

/** Profiles beyond this are rare, since class fields have few values. */
const branches = 48;

const unknown = 2;

export class RowClasses {
  /** Class of each row of the batch at hand; `0 <= class < alive.length`. */
  readonly rows: Int32Array;
  /** By class: whether a root (by its place in `program.roots`) can hold for its events. */
  readonly alive: Uint8Array[] = [];
  /** Grows when classes are forgotten. */
  generation: number = 0;
  /** Sum of the fields' generations that the classes were made of. */
  #known: number = 0;
  readonly #program: Program;
  readonly #profiles: readonly RowProfiles[];
  readonly #byKey: Map<string, number> = new Map();
  /**
   * Classes where all profiles are below `branches`: a tree with a level a field, a node being that many cells. A
   * cell holds where the next node starts, at the last level the class + 1; 0 where nothing is known.
   */
  #tree: Int32Array = new Int32Array(branches);
  #treeEnd: number = branches;
  readonly #nodes: NodeTable;
  readonly #tests: ProgramTests;
  /** By slot of a field: its place in `profiles`; -1 for others. */
  readonly #places: Int32Array;
  /** The filter nodes that roots are made of, arguments first. */
  readonly #order: Int32Array;
  /** By filter node, of the class that is made: 0 false, 1 true, 2 unknown. */
  readonly #state: Uint8Array;

  constructor(
    program: Program,
    tests: ProgramTests,
    profiles: readonly RowProfiles[],
    capacity: number,
  ) {
    this.rows = new Int32Array(capacity);
    this.#program = program;
    this.#profiles = profiles;
    this.#tests = tests;
    this.#places = Int32Array.from(tests.fields, (field) =>
      profiles.findIndex((entry) => entry.tests === field),
    );
    this.#nodes = nodeTable(program);
    this.#order = idsOf(reachedFrom(this.#nodes, program.roots, isLogic));
    this.#state = new Uint8Array(program.nodes.length);
  }

  /** Fills `rows`; the profiles of the class fields must be those of the batch. */
  begin(count: number): void {
    const known = this.#profiles.reduce((sum, profiles) => sum + profiles.generation, 0);
    if (this.alive.length > maxClasses || known !== this.#known) this.#forget();
    this.#known = known;
    for (let row = 0; row < count; row += 1) this.rows[row] = this.#classOf(row);
  }

  #classOf(row: number): number {
    const profiles = this.#profiles;
    const last = profiles.length - 1;
    let node = 0;
    for (let level = 0; level < last; level += 1) {
      const profile = profiles[level]!.rows[row]!;
      if (profile >= branches) return this.#classOfMany(row);
      node = this.#tree[node + profile]! || this.#branch(node + profile);
    }
    const profile = last < 0 ? 0 : profiles[last]!.rows[row]!;
    if (profile >= branches) return this.#classOfMany(row);
    const known = this.#tree[node + profile]!;
    if (known !== 0) return known - 1;
    const made = this.#make(row);
    this.#tree[node + profile] = made + 1;
    return made;
  }

  /** A new node, to which the cell leads; returns where it starts. */
  #branch(cell: number): number {
    const node = this.#treeEnd;
    this.#treeEnd += branches;
    if (this.#treeEnd > this.#tree.length) {
      const grown = new Int32Array(Math.max(this.#tree.length * 2, this.#treeEnd));
      grown.set(this.#tree);
      this.#tree = grown;
    }
    this.#tree[cell] = node;
    return node;
  }

  #classOfMany(row: number): number {
    const key = this.#profiles.map(({ rows }) => rows[row]).join();
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = this.#make(row);
    this.#byKey.set(key, made);
    return made;
  }

  /** A new class: every root is evaluated with the class fields known and all else unknown. */
  #make(row: number): number {
    const state = this.#state;
    for (const id of this.#order) state[id] = this.#evaluate(id, row);
    const { roots } = this.#program;
    const alive = new Uint8Array(roots.length);
    for (let i = 0; i < roots.length; i += 1) alive[i] = state[roots[i]!] === 0 ? 0 : 1;
    this.alive.push(alive);
    return this.alive.length - 1;
  }

  #evaluate(id: number, row: number): number {
    const { kinds, starts, args } = this.#nodes;
    const state = this.#state;
    switch (kinds[id]) {
      case nodeKinds.true:
        return 1;
      case nodeKinds.false:
        return 0;
      case nodeKinds.leaf:
        return this.#evaluateLeaf(id, row);
      case nodeKinds.not: {
        const value = state[args[starts[id]!]!]!;
        return value === unknown ? unknown : 1 - value;
      }
      case nodeKinds.and:
      case nodeKinds.or: {
        const deciding = kinds[id] === nodeKinds.and ? 0 : 1;
        let result = 1 - deciding;
        for (let at = starts[id]!; at < starts[id + 1]!; at += 1) {
          const value = state[args[at]!];
          if (value === deciding) return deciding;
          if (value === unknown) result = unknown;
        }
        return result;
      }
      default:
        return unknown;
    }
  }

  /** Leaves over tests on the class fields are known. */
  #evaluateLeaf(id: number, row: number): number {
    const slot = this.#tests.slots[id]!;
    const place = slot === -1 ? -1 : this.#places[slot]!;
    if (place === -1) return unknown;
    return this.#profiles[place]!.has(row, this.#tests.atoms[id]!) ? 1 : 0;
  }

  /** Estimated bytes of what is remembered. */
  get memoBytes(): number {
    return this.#tree.byteLength + this.alive.length * (this.#program.roots.length + 128);
  }

  #forget(): void {
    this.alive.length = 0;
    this.#byKey.clear();
    this.#tree = new Int32Array(branches);
    this.#treeEnd = branches;
    this.generation += 1;
  }
}

/** The nodes that are marked, ascending. */
function idsOf(marks: Uint8Array): Int32Array {
  const ids = new Int32Array(marks.length);
  let count = 0;
  for (let id = 0; id < marks.length; id += 1) {
    if (marks[id] === 0) continue;
    ids[count] = id;
    count += 1;
  }
  return ids.slice(0, count);
}
