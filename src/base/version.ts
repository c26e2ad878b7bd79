/**
 * The order of version texts: precedence as Semantic Versioning 2.0.0 (section 11) defines it, with any
 * number of main parts. What is no version sorts after all versions, by code point.
 */
import { compareByCodePoint } from "./text-order.ts";

/** A valid version taken apart: `1.2.0-rc.1+build`. */
interface Version {
  readonly parts: readonly string[];
  readonly preRelease: readonly string[] | null;
}

const number = "(?:0|[1-9][0-9]*)";
const identifier = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const pattern: RegExp = new RegExp(
  `^(${number}(?:\\.${number})*)(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/**
 * Negative, zero or positive as version `a` sorts before, with or after `b`. Zero only for equal
 * texts: where precedence does not decide (build metadata), the text does.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = tryParse(a);
  const right = tryParse(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return compareByCodePoint(a, b);
  }
  return comparePrecedence(left, right) || compareByCodePoint(a, b);
}

/** Whether `text` is a version: dotted numbers, then perhaps a pre-release and build metadata. */
export function isVersion(text: string): boolean {
  return pattern.test(text);
}

function tryParse(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  return { parts: match[1]!.split("."), preRelease: match[2]?.split(".") ?? null };
}

function comparePrecedence(a: Version, b: Version): number {
  const main = compareLists(a.parts, b.parts, compareNumbers);
  if (main !== 0) return main;
  if (a.preRelease === null) return b.preRelease === null ? 0 : 1;
  if (b.preRelease === null) return -1;
  return compareLists(a.preRelease, b.preRelease, compareIdentifiers);
}

function compareLists(
  a: readonly string[],
  b: readonly string[],
  compare: (a: string, b: string) => number,
): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const order = compare(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numeric identifiers sort before others. */
function compareIdentifiers(a: string, b: string): number {
  const numericA = isDigits(a);
  const numericB = isDigits(b);
  if (numericA && numericB) return compareNumbers(a, b);
  if (numericA !== numericB) return numericA ? -1 : 1;
  return compareByCodePoint(a, b);
}

/** Both are digits without leading zeros, of any length. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareByCodePoint(a, b);
}

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}
