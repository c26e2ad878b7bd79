/** What the parser of conditions asks of the next token, without building anything. */
import type { CompareExpression, MatchExpression } from "./ast.ts";
import { type Cursor, isSymbol } from "./cursor.ts";
import { singleEquals, unexpectedToken } from "./syntax-errors.ts";
import type { Token } from "./tokens.ts";

/** After an operand only `and`, `or` or the end of the condition may come; all else is skipped. */
export function settle(cursor: Cursor): void {
  if (atConditionEnd(cursor) || cursor.atWord("and") || cursor.atWord("or")) return;
  if (cursor.atSymbol(")") || cursor.atSymbol(",") || cursor.atStep()) return;
  if (cursor.spaceSeparated && atOperandStart(cursor)) return;
  cursor.fail(unexpectedToken);
  cursor.skipOperand();
}

export function atConditionEnd(cursor: Cursor): boolean {
  return cursor.atEnd() || cursor.atSymbol("]") || cursor.atSymbol("|");
}

/** `not`, in whatever case, or the `!` of other languages. */
export function atNot(cursor: Cursor): boolean {
  const { token } = cursor;
  if (isSymbol(token, "!")) return !cursor.atStep();
  if (token.kind === "keyword") return token.text === "not";
  return cursor.atWord("not") && isOperandStart(cursor.peek(1)) && !isSymbol(cursor.peek(1), "(");
}

export const comparisons: readonly string[] = ["==", "!=", "<", "<=", ">", ">=", "="];

export function atComparison(cursor: Cursor): boolean {
  return cursor.token.kind === "symbol" && comparisons.includes(cursor.token.text);
}

export function takeComparison(cursor: Cursor): CompareExpression["operator"] | undefined {
  if (!atComparison(cursor)) return undefined;
  if (cursor.atSymbol("=")) cursor.fail(singleEquals);
  const { text } = cursor.advance();
  return text === "=" ? "==" : (text as CompareExpression["operator"]);
}

export function isMatchOperator(word: string | undefined): word is MatchExpression["operator"] {
  return (
    word === ":" || word === "like" || word === "like~" || word === "regex" || word === "regex~"
  );
}

export function atArithmetic(cursor: Cursor): boolean {
  return ["+", "-", "*", "/", "%"].some((symbol) => cursor.atSymbol(symbol));
}

export function atOperandStart(cursor: Cursor): boolean {
  return isOperandStart(cursor.token);
}

export function isOperandStart(token: Token): boolean {
  if (token.kind === "symbol") return token.text === "(" || token.text === "?";
  if (token.kind === "keyword") return ["true", "false", "null", "not"].includes(token.text);
  return token.kind !== "end" && token.kind !== "bad";
}
