/** What the values of a column of a log are in a field's column of a batch: worked out once a block. */

import type { TimeUnit } from "../base/time.ts";
import { createNormaliser, type Normalise } from "../event/normalise.ts";
import type { StringTable } from "../event/string-table.ts";
import type { Field } from "../schema/type.ts";
import type { LogColumn } from "./log-column.ts";
import { emptyObject, type Scalar } from "./scalar.ts";

/** A value as normalise.ts stores it; null where there is none. */
export type Stored = number | bigint | null;

/** Reads values of one field as the plain decoder does. */
export class ValueReader {
  readonly field: Field;
  readonly #normalise: Normalise;
  /** Whether texts are stored as they are. */
  readonly #isText: boolean;
  /** Whether a time in the usual form is stored as that time. */
  readonly #isTime: boolean;

  constructor(field: Field, unit: TimeUnit) {
    this.field = field;
    this.#normalise = createNormaliser(field, unit);
    this.#isText = field.type === "keyword" || field.type === "version";
    this.#isTime = field.type === "date" && field.dateFormats === undefined;
  }

  /** Calls for each value of the column that fits the field. */
  eachStored(
    column: LogColumn,
    strings: StringTable,
    visit: (number: number, stored: number | bigint) => void,
  ): void {
    if (this.#isText) {
      column.eachAscii((number, start, end) => {
        visit(number, strings.internAscii(column.view, start, end));
      });
    }
    for (let number = 1; number <= column.distinct; number += 1) {
      if (this.#isText && column.isAscii(number)) continue;
      const stored = this.#read(column, number, strings);
      if (stored !== null) visit(number, stored);
    }
  }

  #read(column: LogColumn, number: number, strings: StringTable): Stored {
    const time = this.#isTime ? column.time(number) : null;
    return time ?? this.#store(column.value(number), strings);
  }

  #store(value: Scalar, strings: StringTable): Stored {
    if (value === emptyObject) return null;
    if (value !== null) return this.#normalise(value, strings);
    const { nullValue } = this.field;
    return nullValue === undefined ? null : this.#normalise(nullValue, strings);
  }
}
