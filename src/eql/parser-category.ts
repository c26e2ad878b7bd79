/** Parses the event category in front of `where`. */
import type { Category } from "./ast.ts";
import { type Cursor, isSymbol } from "./cursor.ts";
import { expectedCategory, reservedCategory, unquotedCategory } from "./syntax-errors.ts";
import { type Token, wordOf } from "./tokens.ts";

/** The event category; null where an error was reported. */
export function parseCategory(cursor: Cursor): Category | null {
  const { token } = cursor;
  const span = { start: token.start, end: token.end };
  const isLast = wordOf(cursor.peek(1)) === "where";
  if (token.kind === "string") {
    cursor.advance();
    return { name: token.text, quoted: true, span };
  }
  if (token.kind === "name") {
    const name = cursor.advance().text;
    return isLast ? { name, quoted: false, span } : parseDashedCategory(cursor, name, token.start);
  }
  if (token.kind === "quoted-name") {
    cursor.report(unquotedCategory(cursor.here(), token.text));
    cursor.advance();
    return { name: token.text, quoted: true, span };
  }
  if (token.kind === "keyword" && (token.text === "any" || isLast)) {
    if (token.text !== "any") cursor.report(reservedCategory(cursor.here(), token.text));
    cursor.advance();
    return { name: token.text, quoted: token.text !== "any", span };
  }
  cursor.fail(expectedCategory);
  if (isLast) cursor.advance();
  return null;
}

/** `my-category` or `my.category` without quotes: one error, then as if they were there. */
function parseDashedCategory(cursor: Cursor, first: string, start: number): Category {
  const before = cursor.spanFrom(start);
  let count = 0;
  while (isJoint(cursor.peek(count)) && cursor.peek(count + 1).kind === "name") count += 2;
  if (count === 0 || wordOf(cursor.peek(count)) !== "where") {
    return { name: first, quoted: false, span: before };
  }
  for (; count > 0; count -= 1) cursor.advance();
  const span = cursor.spanFrom(start);
  const name = cursor.text.slice(span.start, span.end);
  cursor.report(unquotedCategory(cursor.place(span), name));
  return { name, quoted: true, span };
}

function isJoint(token: Token): boolean {
  return isSymbol(token, "-") || isSymbol(token, ".");
}
