/**
 * Which tests matter to which events: on a Linux host, nothing needs to be known of what rules for other
 * systems ask. Events are grouped by the tests on `host.os.type`; for a group, only those tests of a
 * field are compiled and tried that some root needs which can hold there.
 */
import type { Limits } from "../../base/limits.ts";
import { nodeTable, reachedFrom } from "../../ir/node-table.ts";
import type { Program } from "../../ir/predicate.ts";
import type { FieldTests, ProgramTests } from "./field-tests.ts";
import { RowClasses } from "./row-classes.ts";
import type { RowProfiles } from "./row-profiles.ts";

export class TestGroups {
  readonly #program: Program;
  readonly #classes: RowClasses;
  /** By group: nodes that the roots reach which can hold there. */
  readonly #reached: (Uint8Array | undefined)[] = [];
  #generation: number = 0;
  readonly #present: number[] = [];

  /** `systems` are the profiles of `host.os.type`, where some rule asks for it. */
  constructor(
    program: Program,
    tests: ProgramTests,
    systems: RowProfiles | undefined,
    limits: Limits,
  ) {
    this.#program = program;
    const profiles = systems === undefined ? [] : [systems];
    this.#classes = new RowClasses(program, tests, profiles, limits.batchEvents);
  }

  /** Group of each row of the batch at hand. */
  get rows(): Int32Array {
    return this.#classes.rows;
  }

  /** Groups that have rows in the batch at hand. */
  get present(): readonly number[] {
    return this.#present;
  }

  /** The group of all rows of the batch; -1 where there are several or none. */
  get only(): number {
    return this.#present.length === 1 ? this.#present[0]! : -1;
  }

  /** Grows when all groups are forgotten. */
  get generation(): number {
    return this.#classes.generation;
  }

  /** Estimated bytes of what is remembered. */
  get memoBytes(): number {
    const sets = this.#reached.reduce((sum, reached) => sum + (reached?.length ?? 0), 0);
    return sets + this.#classes.memoBytes;
  }

  /** Groups the rows of a batch, whose systems must be known. */
  begin(count: number): void {
    this.#classes.begin(count);
    const { rows } = this.#classes;
    const present = this.#present;
    present.length = 0;
    for (let row = 0, last = -1; row < count; row += 1) {
      if (rows[row] === last) continue;
      last = rows[row]!;
      if (!present.includes(last)) present.push(last);
    }
    if (this.#generation === this.#classes.generation) return;
    this.#generation = this.#classes.generation;
    this.#reached.length = 0;
  }

  /** Whether a group needs the test of that place in a field's list. */
  needs(group: number, { nodes }: FieldTests, atom: number): boolean {
    const reached = this.#reached[group] ?? this.#reach(group);
    return reached[nodes[atom]!] === 1;
  }

  #reach(group: number): Uint8Array {
    const alive = this.#classes.alive[group]!;
    const roots = this.#program.roots.filter((_root, place) => alive[place] === 1);
    const reached = reachedFrom(nodeTable(this.#program), roots);
    this.#reached[group] = reached;
    return reached;
  }
}
