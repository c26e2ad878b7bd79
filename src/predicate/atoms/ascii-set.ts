/** Sets of ASCII bytes, as bits: bit 0 for NUL, bit 127 for DEL. */
import { foldedLetters, type NamedClass, type RegexSyntax } from "./regex-syntax.ts";

const everything = (1n << 128n) - 1n;

/** The bytes that the character or class matches; `isFolded` where case does not matter. */
export function asciiSet(
  syntax: Extract<RegexSyntax, { readonly kind: "char" | "class" }>,
  isFolded: boolean,
): bigint {
  if (syntax.kind === "char") return rangeOf(syntax.point, syntax.point, isFolded);
  let bytes = 0n;
  for (const [from, to] of syntax.ranges) bytes |= rangeOf(from, to, isFolded);
  for (const name of syntax.named) bytes |= namedSet(name);
  return syntax.isNegated ? everything & ~bytes : bytes;
}

/** ASCII bytes that are characters from `from` to `to`, or equal one where case does not matter. */
function rangeOf(from: number, to: number, isFolded: boolean): bigint {
  let bytes = 0n;
  for (let point = from; point <= Math.min(to, 127); point += 1) {
    bytes |= 1n << BigInt(point);
    if (isFolded && isLetter(point)) bytes |= 1n << BigInt(point ^ 0x20);
  }
  if (!isFolded) return bytes;
  for (const [point, letter] of foldedLetters) {
    const small = BigInt(letter.charCodeAt(0));
    if (from <= point && point <= to) bytes |= (1n << small) | (1n << (small - 32n));
  }
  return bytes;
}

function isLetter(point: number): boolean {
  return (point | 0x20) >= 0x61 && (point | 0x20) <= 0x7a;
}

const smallNames: Readonly<Record<"d" | "s" | "w", bigint>> = {
  d: setOf(/\d/),
  s: setOf(/[\t\n\f\r ]/),
  w: setOf(/\w/),
};

function namedSet(name: NamedClass): bigint {
  switch (name) {
    case "d":
    case "s":
    case "w":
      return smallNames[name];
    case "D":
      return everything & ~smallNames.d;
    case "S":
      return everything & ~smallNames.s;
    case "W":
      return everything & ~smallNames.w;
  }
}

function setOf(pattern: RegExp): bigint {
  let bytes = 0n;
  for (let byte = 0; byte < 128; byte += 1) {
    if (pattern.test(String.fromCharCode(byte))) bytes |= 1n << BigInt(byte);
  }
  return bytes;
}
