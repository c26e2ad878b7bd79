/**
 * JSON texts (RFC 8259) to values, with integers kept exact: what a double can't hold becomes a bigint.
 * `JSON.parse` does the work where the text has no such number; where it has, and for messages that
 * are the same on every runtime, a strict parser of our own does.
 */
import { canonicalText } from "./canonical-text.ts";
import { defaultLimits } from "./limits.ts";

/** A JSON value; integers that are no safe numbers are bigints. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** What `parseJson` returns: the value, or why there is none. */
export type JsonResult = { readonly kind: "value"; readonly value: JsonValue } | JsonError;

/** `offset` is the place in UTF-16 units, `0 <= offset <= text.length`. */
export interface JsonError {
  readonly kind: "error";
  readonly code: "invalid-json" | "too-deep";
  readonly message: string;
  readonly offset: number;
}

/** Integers of more digits than this are read as doubles: exact arithmetic on them has no bound. */
const maxExactDigits = 4096;
/** An own limit, since canonical texts are made of events that the decoder's limit has let through. */
const canonicalNesting = 2048;

/** Parses `text`; arrays and objects may be nested `nesting` deep. Duplicate keys: the last wins. */
export function parseJson(text: string, nesting: number = defaultLimits.nesting): JsonResult {
  if (longNumber.test(text) || mayNestDeeper(text, nesting)) return parseExactly(text, nesting);
  try {
    return { kind: "value", value: JSON.parse(text) as JsonValue };
  } catch {
    return parseExactly(text, nesting);
  }
}

/** `parseJson` by the own parser alone; the two give the same values and refuse the same texts. */
export function parseExactly(text: string, nesting: number = defaultLimits.nesting): JsonResult {
  const parser = new JsonParser(text, nesting);
  try {
    return { kind: "value", value: parser.document() };
  } catch (error) {
    if (!(error instanceof JsonFailure)) throw error;
    return { kind: "error", code: error.code, message: error.message, offset: error.offset };
  }
}

/**
 * The one text of all texts that mean the same value: keys sorted by UTF-16 unit, no blanks, strings
 * and numbers as ECMAScript prints them (so far RFC 8785), but integers beyond 2^53 with all their
 * digits. Throws a SyntaxError if `text` is no JSON.
 */
export function canonicalJson(text: string): string {
  return canonicalText(text) ?? canonicalByValue(text);
}

/** `canonicalJson` by way of the value, for all texts. */
export function canonicalByValue(text: string): string {
  const result = parseJson(text, canonicalNesting);
  if (result.kind === "error") throw new SyntaxError(result.message);
  return printCanonical(result.value);
}

/** The canonical text of a value, as `canonicalJson` gives it. */
export function printCanonical(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(printCanonical).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${printCanonical(value[key]!)}`);
  return `{${members.join(",")}}`;
}

/** A number too large for a double prints as one that reads back as too large. */
function printNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "1e999" : "-1e999";
}

/** Sixteen digits where a number may begin: only such an integer can be beyond 2^53. */
const longNumber: RegExp = /(?:^|[:,[\s-])[0-9]{16}/;

/** Whether there are more opening brackets (in strings too) than `nesting`. */
function mayNestDeeper(text: string, nesting: number): boolean {
  if (text.length <= nesting) return false;
  return countOf(text, "{", nesting) + countOf(text, "[", nesting) > nesting;
}

/** How often `char` occurs, counted up to one more than `limit`. */
function countOf(text: string, char: string, limit: number): number {
  let count = 0;
  for (let at = text.indexOf(char); at !== -1 && count <= limit; at = text.indexOf(char, at + 1)) {
    count += 1;
  }
  return count;
}

/** Unwinds the parser; never leaves this module. */
class JsonFailure extends Error {
  readonly code: JsonError["code"];
  readonly offset: number;

  constructor(code: JsonError["code"], message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

const numberToken: RegExp = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Units that a JSON string may hold unescaped: all but the quote, the backslash and controls. */
const plainText: RegExp = /[ !#-[\]-\uffff]*/y;
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class JsonParser {
  readonly #text: string;
  readonly #nesting: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, nesting: number) {
    this.#text = text;
    this.#nesting = nesting;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(): JsonValue {
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    this.#enter();
    const object: JsonObject = {};
    if (!this.#tryTake("}")) {
      do {
        this.#skipBlanks();
        if (this.#text[this.#at] !== '"') throw this.#unexpected();
        const key = this.#string();
        this.#take(":");
        setOwn(object, key, this.#value());
      } while (this.#tryTake(","));
      this.#take("}");
    }
    this.#depth -= 1;
    return object;
  }

  #array(): JsonValue[] {
    this.#enter();
    const items: JsonValue[] = [];
    if (!this.#tryTake("]")) {
      do items.push(this.#value());
      while (this.#tryTake(","));
      this.#take("]");
    }
    this.#depth -= 1;
    return items;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#nesting) {
      const message = `nested deeper than ${this.#nesting} levels at offset ${this.#at}`;
      throw new JsonFailure("too-deep", message, this.#at);
    }
    this.#at += 1;
  }

  #string(): string {
    let value = "";
    this.#at += 1;
    for (;;) {
      value += this.#match(plainText);
      const unit = this.#text[this.#at];
      if (unit === '"') break;
      if (unit !== "\\") throw this.#unexpected();
      value += this.#escape();
    }
    this.#at += 1;
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw this.#unexpected();
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const value = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined;
    if (value === undefined) throw this.#unexpected();
    this.#at += 2;
    return value;
  }

  #number(): number | bigint {
    const token = this.#match(numberToken);
    if (token === "") throw this.#unexpected();
    const value = Number(token);
    if (Number.isSafeInteger(value) || token.length > maxExactDigits) return value;
    return /^-?[0-9]+$/.test(token) ? BigInt(token) : value;
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  /** What the sticky expression matches here, which is passed over. */
  #match(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #take(char: string): void {
    if (!this.#tryTake(char)) throw this.#unexpected();
  }

  #tryTake(char: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    }
  }

  #unexpected(): JsonFailure {
    const unit = this.#text[this.#at];
    const what = unit === undefined ? "end of text" : JSON.stringify(unit);
    const message = `unexpected ${what} at offset ${this.#at}`;
    return new JsonFailure("invalid-json", message, this.#at);
  }
}

/** Sets a key of the object itself, whatever its name: `__proto__` is a key like any other. */
function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== "__proto__") object[key] = value;
  else {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
