/** Reads strict JSON (RFC 8259) with the place of every value; a repeated key is refused. */
import { defaultLimits } from "../base/limits.ts";
import type { Span } from "../diagnostic/source.ts";
import { type Datum, type MapEntry, type ParsedData, placedAt, type TextDatum } from "./datum.ts";

/** One document, or the first error. */
export function parseJsonText(text: string): ParsedData {
  const reader = new JsonReader(text);
  try {
    return { kind: "documents", documents: [reader.document()] };
  } catch (cause) {
    if (cause instanceof JsonProblem) {
      return { kind: "failed", problems: [{ message: cause.message, span: cause.span }] };
    }
    throw cause;
  }
}

/** Leaves the recursion at the first error; never leaves this file. */
class JsonProblem extends Error {
  readonly span: Span;

  constructor(message: string, span: Span) {
    super(message);
    this.span = span;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const wordForm = /[A-Za-z]+/y;

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Datum {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const datum = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail("something follows the value");
    return datum;
  }

  #value(): Datum {
    this.#skipBlanks();
    const char = this.#text[this.#at];
    if (char === "{" || char === "[") return this.#nested(char);
    if (char === '"') return this.#string();
    if (char === undefined) return this.#fail("a value is missing");
    return char === "-" || (char >= "0" && char <= "9") ? this.#number() : this.#word();
  }

  #nested(open: "{" | "["): Datum {
    this.#depth += 1;
    if (this.#depth > defaultLimits.nesting) {
      this.#fail(`nested deeper than ${defaultLimits.nesting}`);
    }
    const datum = open === "{" ? this.#object() : this.#array();
    this.#depth -= 1;
    return datum;
  }

  #object(): Datum {
    const start = this.#at++;
    const entries = new Map<string, MapEntry>();
    if (!this.#takes("}")) {
      do {
        this.#skipBlanks();
        if (this.#text[this.#at] !== '"') this.#fail("a key in double quotes is missing");
        const key = this.#string();
        if (entries.has(key.value)) {
          throw new JsonProblem(`the key \`${key.value}\` is repeated`, key.span);
        }
        if (!this.#takes(":")) this.#fail("`:` is missing");
        entries.set(key.value, { keySpan: key.span, value: this.#value() });
      } while (this.#takes(","));
      if (!this.#takes("}")) this.#fail("`,` or `}` is missing");
    }
    return { kind: "map", entries, span: { start, end: this.#at } };
  }

  #array(): Datum {
    const start = this.#at++;
    const items: Datum[] = [];
    if (!this.#takes("]")) {
      do items.push(this.#value());
      while (this.#takes(","));
      if (!this.#takes("]")) this.#fail("`,` or `]` is missing");
    }
    return { kind: "list", items, span: { start, end: this.#at } };
  }

  #string(): TextDatum {
    const start = this.#at++;
    const offsets: number[] = [];
    let value = "";
    for (;;) {
      const from = this.#at;
      const char = this.#text[from];
      if (char === undefined || char < " ") {
        return this.#fail(
          char === undefined ? "a string is not closed" : "a raw control character",
        );
      }
      this.#at += 1;
      if (char === '"') break;
      value += char === "\\" ? this.#escape() : char;
      offsets.push(from);
    }
    const span = { start, end: this.#at };
    const place = () => placedAt(this.#text, value, offsets, span.end - 1);
    return { kind: "text", value, span, place };
  }

  /** The UTF-16 unit that the escape after the backslash stands for. */
  #escape(): string {
    const char = this.#text[this.#at] ?? "";
    const simple = escapes.get(char);
    if (simple !== undefined) {
      this.#at += 1;
      return simple;
    }
    const digits = this.#text.slice(this.#at + 1, this.#at + 5);
    if (char !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("an unknown escape");
    this.#at += 5;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): Datum {
    numberForm.lastIndex = this.#at;
    const written = numberForm.exec(this.#text)?.[0];
    if (written === undefined) return this.#fail("a number is incomplete");
    const span = { start: this.#at, end: this.#at + written.length };
    this.#at = span.end;
    return { kind: "number", value: Number(written), written, span };
  }

  #word(): Datum {
    wordForm.lastIndex = this.#at;
    const word = wordForm.exec(this.#text)?.[0] ?? "";
    const span = { start: this.#at, end: this.#at + word.length };
    if (word !== "true" && word !== "false" && word !== "null") this.#fail("no JSON value");
    this.#at = span.end;
    return word === "null"
      ? { kind: "null", span }
      : { kind: "boolean", value: word === "true", span };
  }

  #takes(char: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #fail(message: string): never {
    const start = Math.min(this.#at, this.#text.length);
    throw new JsonProblem(message, { start, end: Math.min(start + 1, this.#text.length) });
  }
}
