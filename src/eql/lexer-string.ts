/** How one string literal is read: its value, where it ends, and what is wrong with it. */

/** A part of a string that is wrong, as offsets in the text. */
export interface StringFault {
  readonly kind: "escape" | "code-point";
  readonly start: number;
  readonly end: number;
}

export interface StringScan {
  readonly value: string;
  /** Behind the closing quote, or at the end of the line where that is missing. */
  readonly end: number;
  readonly closed: boolean;
  readonly faults: readonly StringFault[];
}

const simpleEscapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "'": "'",
  "\\": "\\",
};

const faultsMax = 100;

/** Reads a string in single or double quotes from its opening quote at `start`. */
export function scanQuoted(text: string, start: number): StringScan {
  const quote = text[start]!;
  const faults: StringFault[] = [];
  let value = "";
  let at = start + 1;
  let plain = at;
  while (at < text.length) {
    const character = text[at]!;
    if (character === quote) {
      return { value: value + text.slice(plain, at), end: at + 1, closed: true, faults };
    }
    if (character === "\n" || character === "\r") break;
    if (character !== "\\") {
      at += 1;
      continue;
    }
    const found = scanEscape(text, at);
    value += text.slice(plain, at) + found.value;
    if (found.fault !== null && faults.length < faultsMax) {
      faults.push({ kind: found.fault, start: at, end: found.end });
    }
    at = found.end;
    plain = at;
  }
  return { value: value + text.slice(plain, at), end: at, closed: false, faults };
}

/**
 * Reads `"""..."""` from its opening quotes. Up to two more quotes at the end belong to the value:
 * `"""a"""""` is `a""`.
 */
export function scanRaw(text: string, start: number): StringScan {
  const first = start + 3;
  let at = first;
  while (at < text.length && !isLineEnd(text, at)) {
    if (!text.startsWith('"""', at)) {
      at += 1;
      continue;
    }
    let end = at + 3;
    while (end < at + 5 && text[end] === '"') end += 1;
    return { value: text.slice(first, end - 3), end, closed: true, faults: [] };
  }
  return { value: text.slice(first, at), end: at, closed: false, faults: [] };
}

/** Reads `?"..."` or `?'...'`, which EQL once had, from the question mark. */
export function scanPrefixed(text: string, start: number): StringScan {
  const quote = text[start + 1]!;
  const first = start + 2;
  let at = first;
  while (at < text.length && !isLineEnd(text, at) && text[at] !== quote) {
    at += text[at] === "\\" && text[at + 1] === quote ? 2 : 1;
  }
  const closed = text[at] === quote;
  const value = text.slice(first, at).replaceAll(`\\${quote}`, quote);
  return { value, end: closed ? at + 1 : at, closed, faults: [] };
}

interface Escape {
  readonly value: string;
  readonly end: number;
  readonly fault: StringFault["kind"] | null;
}

function scanEscape(text: string, at: number): Escape {
  const letter = text[at + 1];
  const simple = letter === undefined ? undefined : simpleEscapes[letter];
  if (simple !== undefined) return { value: simple, end: at + 2, fault: null };
  if (letter === "u") {
    const match = /^\{([0-9A-Fa-f]{2,8})\}/.exec(text.slice(at + 2, at + 12));
    if (match !== null) return codePointEscape(match[1]!, at + 2 + match[0].length);
  }
  if (letter === undefined || isLineEnd(text, at + 1)) {
    return { value: "", end: at + 1, fault: "escape" };
  }
  const character = String.fromCodePoint(text.codePointAt(at + 1)!);
  return { value: character, end: at + 1 + character.length, fault: "escape" };
}

function codePointEscape(hex: string, end: number): Escape {
  const code = Number.parseInt(hex, 16);
  const valid = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid
    ? { value: String.fromCodePoint(code), end, fault: null }
    : { value: "\ufffd", end, fault: "code-point" };
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || text[at] === "\r";
}
