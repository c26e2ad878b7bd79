/** Parses field paths, variables and number literals: the operands without an inside. */
import type { FieldExpression, Literal, LiteralExpression, VariableExpression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { isSymbol } from "./cursor.ts";
import {
  arrayIndex,
  expectedName,
  malformedNumber,
  numberTooLarge,
  numericSegment,
  reservedWord,
} from "./syntax-errors.ts";

const longMax = 0x7fff_ffff_ffff_ffffn;

/** `a.b`, `` a . `b-c` ``, `?a.b`; null where an error was reported. */
export function parseField(cursor: Cursor): FieldExpression | null {
  const { start } = cursor.token;
  const optional = cursor.takeSymbol("?");
  const first = parseSegment(cursor, true);
  if (first === null) return null;
  const rest = parseSegments(cursor);
  if (rest === null) return null;
  const span = cursor.spanFrom(start);
  return { kind: "field", segments: [first, ...rest], optional, span };
}

/** `$name` or `$name.a.b`. */
export function parseVariable(cursor: Cursor): VariableExpression | null {
  const { start, text } = cursor.advance();
  const segments = parseSegments(cursor);
  if (segments === null) return null;
  return { kind: "variable", name: text, segments, span: cursor.spanFrom(start) };
}

/** The number at the cursor, with the sign that was read before it at `start`. */
export function parseNumber(
  cursor: Cursor,
  sign: "" | "-" | "+",
  start: number,
): LiteralExpression | null {
  const token = cursor.advance();
  const next = cursor.token;
  if (next.start === token.end && (next.kind === "name" || next.kind === "keyword")) {
    const span = { start: token.start, end: next.end };
    cursor.report(malformedNumber(cursor.place(span), cursor.text.slice(span.start, span.end)));
    cursor.advance();
    return null;
  }
  const value = numberLiteral(sign === "-" ? `-${token.text}` : token.text);
  if (value === null) {
    cursor.report(numberTooLarge(cursor.place(token)));
    return null;
  }
  return { kind: "literal", value, span: cursor.spanFrom(start) };
}

/** An integer within 64 bits is a `long`, any other number a `double`; null beyond that. */
function numberLiteral(text: string): Literal | null {
  if (/^-?[0-9]+$/.test(text)) {
    const small = Number(text);
    if (Number.isSafeInteger(small)) return { type: "long", value: small === 0 ? 0 : small };
    const long = text.length <= 64 ? BigInt(text) : null;
    if (long !== null && long <= longMax && long >= -longMax - 1n) {
      return { type: "long", value: long };
    }
  }
  const value = Number(text);
  return Number.isFinite(value) ? { type: "double", value } : null;
}

/** The `.name` parts behind a first name; null where one was wrong. */
function parseSegments(cursor: Cursor): string[] | null {
  const segments: string[] = [];
  let complete = true;
  for (;;) {
    if (cursor.takeSymbol(".")) {
      const segment = parseSegment(cursor, false);
      if (segment === null) return null;
      segments.push(segment);
    } else if (atNumericSegment(cursor)) {
      const digits = cursor.token.text.slice(1);
      cursor.report(numericSegment(cursor.here(), digits));
      cursor.advance();
      complete = false;
    } else if (atIndex(cursor)) {
      const { start } = cursor.token;
      for (let i = 0; i < 3; i += 1) cursor.advance();
      cursor.report(arrayIndex(cursor.place(cursor.spanFrom(start))));
      complete = false;
    } else {
      return complete ? segments : null;
    }
  }
}

/** A keyword can be the first segment only in backticks; after a dot it is a name like any other. */
function parseSegment(cursor: Cursor, isFirst: boolean): string | null {
  const { token } = cursor;
  if (token.kind === "name" || token.kind === "quoted-name") return cursor.advance().text;
  if (token.kind === "keyword" && !token.text.endsWith("~")) {
    if (isFirst) cursor.report(reservedWord(cursor.here(), token.text));
    return cursor.advance().text;
  }
  cursor.fail(expectedName);
  return null;
}

/** `.0` directly behind a name was read as a number. */
function atNumericSegment(cursor: Cursor): boolean {
  const { token } = cursor;
  if (token.kind !== "number" || !token.text.startsWith(".")) return false;
  return cursor.spanFrom(token.start).end === token.start;
}

function atIndex(cursor: Cursor): boolean {
  if (!cursor.atSymbol("[") || cursor.peek(1).kind !== "number") return false;
  return isSymbol(cursor.peek(2), "]");
}
