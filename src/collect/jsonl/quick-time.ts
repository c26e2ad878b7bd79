/** The time of most events without parsing them: sorting needs no more of an event. */
import { parseIso } from "../../base/time.ts";

const key = '"@timestamp"';
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** Escapes of the key's own letters, with which it could be written a second time. */
const escapedLetter = /\\u00(?:40|6[159d]|7[034])/i;

/**
 * The time that a decoder reads from the text of an event whose `@timestamp` is a plain ISO time in
 * UTC; null where that is not certain, so that the event has to be parsed. Of text that is no valid
 * JSON it may give a time too.
 */
export function quickTime(line: string): bigint | null {
  const at = line.indexOf(key);
  if (at === -1 || line.indexOf(key, at + key.length) !== -1) return null;
  let start = at + key.length;
  if (line[start] !== ":") return null;
  start += line[start + 1] === " " ? 2 : 1;
  const end = line.indexOf('"', start + 1);
  if (line[start] !== '"' || end === -1 || end - start > 40) return null;
  const text = line.slice(start + 1, end);
  if (!iso.test(text) || !isTopLevel(line, at, end)) return null;
  if (line.includes("\\u00") && escapedLetter.test(line)) return null;
  return parseIso(text);
}

/** Whether the member whose key begins at `at` and whose value ends at `end` is the event's own. */
function isTopLevel(line: string, at: number, end: number): boolean {
  if (line[0] !== "{") return false;
  // The first member, or the last one: its object is the one that ends with the line.
  if (at === 1 || end === line.length - 2) return true;
  let depth = 0;
  for (let i = 0; i < at; i += 1) {
    const char = line.charCodeAt(i);
    if (char === quote) i = stringEnd(line, i);
    else if (char === openBrace || char === openBracket) depth += 1;
    else if (char === closeBrace || char === closeBracket) depth -= 1;
  }
  return depth === 1;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Offset of the closing quote of the string that begins at `start`. */
function stringEnd(line: string, start: number): number {
  for (let end = line.indexOf('"', start + 1); end !== -1; end = line.indexOf('"', end + 1)) {
    let escapes = 0;
    while (line.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return line.length;
}
