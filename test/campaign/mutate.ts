/** Damages texts at random, the same way for the same seed. */
import type { Prng } from "../../src/base/prng.ts";

/** Pieces that mean something to a JSON or rule parser. */
const pieces: readonly string[] = [
  ...['"', "\\", "{", "}", "[", "]", ",", ":", "null", "true", "1e999", "-", "0", "\\u", "\\ud800"],
  ...["\u0000", "\u{1F600}", "\ufeff", " ", "\t", "''", '"""', "=", "(", ")", "*", "?", "]]"],
  ...["99999999999999999999", "9223372036854775808", "@timestamp", "event.category", "{{{{{{"],
];

/** `text` with one to four changes: bytes cut, doubled, swapped, replaced, pieces put in, tail lost. */
export function mutate(text: string, random: Prng): string {
  let mutant = text;
  for (let changes = 1 + random.int(4); changes > 0; changes -= 1) mutant = change(mutant, random);
  return mutant;
}

function change(text: string, random: Prng): string {
  const at = random.int(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.int(12));
  const before = text.slice(0, at);
  switch (random.int(6)) {
    case 0:
      return before + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at);
    case 2:
      return before + random.pick(pieces) + text.slice(at);
    case 3:
      return before + random.pick(pieces) + text.slice(end);
    case 4:
      return before + String.fromCharCode(random.int(0x250)) + text.slice(at + 1);
    default:
      return random.int(8) === 0 ? before : before + text.slice(at, end) + text.slice(at);
  }
}
