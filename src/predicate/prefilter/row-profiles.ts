/** For each row of a batch and each tested field, which tests hold: as a small number, the profile. */
import { assert } from "../../base/assert.ts";
import type { Batch, ReferenceColumn } from "../../event/batch.ts";
import { compileAtoms } from "../atoms/atom-scanner.ts";
import { FieldProfiles, type ProfileId, ProfileTable } from "../atoms/profile-table.ts";
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
  /** Grows when all profiles are forgotten. */
  generation: number = 0;
  /** Index of the field's column in the batch; -2 before the first batch. */
  #column: number = -2;
  readonly #groups: TestGroups | null;
  /** By group, made when a text of it comes. */
  readonly #byGroup: (FieldProfiles | undefined)[] = [];
  #groupGeneration: number = 0;
  #values: number = 0;
  #scans: number = 0;
  #chars: number = 0;

  /** Without groups all tests are tried on all texts. */
  constructor(tests: FieldTests, capacity: number, groups: TestGroups | null) {
    this.tests = tests;
    this.table = new ProfileTable(tests.tests.length);
    this.rows = new Int32Array(capacity);
    this.#groups = groups;
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
  }

  #fill(batch: Batch, column: ReferenceColumn): void {
    const { cells } = column;
    const groups = this.#groups?.rows;
    let some = 0;
    let values = 0;
    for (let row = 0; row < batch.count; row += 1) {
      const cell = cells[row]!;
      if (cell === 0) continue;
      const strings = this.#ofGroup(groups === undefined ? 0 : groups[row]!, batch);
      if (cell > 0) values += 1;
      const profile =
        cell > 0 ? strings.profileOfString(cell) : this.#listProfile(strings, batch, cell);
      this.rows[row] = profile;
      some |= profile;
    }
    this.#values += values;
    this.isEmpty = some === 0;
  }

  /** Whether atom `atom` holds for some text of the row's field. */
  has(row: number, atom: number): boolean {
    const profile = this.rows[row]!;
    return profile !== 0 && this.table.has(profile, atom);
  }

  /** Estimated bytes of what is remembered. */
  get memoBytes(): number {
    return this.#byGroup.reduce((sum, profiles) => sum + (profiles?.bytes ?? 0), this.table.bytes);
  }

  /** Forgets all profiles; only between batches. */
  forget(): void {
    this.table.clear();
    for (const profiles of this.#byGroup) profiles?.forget();
    this.generation += 1;
  }

  #forgetGroups(): void {
    const { scans, chars } = this.counters;
    this.#scans = scans;
    this.#chars = chars;
    this.#byGroup.length = 0;
  }

  #ofGroup(group: number, batch: Batch): FieldProfiles {
    return this.#byGroup[group] ?? this.#make(group, batch);
  }

  #make(group: number, batch: Batch): FieldProfiles {
    const isWanted = (atom: number): boolean =>
      this.#groups === null || this.#groups.needs(group, this.tests, atom);
    const profiles = new FieldProfiles(compileAtoms(this.tests.tests, isWanted), this.table);
    profiles.begin(batch.strings);
    this.#byGroup[group] = profiles;
    return profiles;
  }

  /** The profile of all texts of a list. */
  #listProfile(strings: FieldProfiles, batch: Batch, cell: number): ProfileId {
    const start = -cell;
    const count = batch.pool32[start]!;
    let profile = 0 as ProfileId;
    this.#values += count;
    for (let i = 1; i <= count; i += 1) {
      const next = strings.profileOfString(batch.pool32[start + i]!);
      if (next !== 0) profile = this.table.union(profile, next);
    }
    return profile;
  }
}
