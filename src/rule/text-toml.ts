/** Reads TOML with the place of the values of its tables, and follows the characters of strings. */
import { parse, TomlDate, TomlError } from "smol-toml";
import type { Span } from "../diagnostic/source.ts";
import {
  type Datum,
  type MapDatum,
  type MapEntry,
  type ParsedData,
  type Placement,
  placedAt,
  placedAtStart,
} from "./datum.ts";

/** One document, or the first error. */
export function parseTomlText(text: string): ParsedData {
  try {
    const value = parse(text.replace(/^\ufeff/, " "), {
      integersAsBigInt: "asNeeded",
      unsafeKeyBehaviour: "drop",
      maxDepth: 100,
    });
    const places = scanPlaces(text);
    const whole = { start: 0, end: text.length };
    return { kind: "documents", documents: [datumOf(text, value, "", places, whole)] };
  } catch (cause) {
    const span = cause instanceof TomlError ? errorSpan(text, cause) : { start: 0, end: 0 };
    return { kind: "failed", problems: [{ message: reasonOf(cause), span }] };
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof RangeError) return "nested too deeply";
  const message = cause instanceof Error ? cause.message : String(cause);
  return (message.replace(/^Invalid TOML document: /, "").split("\n", 1)[0] ?? "").replace(
    /\.$/,
    "",
  );
}

function errorSpan(text: string, error: TomlError): Span {
  let lineStart = 0;
  for (let line = 1; line < error.line; line += 1) {
    const lineBreak = text.indexOf("\n", lineStart);
    if (lineBreak === -1) break;
    lineStart = lineBreak + 1;
  }
  const start = Math.min(lineStart + error.column - 1, text.length);
  return { start, end: Math.min(start + 1, text.length) };
}

interface Place {
  readonly keySpan: Span;
  readonly valueSpan: Span;
}

/** Path of a value (`rule.query`, `actions.0.field`) to its place. */
type Places = ReadonlyMap<string, Place>;

/**
 * Where the `key = value` lines and table headers of a valid document stand. Values inside inline
 * tables and arrays are not listed: their place is that of the whole.
 */
function scanPlaces(text: string): Places {
  const places = new Map<string, Place>();
  const arrayCounts = new Map<string, number>();
  let table = "";
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (at = skipToToken(text, at); at < text.length; at = skipToToken(text, at)) {
    const start = at;
    if (text[at] === "[") {
      const isArray = text[at + 1] === "[";
      const key = readKey(text, at + (isArray ? 2 : 1), "]");
      table = tablePath(key.segments, isArray, arrayCounts);
      at = key.end + (isArray ? 2 : 1);
      places.set(table, { keySpan: { start, end: at }, valueSpan: { start, end: at } });
    } else {
      const key = readKey(text, at, "=");
      const valueStart = skipBlanks(text, key.end + 1);
      at = Math.max(valueEnd(text, valueStart), start + 1);
      const path = [table, ...key.segments].filter((part) => part !== "").join(pathSeparator);
      const valueSpan = { start: valueStart, end: trimEnd(text, valueStart, at) };
      places.set(path, { keySpan: { start, end: key.end }, valueSpan });
    }
  }
  return places;
}

/** No key of a rule holds it, unlike the dot. */
const pathSeparator = "\u0000";

/** `[a.b]` below the array of tables `[[a]]` belongs to the last element of `a`. */
function tablePath(
  segments: readonly string[],
  isArray: boolean,
  counts: Map<string, number>,
): string {
  let path = "";
  for (const [i, segment] of segments.entries()) {
    path = path === "" ? segment : path + pathSeparator + segment;
    const count = counts.get(path);
    if (isArray && i === segments.length - 1) {
      counts.set(path, (count ?? 0) + 1);
      path += `${pathSeparator}${count ?? 0}`;
    } else if (count !== undefined) {
      path += `${pathSeparator}${count - 1}`;
    }
  }
  return path;
}

/** A dotted key up to `stop`; `end` is the offset of the stop character. */
function readKey(text: string, from: number, stop: string): { segments: string[]; end: number } {
  const segments: string[] = [];
  let segment = "";
  let at = from;
  while (at < text.length && text[at] !== stop && text[at] !== "\n") {
    const char = text[at] ?? "";
    if (char === '"' || char === "'") {
      const end = stringEnd(text, at);
      segment += decodeString(text.slice(at, end))?.value ?? "";
      at = end;
    } else {
      if (char === ".") {
        segments.push(segment);
        segment = "";
      } else if (char !== " " && char !== "\t") {
        segment += char;
      }
      at += 1;
    }
  }
  segments.push(segment);
  return { segments, end: at };
}

/** The end of the value: the line's end or a comment, outside of strings and brackets. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at];
    if (char === '"' || char === "'") {
      at = stringEnd(text, at);
      continue;
    }
    if (char === "#") {
      if (depth === 0) return at;
      at = lineEnd(text, at);
      continue;
    }
    if (char === "\n" && depth === 0) return at;
    if (char === "[" || char === "{") depth += 1;
    if (char === "]" || char === "}") depth -= 1;
    at += 1;
  }
  return at;
}

/** The offset after the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  const quote = text[from] ?? "";
  const long = text.startsWith(quote.repeat(3), from);
  const close = long ? quote.repeat(3) : quote;
  let at = closeOf(text, from + close.length, close);
  at = Math.min(at + close.length, text.length);
  // Up to two quotes may stand right before the closing ones and belong to the value.
  if (long) for (let extra = 0; extra < 2 && text[at] === quote; extra += 1) at += 1;
  return at;
}

/** Where the closing quotes begin; the text's length where they are missing. */
function closeOf(text: string, from: number, close: string): number {
  let at = from;
  for (;;) {
    const end = text.indexOf(close, at);
    if (end === -1) return text.length;
    const backslash = close[0] === '"' ? text.indexOf("\\", at) : -1;
    if (backslash === -1 || backslash >= end) return end;
    at = backslash + 2;
  }
}

