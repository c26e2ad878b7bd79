/** Values of events as columns keep them. */
import { parseJson } from "../base/json.ts";
import { formatIso, parseIso } from "../base/time.ts";

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
export type ScalarGroup = "ascii" | "integer" | "time" | "json";

export function groupOf(key: ScalarKey): ScalarGroup {
  if (typeof key === "string") {
    if (timeDigits(key) !== -1) return "time";
    return isAscii(key) ? "ascii" : "json";
  }
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

const timePattern: RegExp = /^(?:19[789]\d|2[01]\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;

/**
 * Digits of the fraction where `text` is a time in the one usual form, from which `timeText` makes
 * exactly that text again; else -1.
 */
export function timeDigits(text: string): number {
  if (text.length < 20 || text.length > 30) return -1;
  const match = timePattern.exec(text);
  if (match === null) return -1;
  const digits = match[1]?.length ?? 0;
  const timeNs = parseIso(text);
  return timeNs !== null && timeText(timeNs, digits) === text ? digits : -1;
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
