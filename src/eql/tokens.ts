/** The words of EQL: what the lexer makes and the parser reads. */

/**
 * - `name`: an identifier; `text` is it. `quoted-name`: `text` is what the backticks hold.
 * - `tilde-name`: an identifier with a tilde behind it, `text` without the tilde.
 * - `keyword`: a reserved word, with the tilde in `in~`, `like~`, `regex~`.
 * - `variable`: `$name`, `text` without the dollar. `string`: `text` is its value.
 * - `number`: digits as written, no sign. `symbol`: punctuation and operators.
 * - `bad`: what could not be read, already reported. `end`: behind the last token, empty.
 */
export type TokenKind =
  | "name"
  | "quoted-name"
  | "tilde-name"
  | "keyword"
  | "variable"
  | "string"
  | "number"
  | "symbol"
  | "bad"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Whether a string stood in three quotes. */
  readonly raw: boolean;
  readonly start: number;
  readonly end: number;
}

/** Words that name no field and no category unless quoted. */
export const reservedWords: ReadonlySet<string> = new Set([
  "and",
  "any",
  "by",
  "false",
  "fork",
  "in",
  "join",
  "like",
  "maxspan",
  "not",
  "null",
  "of",
  "or",
  "regex",
  "sample",
  "sequence",
  "true",
  "until",
  "where",
  "with",
]);

/** Keywords that have a case-insensitive form with a tilde. */
export const tildeWords: ReadonlySet<string> = new Set(["in", "like", "regex"]);

/** Whether a name can stand in a query without backticks. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_@][A-Za-z0-9_]*$/.test(name) && !reservedWords.has(name);
}

/** The keyword that a token is, or would be in lower case; undefined for every other token. */
export function wordOf(token: Token): string | undefined {
  if (token.kind === "keyword") return token.text;
  const lower = token.text.toLowerCase();
  if (token.kind === "name") return reservedWords.has(lower) ? lower : undefined;
  if (token.kind === "tilde-name") return tildeWords.has(lower) ? `${lower}~` : undefined;
  return undefined;
}
