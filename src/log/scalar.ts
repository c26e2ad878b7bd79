/** Values of events as columns keep them. */
import { parseJson } from "../base/json.ts";
import { formatIso } from "../base/time.ts";

/** An object without members, which rules see as a record of a list or as a value that does not fit. */
export const emptyObject: unique symbol = Symbol("{}");
/** A map would take a negative zero for zero. */
const negativeZero: unique symbol = Symbol("-0");

/** A JSON value that holds no other. */
export type Scalar = string | number | bigint | boolean | null | typeof emptyObject;
/** The same as a key of a map, in which values that differ are different keys. */
export type ScalarKey = Scalar | typeof negativeZero;

export function keyOf(value: Scalar): ScalarKey {
  return value === 0 && Object.is(value, -0) ? negativeZero : value;
}

/** The groups in which a dictionary has its entries. */
export type ScalarGroup = "ascii" | "integer" | "json";

/** The group of a key that is no time. */
export function groupOf(key: ScalarKey): ScalarGroup {
  if (typeof key === "string") return isAscii(key) ? "ascii" : "json";
  return typeof key === "number" && Number.isSafeInteger(key) ? "integer" : "json";
}

/** JSON text of a key, from which `parseScalar` makes the value again. */
export function scalarText(key: ScalarKey): string {
  if (key === emptyObject) return "{}";
  if (key === negativeZero) return "-0";
  if (typeof key === "string") return JSON.stringify(key);
  if (typeof key === "number" && !Number.isFinite(key)) return key > 0 ? "1e999" : "-1e999";
  return String(key);
}

/** Undefined where the text is no JSON value that holds no other. */
export function parseScalar(text: string): Scalar | undefined {
  if (text === "{}") return emptyObject;
  const result = parseJson(text);
  if (result.kind === "error") return undefined;
  const { value } = result;
  return typeof value === "object" && value !== null ? undefined : value;
}

/** Days before each month of a year that is no leap year, and of the year in all. */
const daysBefore: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/** A time as a text in the one usual form says it. */
export interface UsualTime {
  readonly timeNs: bigint;
  /** Of the fraction. */
  readonly digits: number;
}

/**
 * What `text` says where it is a time like `2026-01-02T03:04:05.678Z`, from 1970 to 2199, with up to nine digits in
 * its fraction, from which `timeText` makes exactly that text again; else null.
 */
export function usualTime(text: string): UsualTime | null {
  const { length } = text;
  if (length < 20 || length > 30 || length === 21 || text.charCodeAt(length - 1) !== 0x5a)
    return null;
  const isParted =
    text[4] === "-" && text[7] === "-" && text[10] === "T" && text[13] === ":" && text[16] === ":";
  if (!isParted || (length > 20 && text[19] !== ".")) return null;
  const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 5, 7), digitsAt(text, 8, 10)];
  const [hour, minute] = [digitsAt(text, 11, 13), digitsAt(text, 14, 16)];
  const second = digitsAt(text, 17, 19);
  if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1) return null;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return null;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const daysOfMonth = daysBefore[month]! - daysBefore[month - 1]! + (isLeap && month === 2 ? 1 : 0);
  if (day > daysOfMonth) return null;
  const digits = length === 20 ? 0 : length - 21;
  const fraction = digits === 0 ? 0 : digitsAt(text, 20, length - 1);
  if (fraction < 0) return null;
  const wholeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const timeNs = BigInt(wholeMs) * 1_000_000n + BigInt(fraction * 10 ** (9 - digits));
  return { timeNs, digits };
}

/** The number that the digits from `start` to `end` are; -1 where one is none. */
function digitsAt(text: string, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** The time with that many digits of a fraction, which cut off nothing but zeros. */
export function timeText(timeNs: bigint, digits: number): string {
  const seconds = timeNs / 1_000_000_000n;
  const fraction = timeNs - seconds * 1_000_000_000n;
  const whole = formatIso(seconds * 1_000_000_000n).slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  return `${whole}.${String(fraction).padStart(9, "0").slice(0, digits)}Z`;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
