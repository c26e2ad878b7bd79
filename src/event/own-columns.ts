/** Which columns of a batch the own values of events go into. */
import type { Field } from "../schema/type.ts";
import type { Batch, Column } from "./batch.ts";
import type { BatchFill } from "./decode.ts";
import type { OwnPlace, OwnValues } from "./pieced-event.ts";

interface Target {
  readonly place: number;
  readonly column: number;
  readonly into: Exclude<Column, { kind: "records" }>;
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
      if (column.kind === "records" || !isPlain(field, places[place]!)) isFit = false;
      else this.#targets.push({ place, column: index, into: column });
    }
    this.isFit = isFit;
  }

  /** Puts the values into a row whose cells there are empty. */
  put(values: OwnValues, batch: Batch, fill: BatchFill, row: number): void {
    for (const { place, column, into } of this.#targets) {
      const value = values.value(place);
      if (value === null) continue;
      if (typeof value !== "string") fill.writer.writeOne(column, row, value);
      else if (into.kind === "reference") {
        into.cells[row] = fill.strings.intern(value);
        batch.used[column] = 1;
      }
    }
  }
}

/** Whether a value of the place is stored as it is; where a field converts, the text has to be read. */
function isPlain(field: Field, place: OwnPlace): boolean {
  if (field.nullValue !== undefined || field.dateFormats !== undefined) return false;
  return field.type === place.type;
}
