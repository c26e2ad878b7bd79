/** Which columns of a batch the own values of events go into. */
import type { Field } from "../schema/type.ts";
import type { Batch } from "./batch.ts";
import type { BatchFill } from "./decode.ts";
import type { OwnPlace, OwnValues } from "./pieced-event.ts";

interface Target {
  readonly place: number;
  readonly column: number;
  readonly cells: Int32Array;
}

export class OwnColumns {
  readonly places: readonly OwnPlace[];
  /** Whether values alone tell all that is wanted. */
  readonly isFit: boolean;
  readonly #targets: Target[] = [];

  constructor(batch: Batch, places: readonly OwnPlace[]) {
    this.places = places;
    const known = new Map(places.map((place, index) => [place.path, index]));
    let isFit = true;
    for (const [index, { field }] of batch.layout.columns.entries()) {
      const place = known.get(field.path);
      if (place === undefined) continue;
      const column = batch.columns[index]!;
      if (column.kind !== "reference" || !isPlain(field) || !places[place]!.isTold) isFit = false;
      else this.#targets.push({ place, column: index, cells: column.cells });
    }
    this.isFit = isFit;
  }

  /** Puts the values into a row whose cells there are empty. */
  put(values: OwnValues, batch: Batch, fill: BatchFill, row: number): void {
    for (const { place, column, cells } of this.#targets) {
      const value = values.value(place);
      if (value === null) continue;
      cells[row] = fill.strings.intern(value);
      batch.used[column] = 1;
    }
  }
}

/** Whether a text is stored as it is; where a field converts, the event's text has to be read. */
function isPlain({ type, nullValue }: Field): boolean {
  return type === "keyword" && nullValue === undefined;
}
