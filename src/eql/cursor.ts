/** The parser's place in the tokens, its open nesting, and the errors found so far. */
import type { Limits } from "../base/limits.ts";
import { type Diagnostic, maxDiagnostics } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";
import { tokenize } from "./lexer.ts";
import { keywordCase, nestingLimit, type Place } from "./syntax-errors.ts";
import { type Token, wordOf } from "./tokens.ts";

/** A text to parse, and where it stands in its file. */
export interface ParserInput {
  readonly source: SourceText;
  /** The query; spans of the tree are offsets in it. */
  readonly text: string;
  /** Turns an offset of `text` (its length included) into one of `source.text`. */
  readonly mapOffset: (offset: number) => number;
  readonly limits: Limits;
}

export class Cursor {
  readonly text: string;
  readonly limits: Limits;
  readonly diagnostics: Diagnostic[] = [];
  /** Whether a blank may end an operand, as between the arguments of a pipe. */
  spaceSeparated: boolean = false;
  readonly #input: ParserInput;
  readonly #tokens: readonly Token[];
  #index: number = 0;
  #failedAt: number = -1;
  #depth: number = 0;
  #isTooDeep: boolean = false;

  constructor(input: ParserInput) {
    this.#input = input;
    this.text = input.text;
    this.limits = input.limits;
    const { tokens, diagnostics } = tokenize(input.text, (start, end) =>
      this.place({ start, end }),
    );
    this.#tokens = tokens;
    this.diagnostics.push(...diagnostics);
  }

  get token(): Token {
    return this.#tokens[this.#index]!;
  }

  /** The token `count` places further on; the end token from there on. */
  peek(count: number): Token {
    return this.#tokens[Math.min(this.#index + count, this.#tokens.length - 1)]!;
  }

  atEnd(): boolean {
    return this.token.kind === "end";
  }

  atSymbol(symbol: string): boolean {
    return isSymbol(this.token, symbol);
  }

  /** Whether the token is that keyword, in whatever case. */
  atWord(word: string): boolean {
    return wordOf(this.token) === word;
  }

  /** Steps over the token (never over the end) and gives it. */
  advance(): Token {
    const token = this.token;
    if (token.kind !== "end") this.#index += 1;
    return token;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false;
    this.advance();
    return true;
  }

  /** Steps over a keyword; one in the wrong case is reported and taken all the same. */
  takeWord(word: string): boolean {
    if (!this.atWord(word)) return false;
    if (this.token.kind !== "keyword") {
      this.report(keywordCase(this.here(), this.written(this.token)));
    }
    this.advance();
    return true;
  }

  /** From `start` to the end of the last token that was stepped over. */
  spanFrom(start: number): Span {
    const end = this.#index === 0 ? start : this.#tokens[this.#index - 1]!.end;
    return { start, end: Math.max(start, end) };
  }

  /** A span of the query as a place in its file. */
  place(span: Span): Place {
    const { source, mapOffset } = this.#input;
    const start = mapOffset(span.start);
    return { source, span: { start, end: Math.max(start, mapOffset(span.end)) } };
  }

  /** The place of the token. */
  here(): Place {
    return this.place(this.token);
  }

  /** A token as the query has it, cut to a readable length. */
  written(token: Token): string {
    const written = this.text.slice(token.start, Math.min(token.end, token.start + 40));
    return token.end - token.start > 40 ? `${written}...` : written;
  }

  /** The token as an error message names it. */
  found(): string {
    if (this.token.kind === "end") return "the end";
    const written = this.written(this.token);
    return written.includes("`") ? `\`\` ${written} \`\`` : `\`${written}\``;
  }

  report(diagnostic: Diagnostic): void {
    if (this.diagnostics.length < 2 * maxDiagnostics) this.diagnostics.push(diagnostic);
  }

  /** Reports an error at the token, unless one there was reported already. */
  fail(make: (place: Place, found: string) => Diagnostic): void {
    if (this.#failedAt === this.#index) return;
    this.#failedAt = this.#index;
    if (this.token.kind !== "bad") this.report(make(this.here(), this.found()));
  }

  /** Goes one level down; false, with the error reported and its text skipped, at the limit. */
  enter(): boolean {
    if (this.#depth < this.limits.nesting) {
      this.#depth += 1;
      return true;
    }
    this.failDeep(this.token);
    this.skipOperand();
    return false;
  }

  /** Reports nesting beyond the limit, once for a text. */
  failDeep(span: Span): void {
    if (!this.#isTooDeep) this.report(nestingLimit(this.place(span), this.limits.nesting));
    this.#isTooDeep = true;
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Steps to where a condition can go on: `and`, `or`, a comma, or the end of what holds it. */
  skipOperand(): void {
    let parens = 0;
    let brackets = 0;
    for (; !this.atEnd(); this.advance()) {
      const { token } = this;
      if (isSymbol(token, "|") || this.atStep()) return;
      if (isSymbol(token, "]") && brackets === 0) return;
      if (isSymbol(token, ")") && parens === 0) return;
      const isNested = parens > 0 || brackets > 0;
      if (!isNested && (isSymbol(token, ",") || this.atWord("and") || this.atWord("or"))) return;
      if (isSymbol(token, "(")) parens += 1;
      else if (isSymbol(token, ")")) parens -= 1;
      else if (isSymbol(token, "[")) brackets += 1;
      else if (isSymbol(token, "]")) brackets -= 1;
    }
  }

  /** Steps to the first token for which `stop` holds, or the end. */
  skipUntil(stop: () => boolean): void {
    while (!this.atEnd() && !stop()) this.advance();
  }

  /** Whether a step of a sequence seems to begin here: `[category where`, `![category where`. */
  atStep(): boolean {
    const bang = isSymbol(this.token, "!") ? 1 : 0;
    if (!isSymbol(this.peek(bang), "[")) return false;
    return wordOf(this.peek(bang + 2)) === "where" && !this.#isBehindOf();
  }

  #isBehindOf(): boolean {
    const before = this.#tokens[this.#index - 1];
    return before !== undefined && wordOf(before) === "of";
  }
}

export function isSymbol(token: Token, symbol: string): boolean {
  return token.kind === "symbol" && token.text === symbol;
}
