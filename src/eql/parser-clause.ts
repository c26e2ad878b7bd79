/** Parses what stands around the steps of a sequence: `by`, `with maxspan=`, `with runs=`, `as`. */
import type { Span } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { Duration, DurationUnit, JoinKey, Step } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { atOperandStart } from "./lookahead.ts";
import { parseKeyExpression } from "./parser-expression.ts";
import {
  durationTooLarge,
  expectedAlias,
  expectedDuration,
  fractionalDuration,
  invalidRuns,
  joinKeyNotField,
  missingUnit,
  unknownUnit,
} from "./sequence-errors.ts";
import { expectedSymbol } from "./syntax-errors.ts";
import { wordOf } from "./tokens.ts";

/** Nanoseconds of each unit. */
const unitNs: Readonly<Record<DurationUnit, number>> = {
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

const units: readonly DurationUnit[] = ["ms", "s", "m", "h", "d"];

/** What other languages call the units. */
const unitWords: Readonly<Record<DurationUnit, RegExp>> = {
  ms: /^(ms|msecs?|millis|milliseconds?)$/i,
  s: /^(s|secs?|seconds?)$/i,
  m: /^(m|mins?|minutes?)$/i,
  h: /^(h|hrs?|hours?)$/i,
  d: /^(d|days?)$/i,
};

/** `a, ?b` behind `by`, added to `keys`; each key that is not a field is reported. */
export function parseKeys(cursor: Cursor, keys: JoinKey[]): void {
  for (;;) {
    const { start } = cursor.token;
    const key = parseKeyExpression(cursor);
    if (key?.kind === "field") keys.push(key);
    else if (key !== null) cursor.report(joinKeyNotField(cursor.place(cursor.spanFrom(start))));
    if (cursor.takeSymbol(",")) continue;
    if (!atOperandStart(cursor) || atAlias(cursor)) return;
    cursor.fail((place, found) => expectedSymbol(place, ",", found));
  }
}

/** Whether `as` stands here, which is a word only behind a step. */
export function atAlias(cursor: Cursor): boolean {
  return cursor.token.kind === "name" && cursor.token.text === "as";
}

/** `as name`, with the cursor at `as`. */
export function parseAlias(cursor: Cursor): Step["alias"] {
  cursor.advance();
  const { kind, text, start, end } = cursor.token;
  if (kind !== "name") {
    cursor.fail(expectedAlias);
    return null;
  }
  cursor.advance();
  return { name: text, span: { start, end } };
}

/** `=5`, behind `runs`. */
export function parseRuns(cursor: Cursor): Step["runs"] {
  takeEquals(cursor);
  const { kind, text, start, end } = cursor.token;
  const count = Number(text);
  const limit = cursor.limits.sequenceRuns;
  if (kind !== "number" || !/^[0-9]+$/.test(text) || count < 1 || count > limit) {
    cursor.fail((place) => invalidRuns(place, limit));
    if (cursor.atSymbol("-")) cursor.advance();
    if (cursor.token.kind === "number") cursor.advance();
    return null;
  }
  cursor.advance();
  return { count, span: { start, end } };
}

/** `=30s`, behind `maxspan`. */
export function parseMaxspan(cursor: Cursor): Duration | null {
  takeEquals(cursor);
  const { token } = cursor;
  if (token.kind !== "number") {
    cursor.fail(expectedDuration);
    if (token.kind === "string" || token.kind === "name") cursor.advance();
    return null;
  }
  cursor.advance();
  const isUnit = cursor.token.kind === "name" && wordOf(cursor.token) === undefined;
  const unit = isUnit ? cursor.advance().text : undefined;
  return durationOf(cursor, token.text, unit, cursor.spanFrom(token.start));
}

function durationOf(
  cursor: Cursor,
  digits: string,
  unit: string | undefined,
  span: Span,
): Duration | null {
  const place = cursor.place(span);
  const known = units.find((name) => name === unit);
  const isWhole = /^[0-9]+$/.test(digits);
  if (!isWhole) {
    cursor.report(fractionalDuration(place, exactDuration(Number(digits), known)));
  } else if (unit === undefined) {
    cursor.report(missingUnit(place, digits));
  } else if (known === undefined) {
    const near = units.find((name) => unitWords[name].test(unit)) ?? suggest(unit, units);
    cursor.report(unknownUnit(place, digits, unit, near));
  } else if (Number(digits) * unitNs[known] >= 2 ** 63) {
    cursor.report(durationTooLarge(place));
  } else {
    return { value: Number(digits), unit: known, span };
  }
  return null;
}

/** `1.5m` as a whole number of a smaller unit: `90s`. */
function exactDuration(value: number, unit: DurationUnit | undefined): string | undefined {
  if (unit === undefined) return undefined;
  for (const smaller of [...units].reverse()) {
    const count = (value * unitNs[unit]) / unitNs[smaller];
    if (Number.isSafeInteger(count) && count > 0) return `${count}${smaller}`;
  }
  return undefined;
}

function takeEquals(cursor: Cursor): void {
  if (cursor.takeSymbol("=")) return;
  cursor.fail((place, found) => expectedSymbol(place, "=", found));
  if (cursor.atSymbol("==") || cursor.atSymbol(":")) cursor.advance();
}
