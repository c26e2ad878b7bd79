/**
 * Chooses, for a batch, which roots need to be looked at for which rows. A root that is not a
 * candidate for a row is certainly false there; a candidate still has to be evaluated.
 *
 * Three steps: profiles (which text tests hold, once per distinct string), classes (rules that the
 * event's kind rules out), covers (of what is left, rules one of whose rarest texts is there).
 */
import type { Bitmap } from "../../base/bitset.ts";
import type { Limits } from "../../base/limits.ts";
import { type Batch, recordKinds } from "../../event/batch.ts";
import type { NodeId, Program } from "../../ir/predicate.ts";
import type { Schema } from "../../schema/schema.ts";
import { type CoveredRoots, classFields, coveredRoots, findCovers } from "./cover.ts";
import { collectTests, type FieldTests, type ProgramTests } from "./field-tests.ts";
import { RootLists } from "./root-lists.ts";
import { RowClasses } from "./row-classes.ts";
import { RowProfiles } from "./row-profiles.ts";
import { TestGroups } from "./test-groups.ts";

/** A field whose atoms cover some roots. */
interface CoveringField {
  readonly profiles: RowProfiles;
  /** Roots whose cover holds one of the field's atoms. */
  readonly roots: CoveredRoots;
  /** Memo: the roots to look at, by class and profile. */
  readonly lists: RootLists;
  /** Generation of the profiles that the lists are of. */
  generation: number;
}

/** The rows of a class in the batch with that stamp. */
interface ClassRows {
  readonly bits: Bitmap;
  stamp: number;
  /** Roots without a cover that are alive in the class. */
  readonly uncovered: Int32Array;
}

export class Prefilter {
  readonly tests: ProgramTests;
  /** By slot of `tests.fields`. */
  readonly profiles: readonly RowProfiles[];
  /** Roots, by place in `program.roots`, that are candidates in this batch; ascending after `begin`. */
  readonly touched: number[] = [];
  readonly #program: Program;
  readonly #systems: RowProfiles | undefined;
  readonly #groups: TestGroups;
  readonly #classes: RowClasses;
  readonly #covering: readonly CoveringField[];
  readonly #uncovered: readonly number[];
  readonly #words: number;
  readonly #candidates: Uint32Array;
  readonly #stamps: Int32Array;
  readonly #placeOf: ReadonlyMap<NodeId, number>;
  readonly #rowsOfClass: ClassRows[] = [];
  /** Classes of the batch at hand. */
  readonly #presentClasses: number[] = [];
  readonly #limitBytes: number;
  #stamp: number = 0;
  #generation: number = 0;
  /** Where the roots of one list are gathered, each once: by root, the list that had it last. */
  readonly #gathered: Int32Array;
  readonly #marks: Int32Array;
  #mark: number = 0;

