/** The members of a JSON object as raw text, so that what is copied from an event stays as it came. */

/**
 * The top-level members of a JSON object's text, each value as it stands there. `text` must be valid
 * JSON; anything but an object has no members. Of a key that occurs twice the last one counts.
 */
export function topLevelMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let i = skipBlanks(text, 0);
  if (text[i] !== "{") return members;
  i = skipBlanks(text, i + 1);
  while (i < text.length && text[i] === '"') {
    const keyEnd = stringEnd(text, i);
    const key = JSON.parse(text.slice(i, keyEnd)) as string;
    const start = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    members.set(key, text.slice(start, end));
    i = skipBlanks(text, end);
    if (text[i] !== ",") break;
    i = skipBlanks(text, i + 1);
  }
  return members;
}

function skipBlanks(text: string, from: number): number {
  let i = from;
  while (i < text.length && " \t\r\n".includes(text[i]!)) i += 1;
  return i;
}

/** Offset after the closing quote of the string that starts at `from`. */
function stringEnd(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i += 1) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

function valueEnd(text: string, from: number): number {
  if (text[from] === '"') return stringEnd(text, from);
  let depth = 0;
  let i = from;
  while (i < text.length) {
    const char = text[i]!;
    if (char === '"') {
      i = stringEnd(text, i);
      continue;
    }
    if (depth === 0 && ",}] \t\r\n".includes(char)) return i;
    if (char === "{" || char === "[") depth += 1;
    if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
    i += 1;
  }
  return i;
}