function skipToToken(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    if (text[at] === "#") at = lineEnd(text, at);
    else if (isSpace(text, at)) at += 1;
    else break;
  }
  return at;
}

function isSpace(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  // Few characters that stand here are beyond ASCII.
  return unit <= 0x20 ? /\s/.test(text[at]!) : unit > 0x7f && /\s/.test(text[at]!);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at += 1;
  return at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text, at - 1)) at -= 1;
  return at;
}

function datumOf(text: string, value: unknown, path: string, places: Places, around: Span): Datum {
  const span = places.get(path)?.valueSpan ?? around;
  if (typeof value === "string") {
    return { kind: "text", value, span, place: () => placeString(text, value, span) };
  }
  if (typeof value === "boolean") return { kind: "boolean", value, span };
  if (typeof value === "number" || typeof value === "bigint") {
    return {
      kind: "number",
      value: Number(value),
      written: text.slice(span.start, span.end),
      span,
    };
  }
  if (value instanceof TomlDate) {
    const written = value.toISOString();
    return { kind: "text", value: written, span, place: () => placedAtStart(written, span) };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => datumOf(text, item, below(path, String(i)), places, span));
    return { kind: "list", items, span };
  }
  return mapOf(text, value as Readonly<Record<string, unknown>>, path, places, span);
}

function mapOf(
  text: string,
  table: Readonly<Record<string, unknown>>,
  path: string,
  places: Places,
  span: Span,
): MapDatum {
  const entries = new Map<string, MapEntry>();
  for (const [key, value] of Object.entries(table)) {
    const keyPath = below(path, key);
    const keySpan = places.get(keyPath)?.keySpan ?? span;
    entries.set(key, { keySpan, value: datumOf(text, value, keyPath, places, span) });
  }
  return { kind: "map", entries, span };
}

function below(path: string, key: string): string {
  return path === "" ? key : path + pathSeparator + key;
}

/** A string that stands alone at `span`; one inside an array or inline table is not followed. */
function placeString(text: string, value: string, span: Span): Placement {
  const plain = plainPlace(text, value, span);
  if (plain !== null) return plain;
  const decoded = decodeString(text.slice(span.start, span.end));
  if (decoded === undefined || decoded.value !== value) return placedAtStart(value, span);
  const offsets = decoded.offsets.map((offset) => span.start + offset);
  return placedAt(text, value, offsets, span.start + decoded.end);
}

/** The place of a value that stands in the file as it is, in a string without escapes; null for others. */
function plainPlace(text: string, value: string, { start, end }: Span): Placement | null {
  const quote = text[start];
  if (quote !== "'" && (quote !== '"' || value.includes("\\"))) return null;
  const first = contentStart(text, start, end);
  const last = first + value.length;
  if (last + widthOf(text, start, end) !== end || !text.startsWith(value, first)) return null;
  return { span: { start: first, end: last }, offsets: null };
}

/** How many quotes a string begins and ends with. */
function widthOf(text: string, start: number, end: number): number {
  return end - start >= 6 && text.startsWith(text[start]!.repeat(3), start) ? 3 : 1;
}

/** Where what a string holds begins; a line break right after three quotes is none of it. */
function contentStart(text: string, start: number, end: number): number {
  const width = widthOf(text, start, end);
  if (width === 1) return start + 1;
  return start + 3 + (/^\r?\n/.exec(text.slice(start + 3, start + 5))?.[0].length ?? 0);
}

interface DecodedString {
  readonly value: string;
  /** Of each unit of the value, relative to the token. */
  readonly offsets: readonly number[];
  /** Offset of the closing quotes. */
  readonly end: number;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\u001b"],
  ['"', '"'],
  ["\\", "\\"],
]);

/** The value of a string token of any of the four kinds; undefined where it is none. */
function decodeString(token: string): DecodedString | undefined {
  const quote = token[0];
  if (quote !== '"' && quote !== "'") return undefined;
  const end = token.length - widthOf(token, 0, token.length);
  let at = contentStart(token, 0, token.length);
  const offsets: number[] = [];
  let value = "";
  while (at < end) {
    const from = at;
    let unit = token[at] ?? "";
    at += 1;
    if (unit === "\\" && quote === '"') {
      const decoded = readEscape(token, from);
      if (decoded === undefined) return undefined;
      unit = decoded.value;
      at = decoded.end;
    }
    value += unit;
    for (let i = 0; i < unit.length; i += 1) offsets.push(from);
  }
  return { value, offsets, end };
}

/** The escape at `from`; a backslash at a line's end stands for nothing. */
function readEscape(token: string, from: number): { value: string; end: number } | undefined {
  const continuation = /^\\[ \t]*\r?\n\s*/.exec(token.slice(from))?.[0];
  if (continuation !== undefined) return { value: "", end: from + continuation.length };
  const kind = token[from + 1] ?? "";
  const simple = escapes.get(kind);
  if (simple !== undefined) return { value: simple, end: from + 2 };
  const size = kind === "x" ? 2 : kind === "u" ? 4 : kind === "U" ? 8 : 0;
  const code = Number.parseInt(token.slice(from + 2, from + 2 + size), 16);
  if (size === 0 || Number.isNaN(code) || code > 0x10ffff) return undefined;
  return { value: String.fromCodePoint(code), end: from + 2 + size };
}
