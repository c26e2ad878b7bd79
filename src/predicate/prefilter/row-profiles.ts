/** For each row of a batch and each tested field, which tests hold: as a small number, the profile. */
import { assert } from "../../base/assert.ts";
import type { Batch, ReferenceColumn } from "../../event/batch.ts";
import { type AtomScanner, compileAtoms } from "../atoms/atom-scanner.ts";
import { FieldProfiles, type ProfileId, ProfileTable } from "../atoms/profile-table.ts";
import type { FieldCounters } from "../contract.ts";
import type { FieldTests } from "./field-tests.ts";

/** Profiles of one field beyond this are forgotten together at the next batch. */
const maxProfiles = 0x8000;

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
  readonly #scanner: AtomScanner;
  readonly #strings: FieldProfiles;
  #values: number = 0;

  constructor(tests: FieldTests, capacity: number) {
    this.tests = tests;
    this.table = new ProfileTable(tests.tests.length);
    this.rows = new Int32Array(capacity);
    this.#scanner = compileAtoms(tests.tests);
    this.#strings = new FieldProfiles(this.#scanner, this.table);
  }

  /** What filling `rows` cost so far. */
  get counters(): FieldCounters {
    const { scans, chars } = this.#scanner.counters;
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
    this.#strings.begin(batch.strings);
    if (this.table.count > maxProfiles) this.#forget();
    const { cells } = column;
    let some = 0;
    let values = 0;
    for (let row = 0; row < batch.count; row += 1) {
      const cell = cells[row]!;
      if (cell === 0) continue;
      if (cell > 0) values += 1;
      const profile =
        cell > 0 ? this.#strings.profileOfString(cell) : this.#listProfile(batch, column, row);
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

  #forget(): void {
    this.table.clear();
    this.#strings.forget();
    this.generation += 1;
  }

  #listProfile(batch: Batch, column: ReferenceColumn, row: number): ProfileId {
    const start = -column.cells[row]!;
    const count = batch.pool32[start]!;
    let profile = 0 as ProfileId;
    this.#values += count;
    for (let i = 1; i <= count; i += 1) {
      const next = this.#strings.profileOfString(batch.pool32[start + i]!);
      if (next !== 0) profile = this.table.union(profile, next);
    }
    return profile;
  }
}
