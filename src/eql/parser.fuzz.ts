/** Damages queries at random, the same way for the same seed, to try the parser with. */
import { Prng } from "../base/prng.ts";

/** Fragments that a mutation may insert: every kind of token, whole and broken. */
const fragments: readonly string[] = [
  " and ",
  " or ",
  " not ",
  " in ",
  " in~ (",
  " like~ ",
  " where ",
  " until ",
  " by ",
  " with maxspan=5s ",
  " with runs=2 ",
  " as event0 ",
  " of ",
  "sequence ",
  "sample ",
  "join ",
  "![",
  "[",
  "]",
  "(",
  ")",
  ",",
  "|",
  "| head 5",
  ".",
  "?",
  "=",
  "==",
  ":",
  "-",
  "* ",
  "~",
  "$x",
  "a.b",
  "any where true",
  '"',
  '"""',
  "'",
  "`",
  "\\",
  '"\\u{41}"',
  "/*",
  "*/",
  "//",
  "\n",
  "5",
  ".5",
  "1e400",
  "é",
  "\ud800",
];

/** The text after one to six random edits: delete, duplicate, swap, insert, of words or characters. */
export function mutateQuery(text: string, seed: number): string {
  const random = new Prng(seed);
  let mutant = text;
  for (let edits = 1 + random.int(6); edits > 0; edits -= 1) mutant = mutateOnce(mutant, random);
  return mutant;
}

function mutateOnce(text: string, random: Prng): string {
  if (random.int(2) === 0) {
    const words = text.match(/\w+|\s+|[^\w\s]/g) ?? [];
    return mutateParts(words, random).join("");
  }
  return mutateParts(text.split(""), random).join("");
}

function mutateParts(parts: readonly string[], random: Prng): string[] {
  const at = random.int(parts.length + 1);
  const other = random.int(parts.length + 1);
  const edited = [...parts];
  switch (random.int(5)) {
    case 0:
      edited.splice(at, 1 + random.int(3));
      return edited;
    case 1:
      edited.splice(at, 0, ...parts.slice(at, at + 1 + random.int(8)));
      return edited;
    case 2:
      if (at >= parts.length || other >= parts.length) return edited;
      edited[at] = parts[other]!;
      edited[other] = parts[at]!;
      return edited;
    case 3:
      return edited.slice(0, at);
    default:
      edited.splice(at, 0, random.pick(fragments));
      return edited;
  }
}
