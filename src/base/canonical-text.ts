/**
 * Canonical JSON from text to text, without values between: most of an event's text is canonical as it
 * stands, so members are sorted as slices of it. What is unusual is left to the parser (json.ts).
 */

/** Nested deeper than this is left to the parser, which has a limit of its own. */
const nesting = 64;
/** Integers of fewer digits are printed as they are read. */
const plainDigits = 16;

/** Controls, which stand in blanks or are refused, and surrogates, which may be lone. */
const unusual: RegExp = /[^ -\ud7ff\ue000-\uffff]/;
/** Escapes that are printed as they are read: all but `\/` and `\uXXXX`. */
const plainEscapes = '"\\bfnrt';
const numberToken: RegExp = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const codes = {
  blank: 0x20,
  quote: 0x22,
  comma: 0x2c,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** What `canonicalJson` gives for `text`, or null where only the parser can tell: for what is no JSON always. */
export function canonicalText(text: string): string | null {
  if (unusual.test(text)) return null;
  const walk = new Walk(text);
  const canonical = walk.value(0);
  return canonical !== null && walk.isAtEnd() ? canonical : null;
}

/** One pass over a text. All methods return null where they give up. */
class Walk {
  readonly #text: string;
  #at: number = 0;
  /** The first backslash at `#at` or later; the text's length where there is none. */
  #escape: number = -1;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return Number.isNaN(this.#next());
  }

  value(depth: number): string | null {
    const code = this.#next();
    if (code === codes.quote) return this.#string();
    if (code === codes.openObject) return depth < nesting ? this.#object(depth) : null;
    if (code === codes.openList) return depth < nesting ? this.#list(depth) : null;
    return this.#scalar();
  }

  #object(depth: number): string | null {
    this.#at += 1;
    if (this.#next() === codes.closeObject) return this.#take("{}");
    const names: string[] = [];
    const values: string[] = [];
    let isSorted = true;
    for (;;) {
      const quoted = this.#next() === codes.quote ? this.#string() : null;
      // Names are compared as they stand, so one with an escape is left to the parser.
      if (quoted === null || quoted.includes("\\")) return null;
      const name = quoted.slice(1, -1);
      const last = names.length - 1;
      if (last >= 0 && name <= names[last]!) isSorted = false;
      if (this.#next() !== codes.colon) return null;
      this.#at += 1;
      const value = this.value(depth + 1);
      if (value === null) return null;
      names.push(name);
      values.push(value);
      const code = this.#next();
      this.#at += 1;
      if (code === codes.closeObject) break;
      if (code !== codes.comma) return null;
    }
    return isSorted ? joined(names, values) : sorted(names, values);
  }

  #list(depth: number): string | null {
    this.#at += 1;
    if (this.#next() === codes.closeList) return this.#take("[]");
    let items = "";
    for (;;) {
      const item = this.value(depth + 1);
      if (item === null) return null;
      items += items === "" ? `[${item}` : `,${item}`;
      const code = this.#next();
      this.#at += 1;
      if (code === codes.closeList) return `${items}]`;
      if (code !== codes.comma) return null;
    }
  }

  /** The string that begins here, in quotes. */
  #string(): string | null {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    if (this.#escape < start) this.#findEscape(start);
    let isPlain = true;
    while (this.#escape < end) {
      if (!plainEscapes.includes(this.#text.charAt(this.#escape + 1))) isPlain = false;
      if (this.#escape + 1 === end) end = this.#text.indexOf('"', end + 1);
      this.#findEscape(this.#escape + 2);
    }
    if (end === -1) return null;
    this.#at = end + 1;
    const string = this.#text.slice(start, end + 1);
    return isPlain ? string : respelt(string);
  }

  #findEscape(from: number): void {
    const found = this.#text.indexOf("\\", from);
    this.#escape = found === -1 ? this.#text.length : found;
  }

  #scalar(): string | null {
    const start = this.#at;
    let digits = 0;
    for (; ; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at);
      if (code >= codes.zero && code <= codes.nine) digits += 1;
      else if (isEnd(code)) break;
    }
    const token = this.#text.slice(start, this.#at);
    const isInteger = digits === token.length && digits > 0 && digits < plainDigits;
    if (isInteger && (digits === 1 || token.charCodeAt(0) !== codes.zero)) return token;
    if (token === "true" || token === "false" || token === "null") return token;
    // Long integers are exact, and what is too large for a double has a form of its own.
    if (digits >= plainDigits || !numberToken.test(token)) return null;
    const value = Number(token);
    return Number.isFinite(value) ? String(value) : null;
  }

  /** Passes over a bracket that closes nothing but itself. */
  #take(text: string): string {
    this.#at += 1;
    return text;
  }

  /** The code of what comes after blanks; NaN at the end. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === codes.blank) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }
}

/** Whether a number or word ends before the code; NaN is the end of the text. */
function isEnd(code: number): boolean {
  return (
    code === codes.comma ||
    code === codes.closeObject ||
    code === codes.closeList ||
    code === codes.blank ||
    Number.isNaN(code)
  );
}

/** A string with its escapes as ECMAScript prints them; null if it is none. */
function respelt(string: string): string | null {
  try {
    return JSON.stringify(JSON.parse(string));
  } catch {
    return null;
  }
}

/** An object's text of its names, as they stand between quotes, and the texts of their values. */
function joined(names: readonly string[], values: readonly string[]): string {
  let members = `{"${names[0]!}":${values[0]!}`;
  for (let i = 1; i < names.length; i += 1) members += `,"${names[i]!}":${values[i]!}`;
  return `${members}}`;
}

/** Sorted by the names' UTF-16 units; null where a name occurs twice, of which the last one counts. */
function sorted(names: readonly string[], values: readonly string[]): string | null {
  const byName = new Map<string, string>();
  for (let i = 0; i < names.length; i += 1) byName.set(names[i]!, values[i]!);
  if (byName.size < names.length) return null;
  const order = [...names].sort();
  return joined(
    order,
    order.map((name) => byName.get(name)!),
  );
}
