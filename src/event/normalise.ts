/**
 * One scalar of an event to the value that a column of its field's type stores:
 *
 * | type    | from                                                   | stored                     |
 * |---------|--------------------------------------------------------|----------------------------|
 * | keyword | text; number and boolean as ECMAScript prints them     | string id                  |
 * | version | like keyword                                           | string id                  |
 * | ip      | text of an address, made canonical                     | string id                  |
 * | boolean | boolean; "true", "false"                               | 1 false, 2 true            |
 * | long    | number or its text, cut to an integer within 64 bits   | number where safe, bigint  |
 * | double  | number or its text, finite                             | number                     |
 * | date    | ISO 8601, the field's forms, a number or its text      | bigint, ns since the epoch |
 */
import { canonicalIp } from "../base/ip.ts";
import {
  compileDatePattern,
  type DateReader,
  parseEpoch,
  parseIso,
  type TimeUnit,
} from "../base/time.ts";
import type { Field } from "../schema/type.ts";
import type { StringTable } from "./string-table.ts";

/** A JSON value that is no object, array or null. */
export type ScalarInput = string | number | bigint | boolean;

/** Makes the stored value; null where the input does not fit the type. */
export type Normalise = (value: ScalarInput, strings: StringTable) => number | bigint | null;

/** How values of `field` are stored. `unit` is what its numbers count if it is a date. */
export function createNormaliser(field: Field, unit: TimeUnit): Normalise {
  switch (field.type) {
    case "keyword":
    case "version":
      return (value, strings) => strings.intern(String(value));
    case "ip":
      return normaliseIp;
    case "boolean":
      return normaliseBoolean;
    case "long":
      return normaliseLong;
    case "double":
      return normaliseDouble;
    case "date":
      return createDateReader(field.dateFormats ?? [], unit);
    case "object-list":
      return () => null;
    default:
      return field.type satisfies never;
  }
}

/**
 * Reads a date: text in one of `formats` or in ISO 8601, else a number of `unit` or its text. A format
 * that is no pattern reads nothing.
 */
export function createDateReader(
  formats: readonly string[],
  unit: TimeUnit,
): (value: ScalarInput) => bigint | null {
  const readers: DateReader[] = formats
    .map(compileDatePattern)
    .filter((reader): reader is DateReader => reader !== null);
  readers.push(parseIso);
  return (value) => {
    if (typeof value === "boolean") return null;
    if (typeof value !== "string") return parseEpoch(value, unit);
    for (const read of readers) {
      const time = read(value);
      if (time !== null) return time;
    }
    return parseEpoch(value, unit);
  };
}

function normaliseIp(value: ScalarInput, strings: StringTable): number | null {
  const text = typeof value === "string" ? canonicalIp(value) : null;
  return text === null ? null : strings.intern(text);
}

function normaliseBoolean(value: ScalarInput): number | null {
  if (value === true || value === "true") return 2;
  return value === false || value === "false" ? 1 : null;
}

function normaliseLong(value: ScalarInput): number | bigint | null {
  switch (typeof value) {
    case "number":
      return longFromNumber(value);
    case "bigint":
      return withinLong(value);
    case "string":
      return longFromText(value);
    default:
      return null;
  }
}

function normaliseDouble(value: ScalarInput): number | null {
  if (typeof value === "boolean") return null;
  if (typeof value === "string" && !numberText.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Decimal digits with sign, fraction and exponent; no blanks and no other base. */
const numberText: RegExp = /^([+-]?)(?:(\d+)(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
/** More digits than these can't be within 64 bits, whatever leading zeros they have. */
const maxDigits = 64;

function longFromText(text: string): number | bigint | null {
  const match = numberText.exec(text);
  if (match === null) return null;
  const [, sign, whole = "0", exponent] = match;
  if (exponent !== undefined) return longFromNumber(Number(text));
  if (whole.length > maxDigits) return null;
  return withinLong(sign === "-" ? -BigInt(whole) : BigInt(whole));
}

function longFromNumber(value: number): number | bigint | null {
  // Adding zero makes a negative zero positive.
  const whole = Math.trunc(value) + 0;
  if (Number.isSafeInteger(whole)) return whole;
  return Number.isFinite(whole) ? withinLong(BigInt(whole)) : null;
}

/** The value as a number where that is exact; null beyond 64 bits. */
function withinLong(value: bigint): number | bigint | null {
  if (BigInt.asIntN(64, value) !== value) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
