/** What the values of a column of a log are in a field's column of a batch: worked out once a block. */

import { isDottedAddress } from "../base/ip.ts";
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
  readonly #isAddress: boolean;
  /** Whether a time in the usual form is stored as that time. */
  readonly #isTime: boolean;
  /** Whether a safe integer is stored as it is. */
  readonly #isNumber: boolean;

  constructor(field: Field, unit: TimeUnit) {
    this.field = field;
    this.#normalise = createNormaliser(field, unit);
    this.#isText = field.type === "keyword" || field.type === "version";
    this.#isAddress = field.type === "ip";
    this.#isTime = field.type === "date" && field.dateFormats === undefined;
    this.#isNumber = field.type === "long" || field.type === "double";
  }

  /** How many of the column's times, which have the numbers from 1 on, are stored as they are: all or none. */
  plainTimes({ entry }: LogColumn): number {
    return this.#isTime ? entry.times : 0;
  }

  /** How many of the integers, whose numbers follow: all or none. */
  plainIntegers({ entry }: LogColumn): number {
    return this.#isNumber ? entry.integers : 0;
  }

  /** Calls for each value of the column that fits the field, and is none of the plain ones. */
  eachStored(
    column: LogColumn,
    strings: StringTable,
    visit: (number: number, stored: number | bigint) => void,
  ): void {
    const { times, integers, ascii } = column.entry;
    const isTextual = this.#isText || this.#isAddress;
    if (isTextual) this.#eachText(column, strings, visit);
    this.#eachOther(column, 1 + this.plainTimes(column), times, strings, visit);
    const before = times + integers;
    this.#eachOther(column, 1 + times + this.plainIntegers(column), before, strings, visit);
    const textsEnd = before + ascii;
    this.#eachOther(column, 1 + (isTextual ? textsEnd : before), column.distinct, strings, visit);
  }

  #eachText(
    column: LogColumn,
    strings: StringTable,
    visit: (number: number, stored: number | bigint) => void,
  ): void {
    const { view } = column;
    column.eachAscii((number, start, end) => {
      if (this.#isText || isDottedAddress(view, start, end)) {
        visit(number, strings.internAscii(view, start, end));
      } else this.#visitOne(column, number, strings, visit);
    });
  }

  /** The values from `first` to `last`. */
  #eachOther(
    column: LogColumn,
    first: number,
    last: number,
    strings: StringTable,
    visit: (number: number, stored: number | bigint) => void,
  ): void {
    for (let number = first; number <= last; number += 1) {
      this.#visitOne(column, number, strings, visit);
    }
  }

  #visitOne(
    column: LogColumn,
    number: number,
    strings: StringTable,
    visit: (number: number, stored: number | bigint) => void,
  ): void {
    const stored = this.#store(column.value(number), strings);
    if (stored !== null) visit(number, stored);
  }

  #store(value: Scalar, strings: StringTable): Stored {
    if (value === emptyObject) return null;
    if (value !== null) return this.#normalise(value, strings);
    const { nullValue } = this.field;
    return nullValue === undefined ? null : this.#normalise(nullValue, strings);
  }
}
