/**
 * The grammar of JSON over bytes: where things end, checked as strictly as `JSON.parse` does. Every
 * method that looks for an end returns `leave` where the text is not JSON (or ends too soon).
 */
import { hashPrime, hashStart } from "./string-table.ts";

/** What is returned for "this is no JSON, or nothing that is read here". */
export const leave = -1;

/** Classes of bytes inside a string. */
export const normal = 0;
const quote = 1;
export const backslash = 2;
const control = 3;
export const high = 4;
export const dot = 5;

const [tab, lineFeed, carriageReturn, blank] = [0x09, 0x0a, 0x0d, 0x20];
export const quoteByte = 0x22;
export const comma = 0x2c;
export const minus = 0x2d;
export const colon = 0x3a;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;

const stringClasses: Uint8Array = classifyBytes(false);
const keyClasses: Uint8Array = classifyBytes(true);

export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the text ends. */
  end: number = 0;
  /** Objects and arrays that are open. */
  depth: number = 0;
  /** Where the last string or key ended: its closing quote. */
  stringEnd: number = 0;
  /** Hash (string-table.ts) of the last key without dots, or of the last ASCII string without escapes. */
  hash: number = 0;
  readonly #nesting: number;

  /** At most `nesting` objects and arrays within each other. */
  constructor(nesting: number) {
    this.#nesting = nesting;
  }

  begin(bytes: Uint8Array, end: number): void {
    this.bytes = bytes;
    this.end = end;
    this.depth = 0;
  }

  /** Goes one level deeper; false if that is too deep. */
  open(): boolean {
    this.depth += 1;
    return this.depth <= this.#nesting;
  }

  close(): void {
    this.depth -= 1;
  }

  /** Where the blanks from `from` on end. */
  blanks(from: number): number {
    if (from < this.end && this.bytes[from]! > blank) return from;
    let at = from;
    while (at < this.end) {
      const byte = this.bytes[at]!;
      if (byte !== blank && byte !== tab && byte !== lineFeed && byte !== carriageReturn) break;
      at += 1;
    }
    return at;
  }

  /** Reads a key; `normal`, `dot` where it holds one, or `leave`. Sets its end and hash. */
  key(start: number): number {
    const bytes = this.bytes;
    const last = this.end - 4;
    let hash = hashStart;
    let flags = normal;
    let at = start;
    while (at <= last) {
      const a = bytes[at]!;
      const b = bytes[at + 1]!;
      const c = bytes[at + 2]!;
      const d = bytes[at + 3]!;
      if ((keyClasses[a]! | keyClasses[b]! | keyClasses[c]! | keyClasses[d]!) !== normal) break;
      hash = Math.imul(hash ^ (a | (b << 8) | (c << 16) | (d << 24)), hashPrime);
      at += 4;
    }
    for (;;) {
      const byte = bytes[at]!;
      const byteClass = keyClasses[byte];
      if (byteClass === normal) hash = Math.imul(hash ^ byte, hashPrime);
      else if (byteClass === dot) flags = dot;
      else if (byteClass !== quote || at >= this.end) return leave;
      else break;
      at += 1;
    }
    this.stringEnd = at;
    this.hash = hash ^ (hash >>> 15);
    return flags;
  }

  /**
   * Reads a string; the worst class of byte in it, or `leave`. Sets its end, and its hash if ASCII. The
   * last loop runs to a quote, a control character or the end of the buffer, so that the end of the text
   * needs to be looked at only once.
   */
  string(start: number): number {
    const bytes = this.bytes;
    const last = this.end - 4;
    let hash = hashStart;
    let worst = normal;
    let at = start;
    while (at <= last) {
      const a = bytes[at]!;
      const b = bytes[at + 1]!;
      const c = bytes[at + 2]!;
      const d = bytes[at + 3]!;
      if (
        (stringClasses[a]! | stringClasses[b]! | stringClasses[c]! | stringClasses[d]!) !==
        normal
      ) {
        break;
      }
      hash = Math.imul(hash ^ (a | (b << 8) | (c << 16) | (d << 24)), hashPrime);
      at += 4;
    }
    for (;;) {
      const byte = bytes[at]!;
      const byteClass = stringClasses[byte];
      if (byteClass === normal) {
        hash = Math.imul(hash ^ byte, hashPrime);
        at += 1;
      } else if (byteClass === quote) break;
      else if (byteClass === high) {
        worst = high;
        at += 1;
      } else if (byteClass === backslash) {
        at = this.#escape(at);
        if (at === leave) return leave;
        if (worst === normal) worst = backslash;
      } else return leave;
    }
    this.stringEnd = at;
    this.hash = hash ^ (hash >>> 15);
    return at < this.end ? worst : leave;
  }

  /** Where the escape at `at` ends, or `leave`. */
  #escape(at: number): number {
    const next = this.bytes[at + 1];
    if (at + 1 >= this.end) return leave;
    if (next !== 0x75) return escapes[next!] === 0 ? leave : at + 2;
    for (let i = at + 2; i < at + 6; i += 1) {
      if (i >= this.end || hexDigits[this.bytes[i]!] === 0) return leave;
    }
    return at + 6;
  }

  word(at: number, word: Uint8Array): number {
    for (let i = 0; i < word.length; i += 1) {
      if (at + i >= this.end || this.bytes[at + i] !== word[i]) return leave;
    }
    return at + word.length;
  }

  /** Where the number at `from` ends by JSON's grammar, or `leave`. */
  numberEnd(from: number): number {
    const bytes = this.bytes;
    let at = bytes[from] === minus ? from + 1 : from;
    const digits = this.#digits(at);
    if (digits === at) return leave;
    if (bytes[at] === 0x30 && digits > at + 1) return leave;
    at = digits;
    if (at < this.end && bytes[at] === 0x2e) {
      const fraction = this.#digits(at + 1);
      if (fraction === at + 1) return leave;
      at = fraction;
    }
    if (at < this.end && (bytes[at]! | 0x20) === 0x65) {
      const sign = at + 1 < this.end ? bytes[at + 1] : 0;
      const first = sign === minus || sign === 0x2b ? at + 2 : at + 1;
      const exponent = this.#digits(first);
      if (exponent === first) return leave;
      at = exponent;
    }
    return at;
  }

  #digits(from: number): number {
    let at = from;
    while (at < this.end && this.bytes[at]! >= 0x30 && this.bytes[at]! <= 0x39) at += 1;
    return at;
  }

  /** Steps over an unwanted value, checking it all the same. */
  skip(at: number): number {
    if (at >= this.end) return leave;
    const byte = this.bytes[at]!;
    if (byte === quoteByte) return this.#skipString(at + 1);
    if (byte === openBrace) return this.#skipObject(at);
    if (byte === openBracket) return this.#skipArray(at);
    if (byte === 0x74) return this.word(at, trueWord);
    if (byte === 0x66) return this.word(at, falseWord);
    if (byte === 0x6e) return this.word(at, nullWord);
    return this.numberEnd(at);
  }

  #skipString(start: number): number {
    const bytes = this.bytes;
    const last = this.end - 4;
    let at = start;
    while (at <= last) {
      const classes =
        stringClasses[bytes[at]!]! |
        stringClasses[bytes[at + 1]!]! |
        stringClasses[bytes[at + 2]!]! |
        stringClasses[bytes[at + 3]!]!;
      if (classes !== normal) break;
      at += 4;
    }
    for (;;) {
      const byteClass = stringClasses[bytes[at]!];
      if (byteClass === normal || byteClass === high) at += 1;
      else if (byteClass === quote) return at < this.end ? at + 1 : leave;
      else if (byteClass !== backslash) return leave;
      else {
        at = this.#escape(at);
        if (at === leave) return leave;
      }
    }
  }

  #skipArray(from: number): number {
    if (!this.open()) return leave;
    let at = this.blanks(from + 1);
    if (this.bytes[at] === closeBracket && at < this.end) {
      this.close();
      return at + 1;
    }
    for (;;) {
      at = this.skip(at);
      if (at === leave) return leave;
      at = this.blanks(at);
      const byte = at < this.end ? this.bytes[at] : 0;
      if (byte === closeBracket) {
        this.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at = this.blanks(at + 1);
    }
  }

  #skipObject(from: number): number {
    if (!this.open()) return leave;
    let at = this.blanks(from + 1);
    if (this.bytes[at] === closeBrace && at < this.end) {
      this.close();
      return at + 1;
    }
    for (;;) {
      if (this.bytes[at] !== quoteByte || at >= this.end) return leave;
      at = this.#skipString(at + 1);
      if (at === leave) return leave;
      at = this.blanks(at);
      if (this.bytes[at] !== colon || at >= this.end) return leave;
      at = this.skip(this.blanks(at + 1));
      if (at === leave) return leave;
      at = this.blanks(at);
      const byte = at < this.end ? this.bytes[at] : 0;
      if (byte === closeBrace) {
        this.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at = this.blanks(at + 1);
    }
  }
}

export const trueWord: Uint8Array = new TextEncoder().encode("true");
export const falseWord: Uint8Array = new TextEncoder().encode("false");
export const nullWord: Uint8Array = new TextEncoder().encode("null");
const escapes: Uint8Array = flagBytes('"\\/bfnrt');
const hexDigits: Uint8Array = flagBytes("0123456789abcdefABCDEF");

function flagBytes(characters: string): Uint8Array {
  const flags = new Uint8Array(256);
  for (const character of characters) flags[character.charCodeAt(0)] = 1;
  return flags;
}

function classifyBytes(withDots: boolean): Uint8Array {
  const classes = new Uint8Array(256);
  classes.fill(control, 0, 0x20);
  classes.fill(high, 0x80);
  classes[quoteByte] = quote;
  classes[0x5c] = backslash;
  if (withDots) classes[0x2e] = dot;
  return classes;
}
