/** Reads YAML 1.2 with the place of every value, and follows the characters of its scalars. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { defaultLimits } from "../base/limits.ts";
import type { Span } from "../diagnostic/source.ts";
import {
  type DataProblem,
  type Datum,
  type MapEntry,
  type ParsedData,
  type Placement,
  placedAt,
  placedAtStart,
} from "./datum.ts";

/** Values of one file, aliases counted as often as they are used. */
const maxValues = 100_000;

/** All documents of the file that are not empty, or the errors. */
export function parseYamlText(text: string): ParsedData {
  const parsed = tryParse(text);
  if (typeof parsed === "string") {
    return { kind: "failed", problems: [{ message: parsed, span: { start: 0, end: 0 } }] };
  }
  const builder = new YamlBuilder(text);
  const documents: Datum[] = [];
  for (const document of parsed) {
    for (const error of document.errors) {
      const [start, end] = error.pos;
      builder.problem(firstLine(error.message), clip(text, start, end));
    }
    if (builder.problems.length === 0 && document.contents !== null) {
      const datum = builder.document(document.contents);
      if (datum.kind !== "null") documents.push(datum);
    }
  }
  if (builder.problems.length > 0) return { kind: "failed", problems: builder.problems };
  return { kind: "documents", documents };
}

/** The parser's recursion has no limit of its own, so an overflow is an answer as well. */
function tryParse(text: string): readonly Document[] | string {
  try {
    const documents = parseAllDocuments(text, {
      prettyErrors: false,
      logLevel: "silent",
      version: "1.2",
    });
    return Array.isArray(documents) ? documents : [];
  } catch (cause) {
    return cause instanceof RangeError ? "nested too deeply" : firstLine(String(cause));
  }
}

class YamlBuilder {
  readonly problems: DataProblem[] = [];
  readonly #text: string;
  /** Finished anchors of the document, with the number of values below each. */
  readonly #anchors: Map<string, { datum: Datum; size: number }> = new Map();
  #depth = 0;
  #size = 0;

  constructor(text: string) {
    this.#text = text;
  }

  problem(message: string, span: Span): void {
    this.problems.push({ message, span });
  }

  document(contents: unknown): Datum {
    this.#anchors.clear();
    return this.#node(contents, { start: 0, end: 0 });
  }

  #node(node: unknown, fallback: Span): Datum {
    if (isAlias(node)) return this.#alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return { kind: "null", span: fallback };
    const [start, end] = node.range ?? [fallback.start, fallback.end];
    const span = clip(this.#text, start, end);
    const sizeBefore = this.#size;
    this.#count(1, span);
    this.#depth += 1;
    const datum =
      this.#depth > defaultLimits.nesting
        ? this.#refuse(`nested deeper than ${defaultLimits.nesting}`, span)
        : isScalar(node)
          ? this.#scalar(node, span)
          : isMap(node)
            ? this.#map(node, span)
            : this.#list(node, span);
    this.#depth -= 1;
    if (node.anchor !== undefined) {
      this.#anchors.set(node.anchor, { datum, size: this.#size - sizeBefore });
    }
    return datum;
  }

  #alias(node: Alias): Datum {
    const [start, end] = node.range ?? [0, 0];
    const span = clip(this.#text, start, end);
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      return this.#refuse(`the alias \`*${node.source}\` has no finished anchor before it`, span);
    }
    this.#count(target.size, span);
    return target.datum;
  }

  #scalar(node: Scalar, span: Span): Datum {
    const { value } = node;
    if (value === null || value === undefined) return { kind: "null", span };
    if (typeof value === "boolean") return { kind: "boolean", value, span };
    if (typeof value === "number" || typeof value === "bigint") {
      return { kind: "number", value: Number(value), written: node.source ?? String(value), span };
    }
    const text = String(value);
    return {
      kind: "text",
      value: text,
      span,
      place: () => placeScalar(this.#text, node, text, span),
    };
  }

  #list(node: YAMLSeq, span: Span): Datum {
    return { kind: "list", items: node.items.map((item) => this.#node(item, span)), span };
  }

  #map(node: YAMLMap, span: Span): Datum {
    const entries = new Map<string, MapEntry>();
    for (const pair of node.items as readonly Pair[]) {
      const key = this.#node(pair.key, span);
      if (key.kind !== "text" && key.kind !== "number" && key.kind !== "boolean") {
        this.problem("a key must be a text", key.span);
        continue;
      }
      const name = key.kind === "number" ? key.written : String(key.value);
      const value = this.#node(pair.value, key.span);
      if (entries.has(name)) this.problem(`the key \`${name}\` is repeated`, key.span);
      entries.set(name, { keySpan: key.span, value });
    }
    return { kind: "map", entries, span };
  }

  #count(size: number, span: Span): void {
    const before = this.#size;
    this.#size += size;
    if (before <= maxValues && this.#size > maxValues) {
      this.problem(`more than ${maxValues} values`, span);
    }
  }

  #refuse(message: string, span: Span): Datum {
    this.problem(message, span);
    return { kind: "null", span };
  }
}

