/** The meaning of a `TextTest`: constants against one text. */
import { foldCase } from "../base/case-folding.ts";
import { type Cidr, cidrContains, parseCidr, parseIp } from "../base/ip.ts";
import { compileGlob, hasWildcard, type TextMatcher } from "./glob.ts";
import type { TextTest } from "./predicate.ts";
import { compileRegex } from "./regex.ts";

/** True, false, or null where the text can't be read as what the test is about (an address). */
export type CompiledTest = (text: string) => boolean | null;

/** Compiles a test whose literals were checked before (a bad one never matches). */
export function compileTest(test: TextTest): CompiledTest {
  if (test.kind === "cidr") return cidrTest(test.literals);
  if (test.kind === "regex") return anyOf(test.literals.flatMap(regexMatcher(test.insensitive)));
  if (!test.insensitive) return plainTest(test.kind, test.literals);
  const folded = plainTest(test.kind, test.literals.map(foldCase));
  return (text) => folded(foldCase(text));
}

function plainTest(kind: TextTest["kind"], literals: readonly string[]): TextMatcher {
  switch (kind) {
    case "prefix":
      return (text) => literals.some((literal) => text.startsWith(literal));
    case "suffix":
      return (text) => literals.some((literal) => text.endsWith(literal));
    case "contains":
      return (text) => text !== "" && literals.some((literal) => contains(text, literal));
    case "glob":
      return globTest(literals);
    default:
      return equalsTest(literals);
  }
}

/** An empty text is contained in nothing, as in Elasticsearch. */
function contains(text: string, literal: string): boolean {
  return literal !== "" && text.includes(literal);
}

function equalsTest(literals: readonly string[]): TextMatcher {
  const only = literals[0];
  if (literals.length === 1) return (text) => text === only;
  const set = new Set(literals);
  return (text) => set.has(text);
}

function globTest(literals: readonly string[]): TextMatcher {
  const exact = literals.filter((literal) => !hasWildcard(literal));
  const globs = literals.filter(hasWildcard).map(compileGlob);
  if (exact.length === 0) return anyOf(globs);
  return anyOf([equalsTest(exact), ...globs]);
}

function anyOf(matchers: readonly TextMatcher[]): TextMatcher {
  const only = matchers[0];
  if (only !== undefined && matchers.length === 1) return only;
  return (text) => matchers.some((matches) => matches(text));
}

function regexMatcher(insensitive: boolean): (pattern: string) => TextMatcher[] {
  return (pattern) => {
    const compiled = compileRegex(pattern, insensitive);
    return typeof compiled === "function" ? [compiled] : [];
  };
}

function cidrTest(literals: readonly string[]): CompiledTest {
  const networks = literals.map(parseCidr).filter((cidr): cidr is Cidr => cidr !== null);
  return (text) => {
    const address = parseIp(text);
    if (address === null) return null;
    return networks.some((network) => cidrContains(network, address));
  };
}
