/** What an event says about the life of its process: that it begins, ends, or becomes another program. */
import { IntMap } from "../base/int-map.ts";
import type { Batch, Column } from "../event/batch.ts";
import type { Texts } from "../event/string-table.ts";

/** Bits of what one row says. */
export const lifeSigns = { end: 1, birth: 2, exec: 4, start: 8 } as const;

const signsOfTypes: ReadonlyMap<string, number> = new Map([
  ["end", lifeSigns.end],
  ["start", lifeSigns.start],
]);

const signsOfActions: ReadonlyMap<string, number> = new Map([
  ["end", lifeSigns.end],
  ["exit", lifeSigns.end],
  ["fork", lifeSigns.birth],
  ["clone", lifeSigns.birth],
  ["exec", lifeSigns.exec],
  ["executed", lifeSigns.exec],
]);

/** Reads `event.type` and `event.action`. */
export class LifeSignReader {
  #batch: Batch | null = null;
  #strings: Texts | null = null;
  #generation: number = 0;
  readonly #types: SignColumn = new SignColumn(signsOfTypes);
  readonly #actions: SignColumn = new SignColumn(signsOfActions);

  begin(batch: Batch, types: Column | undefined, actions: Column | undefined): void {
    const { strings } = batch;
    if (strings !== this.#strings || strings.generation !== this.#generation) {
      this.#types.forget();
      this.#actions.forget();
      this.#strings = strings;
      this.#generation = strings.generation;
    }
    if (batch === this.#batch) return;
    this.#batch = batch;
    this.#types.begin(batch, types);
    this.#actions.begin(batch, actions);
  }

  /** The signs of all types and actions of a row. */
  read(row: number): number {
    return this.#types.read(row) | this.#actions.read(row);
  }
}

/** The signs of one field, remembered by the ids of its texts. */
class SignColumn {
  readonly #signs: ReadonlyMap<string, number>;
  readonly #known: IntMap = new IntMap();
  #batch: Batch | null = null;
  #cells: Int32Array | null = null;

  constructor(signs: ReadonlyMap<string, number>) {
    this.#signs = signs;
  }

  forget(): void {
    this.#known.clear();
  }

  begin(batch: Batch, column: Column | undefined): void {
    this.#batch = batch;
    this.#cells = column?.kind === "reference" ? column.cells : null;
  }

  read(row: number): number {
    const cell = this.#cells === null ? 0 : this.#cells[row]!;
    if (cell === 0) return 0;
    if (cell > 0) return this.#of(cell);
    const { pool32 } = this.#batch!;
    const count = pool32[-cell]!;
    let signs = 0;
    for (let i = 1; i <= count; i += 1) signs |= this.#of(pool32[-cell + i]!);
    return signs;
  }

  #of(id: number): number {
    let signs = this.#known.get(id);
    if (signs === -1) {
      signs = this.#signs.get(this.#batch!.strings.text(id)) ?? 0;
      this.#known.set(id, signs);
    }
    return signs;
  }
}