/** Follows a scalar's characters through its style; at worst it points at its start. */
function placeScalar(text: string, node: Scalar, value: string, span: Span): Placement {
  const style = node.type;
  if (style === "BLOCK_LITERAL") return placeLiteral(text, value, span);
  if (style === "BLOCK_FOLDED") {
    const body = text.indexOf("\n", span.start) + 1;
    return placeFolded(text, value, { start: body === 0 ? span.end : body, end: span.end });
  }
  const isQuoted = style === "QUOTE_SINGLE" || style === "QUOTE_DOUBLE";
  const inner = isQuoted ? { start: span.start + 1, end: span.end - 1 } : span;
  const decoded = decodeFlow(text.slice(inner.start, inner.end), style);
  if (decoded.value !== value) return placedAtStart(value, span);
  const offsets = decoded.offsets.map((offset) => inner.start + offset);
  return placedAt(text, value, offsets, inner.end);
}

/** `|`: each line of the value is the end of the file's line, whatever the indentation is. */
function placeLiteral(text: string, value: string, span: Span): Placement {
  const offsets: number[] = [];
  let lineStart = text.indexOf("\n", span.start) + 1;
  const lines = value.split("\n");
  for (const [i, line] of lines.entries()) {
    const lineBreak = text.indexOf("\n", lineStart);
    const breakAt = lineBreak === -1 ? text.length : lineBreak;
    const lineEnd = text[breakAt - 1] === "\r" && breakAt > lineStart ? breakAt - 1 : breakAt;
    const start = lineEnd - line.length;
    if (start < lineStart || !text.startsWith(line, start)) {
      // Only the part after the last line break may be missing from the file.
      if (i < lines.length - 1 || line !== "") return placedAtStart(value, span);
    }
    for (let k = 0; k < line.length; k += 1) offsets.push(start + k);
    if (i < lines.length - 1) offsets.push(Math.min(lineEnd, text.length));
    lineStart = Math.min(breakAt + 1, text.length);
  }
  return placedAt(text, value, offsets, Math.max(span.end, (offsets.at(-1) ?? span.start) + 1));
}

/** `>`: line breaks and indentation are changed, but nothing that can be seen. */
function placeFolded(text: string, value: string, span: Span): Placement {
  const offsets: number[] = [];
  let at = span.start;
  for (let i = 0; i < value.length; i += 1) {
    const unit = value[i] ?? "";
    if (!isBlank(unit)) {
      while (at < span.end && isBlank(text[at] ?? "")) at += 1;
      if (text[at] !== unit || at >= span.end) return placedAtStart(value, span);
    }
    offsets.push(Math.min(at, span.end));
    if (!isBlank(unit) || isBlank(text[at] ?? "")) at += 1;
  }
  return placedAt(text, value, offsets, span.end);
}

/** Escapes of double quotes that are one letter long (YAML 1.2.2, section 5.7). */
const escapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\u001b"],
  [" ", " "],
  ['"', '"'],
  ["/", "/"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);

const escapeForm = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^\r\n]))/y;
/** A line break with the blanks around it, and the empty lines after it. */
const foldForm = /[ \t]*\r?\n((?:[ \t]*\r?\n)*)[ \t]*/y;
const escapedFoldForm = /\\\r?\n((?:[ \t]*\r?\n)*)[ \t]*/y;

/** The value of a plain or quoted scalar, with the offset in `body` of each of its units. */
function decodeFlow(
  body: string,
  style: Scalar["type"],
): { readonly value: string; readonly offsets: readonly number[] } {
  const offsets: number[] = [];
  let value = "";
  for (let at = 0; at < body.length; ) {
    const [unit, size] = flowUnit(body, at, style);
    for (let i = 0; i < unit.length; i += 1) offsets.push(at);
    value += unit;
    at += size;
  }
  return { value, offsets };
}

/** The text that begins at `at`, and how much of the body it takes. */
function flowUnit(body: string, at: number, style: Scalar["type"]): readonly [string, number] {
  const char = body[at] ?? "";
  if (isBlank(char)) {
    const fold = matchAt(foldForm, body, at);
    if (fold === null) return [char, 1];
    return [breaksOf(fold[1]) || " ", fold[0].length];
  }
  if (char === "'" && style === "QUOTE_SINGLE") return [char, 2];
  if (char !== "\\" || style !== "QUOTE_DOUBLE") return [char, 1];
  const fold = matchAt(escapedFoldForm, body, at);
  if (fold !== null) return [breaksOf(fold[1]), fold[0].length];
  const [whole = "\\", x, u, long, letter] = matchAt(escapeForm, body, at) ?? [];
  const code = Number.parseInt(x ?? u ?? long ?? "", 16);
  if (Number.isNaN(code)) return [escapes.get(letter ?? "") ?? "", whole.length];
  return [code <= 0x10ffff ? String.fromCodePoint(code) : "", whole.length];
}

/** One line break for each empty line. */
function breaksOf(emptyLines: string | undefined): string {
  return "\n".repeat((emptyLines ?? "").split("\n").length - 1);
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  form.lastIndex = at;
  return form.exec(text);
}

function isBlank(unit: string): boolean {
  return unit === " " || unit === "\t" || unit === "\n" || unit === "\r";
}

function clip(text: string, start: number, end: number): Span {
  const from = Math.min(Math.max(start, 0), text.length);
  return { start: from, end: Math.min(Math.max(end, from), text.length) };
}

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").replace(/\.$/, "");
}
