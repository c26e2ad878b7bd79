/** Diagnostics as text for people: the line, the marked place, and how to mend it. */
import type { Diagnostic } from "./diagnostic.ts";
import { positionOf } from "./source.ts";

export interface RenderOptions {
  /** Whether to use terminal colours; off unless asked for. */
  readonly colour?: boolean;
}

/** Longer lines are cut to about this many UTF-16 units around the marked place. */
const lineLengthMax = 160;

/** All diagnostics in the given order, a blank line between two, with a newline at the end. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: RenderOptions = {},
): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join("\n");
}

/** One diagnostic, each line ended by a newline; of a span over several lines the first is shown. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { severity, code, source, span } = diagnostic;
  const paint = painter(options.colour ?? false);
  const position = positionOf(source.text, span.start);
  const excerpt = excerptOf(source.text, span.start, span.end, position.column);
  const margin = " ".repeat(String(position.line).length);
  const bar = paint("gutter", "|");
  const label = diagnostic.label === undefined ? "" : ` ${visible(diagnostic.label)}`;
  const place = `${visible(source.name)}:${position.line}:${position.column}`;
  const lines = [
    `${paint(severity, `${severity}[${code}]`)}: ${visible(diagnostic.message)}`,
    `${margin}${paint("gutter", "-->")} ${place}`,
    `${margin} ${bar}`,
    `${paint("gutter", String(position.line))} ${bar} ${excerpt.line}`.trimEnd(),
    `${margin} ${bar} ${excerpt.indent}${paint(severity, `${excerpt.carets}${label}`)}`,
  ];
  if (diagnostic.help !== undefined) {
    lines.push(`${margin} ${paint("gutter", "=")} help: ${visible(diagnostic.help)}`);
  }
  return `${lines.join("\n")}\n`;
}

interface Excerpt {
  readonly line: string;
  /** What stands before the carets; holds a tab wherever the line does. */
  readonly indent: string;
  readonly carets: string;
}

function excerptOf(text: string, start: number, end: number, column: number): Excerpt {
  const lineStart = start - column + 1;
  const newline = text.indexOf("\n", start);
  let lineEnd = newline === -1 ? text.length : newline;
  if (lineEnd > lineStart && text[lineEnd - 1] === "\r") lineEnd -= 1;
  const markStart = Math.min(start, lineEnd);
  const markEnd = Math.max(markStart, Math.min(end, lineEnd));
  const window = windowOf(lineStart, lineEnd, markStart);
  const before = `${window.start > lineStart ? "..." : ""}${text.slice(window.start, markStart)}`;
  const marked = text.slice(markStart, Math.min(markEnd, window.end));
  const after = `${text.slice(markStart + marked.length, window.end)}${window.end < lineEnd ? "..." : ""}`;
  return {
    line: visible(before + marked + after),
    indent: visible(before).replace(/[^\t]/gu, (character) => " ".repeat(columnsOf(character))),
    carets: "^".repeat(Math.max(1, columnsOf(visible(marked)))),
  };
}

/** The part of a long line that is shown: the marked place with more after it than before. */
function windowOf(start: number, end: number, mark: number): { start: number; end: number } {
  if (end - start <= lineLengthMax) return { start, end };
  const first = Math.max(start, Math.min(mark - lineLengthMax / 4, end - lineLengthMax));
  return { start: first, end: Math.min(end, first + lineLengthMax) };
}

/** Control characters become visible: a rule's text must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/(?!\t)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** Terminal columns: none for a combining mark, two for East Asian wide characters and emoji. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) continue;
    columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

type Ink = "error" | "warning" | "gutter";

const inkCodes: Readonly<Record<Ink, string>> = { error: "1;31", warning: "1;33", gutter: "1;34" };

function painter(colour: boolean): (ink: Ink, text: string) => string {
  if (!colour) return (_ink, text) => text;
  return (ink, text) => `\u001b[${inkCodes[ink]}m${text}\u001b[0m`;
}
