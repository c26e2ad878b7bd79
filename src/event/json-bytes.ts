/**
 * The grammar of JSON over bytes: where things end, checked as strictly as `JSON.parse` does. Every
 * method that looks for an end returns `leave` where the text is not JSON (or ends too soon).
 */
import { hashBytes, hashPrime, hashStart, readAhead } from "./string-table.ts";

/** What is returned for "this is no JSON, or nothing that is read here". */
export const leave = -1;

/** What a string is read as. */
export const normal = 0;
export const backslash = 2;
export const high = 4;
/** A key with dots in it. */
export const dot = 5;

const [tab, lineFeed, carriageReturn] = [0x09, 0x0a, 0x0d];
export const blank = 0x20;
export const quoteByte = 0x22;
export const comma = 0x2c;
export const minus = 0x2d;
export const colon = 0x3a;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;

/** In each byte of a word: the high bit, the bit that borrowing reaches, and characters to look for. */
const highBits = 0x80808080 | 0;
const ones = 0x01010101;
const blanks4 = 0x20202020;
const quotes4 = 0x22222222;
const dots4 = 0x2e2e2e2e;
const backslashes4 = 0x5c5c5c5c;

/**
 * The text must be followed by a control character (such as its line feed) and, from there on, by
 * `readAhead` bytes that can be read. Strings are read by words of four bytes: a byte that can't simply
 * be stepped over leaves its high bit set in `specials`, the first such byte exactly (later ones may be
 * marked by a borrow, and are not looked at).
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the text ends. */
  end: number = 0;
  /** Objects and arrays that are open. */
  depth: number = 0;
  /** Where the last string or key ended: its closing quote. */
  stringEnd: number = 0;
  /** What the last string with escapes stands for, where that is ASCII: its bytes and their number. */
  unescaped: DataView = new DataView(new ArrayBuffer(256));
  unescapedLength: number = 0;
  /** Hash (string-table.ts) of the last key, or of what the last string stands for, where that is ASCII. */
  hash: number = 0;
  readonly #nesting: number;

  /** At most `nesting` objects and arrays within each other. */
  constructor(nesting: number) {
    this.#nesting = nesting;
  }

  begin(bytes: Uint8Array, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
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

  /** Where the blanks from `from` on end; the line feed after the text is none of them. */
  blanks(from: number): number {
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
    const { view } = this;
    let hash = hashStart;
    let dots = 0;
    for (let at = start; ; at += 4) {
      const word = view.getInt32(at, true);
      const special = specials(word);
      const dotted = (word ^ dots4) - ones;
      if (special === 0) {
        hash = Math.imul(hash ^ word, hashPrime);
        dots |= dotted;
        continue;
      }
      const count = firstMarked(special);
      const mask = (1 << (count << 3)) - 1;
      hash = Math.imul(hash ^ (word & mask), hashPrime);
      dots |= dotted & mask;
      const end = at + count;
      if (end >= this.end || this.bytes[end] !== quoteByte) return leave;
      this.stringEnd = end;
      this.hash = hash ^ (hash >>> 15);
      return (dots & highBits) === 0 ? normal : dot;
    }
  }

  /**
   * Reads a string: `normal` for ASCII without escapes, `backslash` where it stands for ASCII (which is
   * in `unescaped`), `high` for any other, or `leave`. Sets its end, and the hash of ASCII.
   */
  string(start: number): number {
    const { view } = this;
    let hash = hashStart;
    for (let at = start; ; at += 4) {
      const word = view.getInt32(at, true);
      const special = specials(word);
      if (special === 0) {
        hash = Math.imul(hash ^ word, hashPrime);
        continue;
      }
      const count = firstMarked(special);
      const end = at + count;
      if (this.bytes[end] !== quoteByte) return this.#unusualString(start, end);
      if (end >= this.end) return leave;
      hash = Math.imul(hash ^ (word & ((1 << (count << 3)) - 1)), hashPrime);
      this.stringEnd = end;
      this.hash = hash ^ (hash >>> 15);
      return normal;
    }
  }

  /** Reads a string that is not ASCII without escapes; `[start, from)` is. */
  #unusualString(start: number, from: number): number {
    const { bytes, view } = this;
    this.#reserve(this.end - start);
    const out = this.unescaped;
    for (let i = 0; i < from - start; i += 4) out.setInt32(i, view.getInt32(start + i, true), true);
    let length = from - start;
    for (let at = from; ; ) {
      const word = view.getInt32(at, true);
      out.setInt32(length, word, true);
      const special = specials(word);
      const count = special === 0 ? 4 : firstMarked(special);
      at += count;
      length += count;
      if (special === 0) continue;
      const byte = bytes[at]!;
      if (byte === quoteByte) return this.#endUnescaped(at, length);
      if (byte >= 0x80) return this.#highString(at);
      if (byte !== 0x5c) return leave;
      const next = this.#escape(at);
      if (next === leave) return leave;
      const code = next === at + 2 ? escapes[bytes[at + 1]!]! : this.#hexCode(at + 2);
      if (code >= 0x80) return this.#highString(next);
      out.setUint8(length, code);
      length += 1;
      at = next;
    }
  }

  #endUnescaped(at: number, length: number): number {
    if (at >= this.end) return leave;
    this.stringEnd = at;
    this.unescapedLength = length;
    this.hash = hashBytes(this.unescaped, 0, length);
    return backslash;
  }

  /** Reads on from `from`, inside a string that stands for more than ASCII. */
  #highString(from: number): number {
    const end = this.#skipString(from);
    if (end === leave) return leave;
    this.stringEnd = end - 1;
    return high;
  }

  /** Makes room for `length` unescaped bytes. */
  #reserve(length: number): void {
    if (length + readAhead <= this.unescaped.byteLength) return;
    this.unescaped = new DataView(new ArrayBuffer(length * 2 + readAhead));
  }

  #hexCode(at: number): number {
    let code = 0;
    for (let i = at; i < at + 4; i += 1) code = code * 16 + hexValues[this.bytes[i]!]!;
    return code;
  }

  /** Where the escape at `at` ends, or `leave`: the control character after the text is part of none. */
  #escape(at: number): number {
    const next = this.bytes[at + 1]!;
    if (escapes[next] !== 0) return at + 2;
    if (next !== 0x75) return leave;
    for (let i = at + 2; i < at + 6; i += 1) {
      if (hexValues[this.bytes[i]!] === notHex) return leave;
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
    const { view } = this;
    for (let at = start; ; ) {
      const special = specials(view.getInt32(at, true));
      if (special === 0) {
        at += 4;
        continue;
      }
      at += firstMarked(special);
      const byte = this.bytes[at]!;
      if (byte === quoteByte) return at < this.end ? at + 1 : leave;
      if (byte >= 0x80) at += 1;
      else if (byte !== 0x5c) return leave;
      else {
        at = this.#escape(at);
        if (at === leave) return leave;
      }
    }
  }

  #skipArray(from: number): number {
    const { bytes } = this;
    if (!this.open()) return leave;
    let at = this.blanks(from + 1);
    if (bytes[at] === closeBracket) {
      this.close();
      return at + 1;
    }
    for (;;) {
      at = this.skip(at);
      if (at === leave) return leave;
      if (bytes[at]! <= blank) at = this.blanks(at);
      const byte = bytes[at];
      if (byte === closeBracket) {
        this.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at += 1;
      if (bytes[at]! <= blank) at = this.blanks(at);
    }
  }

  #skipObject(from: number): number {
    const { bytes } = this;
    if (!this.open()) return leave;
    let at = this.blanks(from + 1);
    if (bytes[at] === closeBrace) {
      this.close();
      return at + 1;
    }
    for (;;) {
      if (bytes[at] !== quoteByte) return leave;
      at = this.#skipString(at + 1);
      if (at === leave) return leave;
      if (bytes[at]! <= blank) at = this.blanks(at);
      if (bytes[at] !== colon) return leave;
      at += 1;
      if (bytes[at]! <= blank) at = this.blanks(at);
      at = bytes[at] === quoteByte ? this.#skipString(at + 1) : this.skip(at);
      if (at === leave) return leave;
      if (bytes[at]! <= blank) at = this.blanks(at);
      const byte = bytes[at];
      if (byte === closeBrace) {
        this.close();
        return at + 1;
      }
      if (byte !== comma) return leave;
      at += 1;
      if (bytes[at]! <= blank) at = this.blanks(at);
    }
  }
}

