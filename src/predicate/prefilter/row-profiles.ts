/** For each row of a batch and each tested field, which tests hold: as a small number, the profile. */
import { assert } from "../../base/assert.ts";
import type { Batch, ReferenceColumn } from "../../event/batch.ts";
import { compileAtoms } from "../atoms/atom-scanner.ts";
import { FieldProfiles } from "../atoms/field-profiles.ts";
import { type ProfileId, ProfileTable } from "../atoms/profile-table.ts";
import type { FieldCounters } from "../contract.ts";
import type { FieldTests } from "./field-tests.ts";
import type { TestGroups } from "./test-groups.ts";

/** The profiles of one field. Profile 0 is the empty one: no test holds, or there is no text. */
export class RowProfiles {
  readonly table: ProfileTable;
  /** Profile of each row of the batch at hand. */
  readonly rows: Int32Array;
  readonly tests: FieldTests;
  /** Whether no row of the batch at hand has a profile but the empty one. */
  isEmpty: boolean = true;
  /** Estimated bytes of what is remembered. */
  memoBytes: number = 0;
  /** Grows when all profiles are forgotten. */
  generation: number = 0;
  /** Index of the field's column in the batch; -2 before the first batch. */
  #column: number = -2;
  readonly #groups: TestGroups | null;
  /** By group, made when a text of it comes. */
  readonly #byGroup: (FieldProfiles | undefined)[] = [];
  #groupGeneration: number = 0;
  /** The cells of one group and their profiles, where a batch has several groups. */
  readonly #ownCells: Int32Array;
  readonly #ownRows: Int32Array;
  /** Texts of the batch's lists, and the profile of each. */
  #texts: Int32Array = new Int32Array(0);
  #profiles: Int32Array = new Int32Array(0);
  #values: number = 0;
  #scans: number = 0;
  #chars: number = 0;

  /** Without groups all tests are tried on all texts. */
  constructor(tests: FieldTests, capacity: number, groups: TestGroups | null) {
    this.tests = tests;
    this.table = new ProfileTable(tests.tests.length);
    this.rows = new Int32Array(capacity);
    this.#groups = groups;
    this.#ownCells = new Int32Array(capacity);
    this.#ownRows = new Int32Array(capacity);
  }

  /** What filling `rows` cost so far. */
  get counters(): FieldCounters {
    let [scans, chars] = [this.#scans, this.#chars];
    for (const profiles of this.#byGroup) {
      scans += profiles?.counters.scans ?? 0;
      chars += profiles?.counters.chars ?? 0;
    }
    return { field: this.tests.field, values: this.#values, scans, chars };
  }

  /** Fills `rows` for the batch. */
  begin(batch: Batch): void {
    if (!this.isEmpty) this.rows.fill(0);
    this.isEmpty = true;
    if (this.#column === -2) this.#column = batch.indexOf(this.tests.field);
    if (this.#column === -1 || batch.used[this.#column] === 0) return;
    const column = batch.columns[this.#column]!;
    assert(column.kind === "reference", "text tests need a column of texts");
    if (this.#groups !== null && this.#groups.generation !== this.#groupGeneration) {
      this.#groupGeneration = this.#groups.generation;
      this.#forgetGroups();
    }
    for (const profiles of this.#byGroup) profiles?.begin(batch.strings);
    this.#fill(batch, column);
    this.#measure();
  }

  #fill(batch: Batch, column: ReferenceColumn): void {
    const { cells } = column;
    const { count } = batch;
    const only = this.#groups === null ? 0 : this.#groups.only;
    if (only !== -1) {
      this.#fillGroup(only, batch, cells, this.rows);
      return;
    }
    const own = this.#ownCells;
    const groups = this.#groups!;
    for (const group of groups.present) {
      let some = 0;
      for (let row = 0; row < count; row += 1) {
        own[row] = groups.rows[row] === group ? cells[row]! : 0;
        some |= own[row]!;
      }
      if (some === 0) continue;
      this.#fillGroup(group, batch, own, this.#ownRows);
      for (let row = 0; row < count; row += 1)
        if (own[row] !== 0) this.rows[row] = this.#ownRows[row]!;
    }
  }

  /** Writes the profiles of the cells of one group to `into`; those of other groups are 0. */
  #fillGroup(group: number, batch: Batch, cells: Int32Array, into: Int32Array): void {
    const strings = this.#ofGroup(group, batch);
    const { some, ids, lists } = strings.fill(cells, batch.count, into);
    this.#values += ids;
    if (some !== 0) this.isEmpty = false;
    if (lists > 0) this.#fillLists(strings, batch, cells, into);
  }

  /** The profile of a list is that of all its texts. */
  #fillLists(strings: FieldProfiles, batch: Batch, cells: Int32Array, into: Int32Array): void {
    const pool = batch.pool32;
    let texts = 0;
    for (let row = 0; row < batch.count; row += 1) {
      const start = -cells[row]!;
      if (start <= 0) continue;
      const end = start + 1 + pool[start]!;
      this.#makeRoom(texts + end - start);
      for (let at = start + 1; at < end; at += 1) this.#texts[texts++] = pool[at]!;
    }
    const { some, ids } = strings.fill(this.#texts, texts, this.#profiles);
    this.#values += ids;
    if (some === 0) return;
    this.isEmpty = false;
    let at = 0;
    for (let row = 0; row < batch.count; row += 1) {
      const start = -cells[row]!;
      if (start <= 0) continue;
      let profile = 0 as ProfileId;
      for (const end = at + pool[start]!; at < end; at += 1) {
        const next = this.#profiles[at]! as ProfileId;
        if (next !== 0) profile = this.table.union(profile, next);
      }
      into[row] = profile;
    }
  }

  #makeRoom(texts: number): void {
    if (texts <= this.#texts.length) return;
    const grown = new Int32Array(texts * 2);
    grown.set(this.#texts);
    this.#texts = grown;
    this.#profiles = new Int32Array(texts * 2);
  }

  /** Whether atom `atom` holds for some text of the row's field. */
  has(row: number, atom: number): boolean {
    const profile = this.rows[row]!;
    return profile !== 0 && this.table.has(profile, atom);
  }

  /** Forgets all profiles; only between batches. */
  forget(): void {
    this.table.clear();
    for (const profiles of this.#byGroup) profiles?.forget();
    this.generation += 1;
    this.#measure();
  }

  #measure(): void {
    let bytes = this.table.bytes;
    for (const profiles of this.#byGroup) bytes += profiles?.bytes ?? 0;
    this.memoBytes = bytes;
  }

  #forgetGroups(): void {
    const { scans, chars } = this.counters;
    this.#scans = scans;
    this.#chars = chars;
    for (const profiles of this.#byGroup) profiles?.drop();
    this.#byGroup.length = 0;
  }

  #ofGroup(group: number, batch: Batch): FieldProfiles {
    return this.#byGroup[group] ?? this.#make(group, batch);
  }

  #make(group: number, batch: Batch): FieldProfiles {
    const isWanted = (atom: number): boolean =>
      this.#groups === null || this.#groups.needs(group, this.tests, atom);
    const scanner = compileAtoms(this.tests.tests, isWanted, this.tests.patterns);
    const profiles = new FieldProfiles(scanner, this.table);
    profiles.begin(batch.strings);
    this.#byGroup[group] = profiles;
    return profiles;
  }
}