  /** `candidates` gives the memory for a bitmap a root, where a back end wants it in its own. */
  constructor(
    program: Program,
    schema: Schema,
    limits: Limits,
    tests: ProgramTests = collectTests(program),
    candidates?: Uint32Array,
  ) {
    this.#program = program;
    this.#limitBytes = limits.memoBytes;
    this.tests = tests;
    const pathOf = (tests: FieldTests): string => schema.field(tests.field).path;
    const rows = limits.batchEvents;
    const systemTests = this.tests.fields.find((tests) => pathOf(tests) === "host.os.type");
    this.#systems = systemTests && new RowProfiles(systemTests, rows, null);
    this.#groups = new TestGroups(program, this.tests, this.#systems, limits);
    this.profiles = this.tests.fields.map((tests) => {
      if (tests === systemTests && this.#systems !== undefined) return this.#systems;
      return new RowProfiles(tests, rows, classFields.has(pathOf(tests)) ? null : this.#groups);
    });
    const isClassField = ({ tests }: RowProfiles): boolean => classFields.has(pathOf(tests));
    this.#classes = new RowClasses(
      program,
      this.tests,
      this.profiles.filter(isClassField),
      limits.batchEvents,
    );
    const covers = findCovers(program, schema, this.tests);
    this.#uncovered = [...covers.keys()].filter((place) => covers[place] === null);
    const covered = coveredRoots(covers, this.tests);
    this.#covering = this.profiles.flatMap((profiles, slot) => {
      const roots = covered[slot];
      return roots == null ? [] : [{ profiles, roots, lists: new RootLists(), generation: 0 }];
    });
    this.#words = (limits.batchEvents + 31) >>> 5;
    this.#candidates = candidates ?? new Uint32Array(program.roots.length * this.#words);
    this.#stamps = new Int32Array(program.roots.length);
    this.#gathered = new Int32Array(program.roots.length);
    this.#marks = new Int32Array(program.roots.length);
    this.#placeOf = new Map(program.roots.map((root, place) => [root, place]));
  }

  /** Estimated bytes of what is remembered of texts and of kinds of events. */
  get memoBytes(): number {
    let sum = this.#classes.memoBytes + this.#groups.memoBytes;
    for (const profiles of this.profiles) sum += profiles.memoBytes;
    for (const field of this.#covering) sum += field.lists.bytes;
    return sum;
  }

  begin(batch: Batch): void {
    if (this.memoBytes > this.#limitBytes) {
      for (const profiles of this.profiles) profiles.forget();
    }
    this.#stamp += 1;
    this.touched.length = 0;
    this.#systems?.begin(batch);
    this.#groups.begin(batch.count);
    for (const profiles of this.profiles) if (profiles !== this.#systems) profiles.begin(batch);
    this.#classes.begin(batch.count);
    if (this.#generation !== this.#classes.generation) {
      this.#generation = this.#classes.generation;
      for (const field of this.#covering) field.lists.clear();
      this.#rowsOfClass.length = 0;
    }
    for (const field of this.#covering) this.#addCovered(field, batch);
    this.#addUncovered(batch);
    this.#listTouched();
  }

  /** Rows for which a root may hold; empty where it is no candidate. */
  candidates(place: number): Bitmap {
    const start = place * this.#words;
    if (this.#stamps[place] !== this.#stamp) this.#candidates.fill(0, start, start + this.#words);
    return this.#candidates.subarray(start, start + this.#words);
  }

  /** Whether a root may hold for some row of the batch at hand. */
  isCandidate(place: number): boolean {
    return this.#stamps[place] === this.#stamp;
  }

  /** Place of a root in `program.roots`. */
  placeOf(root: NodeId): number {
    return this.#placeOf.get(root)!;
  }

  /** How many roots have no cover and are looked at for every event of their classes. */
  get uncoveredCount(): number {
    return this.#uncovered.length;
  }

  #addCovered(field: CoveringField, batch: Batch): void {
    const { rows, isEmpty, generation } = field.profiles;
    if (isEmpty) return;
    if (generation !== field.generation) field.lists.clear();
    field.generation = generation;
    const classes = this.#classes.rows;
    const { kinds, count } = batch;
    const { lists } = field;
    for (let row = 0; row < count; row += 1) {
      const profile = rows[row]!;
      if (profile === 0 || kinds[row] !== recordKinds.event) continue;
      let at = lists.find(classes[row]!, profile);
      if (at === -1) at = this.#list(field, classes[row]!, profile);
      const { roots } = lists;
      for (let end = at + 1 + roots[at]!; at + 1 < end; at += 1) this.#add(roots[at + 1]!, row);
    }
  }

  /** Remembers the roots to look at; returns where. */
  #list(field: CoveringField, rowClass: number, profile: number): number {
    const alive = this.#classes.alive[rowClass]!;
    const gathered = this.#gathered;
    let count = 0;
    this.#mark += 1;
    const atoms = field.profiles.table.atoms(profile as never);
    const { starts, roots } = field.roots;
    for (let i = 0; i < atoms.length; i += 1) {
      const end = starts[atoms[i]! + 1]!;
      for (let at = starts[atoms[i]!]!; at < end; at += 1) {
        const root = roots[at]!;
        if (alive[root] !== 1 || this.#marks[root] === this.#mark) continue;
        this.#marks[root] = this.#mark;
        gathered[count] = root;
        count += 1;
      }
    }
    return field.lists.add(rowClass, profile, gathered, count);
  }

  #add(place: number, row: number): void {
    this.#touch(place);
    this.#candidates[place * this.#words + (row >>> 5)]! |= 0x1 << (row & 31);
  }

  #touch(place: number): void {
    if (this.#stamps[place] === this.#stamp) return;
    this.#stamps[place] = this.#stamp;
    const start = place * this.#words;
    this.#candidates.fill(0, start, start + this.#words);
  }

  /** Ascending. */
  #listTouched(): void {
    const stamps = this.#stamps;
    for (let place = 0; place < stamps.length; place += 1) {
      if (stamps[place] === this.#stamp) this.touched.push(place);
    }
  }

  /** Roots without a cover are candidates for every event of the classes in which they are alive. */
  #addUncovered(batch: Batch): void {
    const { kinds, count } = batch;
    const classes = this.#classes.rows;
    const present = this.#presentClasses;
    present.length = 0;
    for (let row = 0; row < count; row += 1) {
      if (kinds[row] !== recordKinds.event) continue;
      let rows = this.#rowsOfClass[classes[row]!];
      if (rows === undefined || rows.stamp !== this.#stamp) {
        rows = this.#emptyRows(classes[row]!, rows);
        present.push(classes[row]!);
      }
      rows.bits[row >>> 5]! |= 0x1 << (row & 31);
    }
    for (const rowClass of present) {
      const { bits, uncovered } = this.#rowsOfClass[rowClass]!;
      for (let at = 0; at < uncovered.length; at += 1) {
        const place = uncovered[at]!;
        this.#touch(place);
        const start = place * this.#words;
        for (let i = 0; i < this.#words; i += 1) this.#candidates[start + i]! |= bits[i]!;
      }
    }
  }

  /** The rows of a class that has its first row in this batch. */
  #emptyRows(rowClass: number, known: ClassRows | undefined): ClassRows {
    const rows = known ?? this.#makeRows(rowClass);
    rows.bits.fill(0);
    rows.stamp = this.#stamp;
    this.#rowsOfClass[rowClass] = rows;
    return rows;
  }

  #makeRows(rowClass: number): ClassRows {
    const alive = this.#classes.alive[rowClass]!;
    const uncovered = Int32Array.from(this.#uncovered.filter((place) => alive[place] === 1));
    return { bits: new Uint32Array(this.#words), stamp: 0, uncovered };
  }

  /** The program it was made for. */
  get program(): Program {
    return this.#program;
  }
}