export const trueWord: Uint8Array = new TextEncoder().encode("true");
export const falseWord: Uint8Array = new TextEncoder().encode("false");
export const nullWord: Uint8Array = new TextEncoder().encode("null");
/** By the character after a backslash: the one that both stand for; 0 where there is none. */
const escapes: Uint8Array = escapeTable();
const notHex = 0xff;
const hexValues: Uint8Array = hexTable();

function escapeTable(): Uint8Array {
  const codes = new Uint8Array(256);
  const stands = { '"': 0x22, "\\": 0x5c, "/": 0x2f, b: 0x08, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 };
  for (const [character, code] of Object.entries(stands)) codes[character.charCodeAt(0)] = code;
  return codes;
}

function hexTable(): Uint8Array {
  const values = new Uint8Array(256).fill(notHex);
  for (const [value, digit] of [..."0123456789abcdef"].entries()) {
    values[digit.charCodeAt(0)] = value;
    values[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return values;
}

/** High bits of a word's bytes that are a quote, a backslash, a control character or not ASCII. */
function specials(word: number): number {
  return (
    (word | (word - blanks4) | ((word ^ quotes4) - ones) | ((word ^ backslashes4) - ones)) &
    highBits
  );
}

/** Which byte of a word has the lowest of the marks: 0 to 3. */
function firstMarked(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >>> 3;
}
