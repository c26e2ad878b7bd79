/** Text to tokens, in one pass; what can't be read is reported and becomes a `bad` token. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { maxDiagnostics } from "../diagnostic/diagnostic.ts";
import { type StringScan, scanPrefixed, scanQuoted, scanRaw } from "./lexer-string.ts";
import {
  curlyQuotes,
  emptyName,
  foreignOperator,
  invalidCodePoint,
  invalidEscape,
  type Place,
  rawStringPrefix,
  singleQuotedString,
  unexpectedCharacter,
  unterminatedComment,
  unterminatedName,
  unterminatedString,
} from "./syntax-errors.ts";
import { reservedWords, type Token, type TokenKind, tildeWords } from "./tokens.ts";

/** What the lexer found; the last token is always an `end`. */
export interface LexerResult {
  readonly tokens: readonly Token[];
  /** In the order of the text, at most `maxDiagnostics`. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Tokens of a query, comments and blanks left out; `placeOf` turns offsets of it into a place. */
export function tokenize(
  text: string,
  placeOf: (start: number, end: number) => Place,
): LexerResult {
  const lexer = new Lexer(text, placeOf);
  while (lexer.next());
  return { tokens: lexer.tokens, diagnostics: lexer.diagnostics };
}

const namePattern = /[A-Za-z_@][A-Za-z0-9_]*/y;
const variablePattern = /\$[A-Za-z_][A-Za-z0-9_]*/y;
const numberPattern = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const blankPattern = /(?:[ \t\r\n]+|\/\/[^\n]*)+/y;
const symbolPattern = /==|!=|<=|>=|[.,()[\]|?!+\-*/%<>:=]/y;
const curlyPattern = /[“”„][^“”"\r\n]*[“”]/y;
const foreignPattern = /&&|\|\||<>|!:/y;

/** Operators of other languages: what to write, and the token to go on with. */
const foreignOperators: Readonly<Record<string, { meant: string; kind: TokenKind; text: string }>> =
  {
    "&&": { meant: "and", kind: "keyword", text: "and" },
    "||": { meant: "or", kind: "keyword", text: "or" },
    "<>": { meant: "!=", kind: "symbol", text: "!=" },
    "!:": { meant: "not (field : pattern)", kind: "symbol", text: ":" },
  };

class Lexer {
  readonly tokens: Token[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #text: string;
  readonly #placeOf: (start: number, end: number) => Place;
  #at: number = 0;

  constructor(text: string, placeOf: (start: number, end: number) => Place) {
    this.#text = text;
    this.#placeOf = placeOf;
  }

  /** Reads one token; false once the end is reached. */
  next(): boolean {
    this.#skipBlanks();
    const start = this.#at;
    if (start >= this.#text.length) {
      this.#push("end", "", start);
      return false;
    }
    if (this.#readName(start) || this.#readQuoted(start) || this.#readForeign(start)) return true;
    const number = this.#match(numberPattern);
    if (number !== undefined) return this.#push("number", number, start);
    const symbol = this.#match(symbolPattern);
    if (symbol !== undefined) return this.#push("symbol", symbol, start);
    const variable = this.#match(variablePattern);
    if (variable !== undefined) return this.#push("variable", variable.slice(1), start);
    return this.#readUnknown(start);
  }

  #skipBlanks(): void {
    for (;;) {
      this.#match(blankPattern);
      if (!this.#text.startsWith("/*", this.#at)) return;
      this.#skipComment();
    }
  }

  #skipComment(): void {
    const start = this.#at;
    const mark = /\/\*|\*\//g;
    mark.lastIndex = start + 2;
    for (let depth = 1; depth > 0; ) {
      const found = mark.exec(this.#text);
      if (found === null) {
        this.#at = this.#text.length;
        this.#report(() => unterminatedComment(this.#placeOf(start, start + 2)));
        return;
      }
      depth += found[0] === "/*" ? 1 : -1;
      this.#at = mark.lastIndex;
    }
  }

  #readName(start: number): boolean {
    const name = this.#match(namePattern);
    if (name === undefined) return false;
    const tilde = this.#text[this.#at] === "~";
    if (reservedWords.has(name)) {
      if (!tilde || !tildeWords.has(name)) return this.#push("keyword", name, start);
      this.#at += 1;
      return this.#push("keyword", `${name}~`, start);
    }
    if (tilde) this.#at += 1;
    return this.#push(tilde ? "tilde-name" : "name", name, start);
  }

  #readQuoted(start: number): boolean {
    const first = this.#text[start];
    if (first === "`") return this.#readQuotedName(start);
    if (first === '"') {
      const raw = this.#text.startsWith('"""', start);
      const scan = raw ? scanRaw(this.#text, start) : scanQuoted(this.#text, start);
      return this.#finishString(start, scan, raw ? '"""' : '"', raw);
    }
    if (first === "'") {
      const scan = scanQuoted(this.#text, start);
      this.#report(() => singleQuotedString(this.#placeOf(start, scan.end)));
      return this.#finishString(start, { ...scan, closed: true, faults: [] }, "'", false);
    }
    const second = this.#text[start + 1];
    if (first === "?" && (second === '"' || second === "'")) {
      const scan = scanPrefixed(this.#text, start);
      this.#report(() => rawStringPrefix(this.#placeOf(start, scan.end)));
      return this.#finishString(start, { ...scan, closed: true }, second, false);
    }
    return false;
  }

  #finishString(start: number, scan: StringScan, quotes: string, raw: boolean): boolean {
    for (const fault of scan.faults) {
      const written = this.#text.slice(fault.start, fault.end);
      const place = (): Place => this.#placeOf(fault.start, fault.end);
      this.#report(() =>
        fault.kind === "escape"
          ? invalidEscape(place(), written)
          : invalidCodePoint(place(), written.slice(3, -1)),
      );
    }
    if (!scan.closed)
      this.#report(() => unterminatedString(this.#placeOf(start, scan.end), quotes));
    this.#at = scan.end;
    return this.#push("string", scan.value, start, raw);
  }

  #readQuotedName(start: number): boolean {
    let at = start + 1;
    for (; ; at += 1) {
      const character = this.#text[at];
      if (character === undefined || character === "\n" || character === "\r") {
        this.#at = at;
        this.#report(() => unterminatedName(this.#placeOf(start, at)));
        return this.#push("bad", "", start);
      }
      if (character !== "`") continue;
      if (this.#text[at + 1] !== "`") break;
      at += 1;
    }
    this.#at = at + 1;
    if (at === start + 1) {
      this.#report(() => emptyName(this.#placeOf(start, at + 1)));
      return this.#push("bad", "", start);
    }
    return this.#push("quoted-name", this.#text.slice(start + 1, at).replaceAll("``", "`"), start);
  }

  #readForeign(start: number): boolean {
    const written = this.#match(foreignPattern);
    if (written === undefined) return false;
    const { meant, kind, text } = foreignOperators[written]!;
    this.#report(() => foreignOperator(this.#placeOf(start, this.#at), written, meant));
    return this.#push(kind, text, start);
  }

  /** A run of characters without meaning is one error, so that a foreign text gives few. */
  #readUnknown(start: number): boolean {
    const curly = this.#match(curlyPattern);
    if (curly !== undefined) {
      this.#report(() => curlyQuotes(this.#placeOf(start, this.#at)));
      return this.#push("string", curly.slice(1, -1), start);
    }
    const character = String.fromCodePoint(this.#text.codePointAt(start)!);
    this.#at = start + character.length;
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) > 0x7f) this.#at += 1;
    this.#report(() => unexpectedCharacter(this.#placeOf(start, this.#at), character));
    return this.#push("bad", "", start);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #push(kind: TokenKind, text: string, start: number, raw = false): true {
    this.tokens.push({ kind, text, raw, start, end: this.#at });
    return true;
  }

  #report(make: () => Diagnostic): void {
    if (this.diagnostics.length < maxDiagnostics) this.diagnostics.push(make());
  }
}
