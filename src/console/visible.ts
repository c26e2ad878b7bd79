/** Text from events and rules, made safe to show. */

/**
 * Control characters (line ends included) and direction overrides become escapes: what an attacker
 * wrote into a command line must not steer the terminal or forge a line of output.
 */
export function visible(text: string): string {
  return text.replace(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escapeChar);
}

/** At most `length` code points, with an ellipsis where something was cut off. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const points = [...text];
  return points.length <= length ? text : `${points.slice(0, length - 1).join("")}…`;
}

function escapeChar(char: string): string {
  if (char === "\n") return "\\n";
  if (char === "\r") return "\\r";
  if (char === "\t") return "\\t";
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}
