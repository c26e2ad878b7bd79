/** Which rules of a set run: the terms of `--only`, `--disable` and of a selection file. */
import { suggest } from "../diagnostic/suggest.ts";
import { type Datum, kindName } from "./datum.ts";
import type { Rule } from "./rule.ts";
import { parseYamlText } from "./text-yaml.ts";

export type SelectionKind = "id" | "tag" | "severity" | "path";

/** `tag:linux*`; `pattern` is in lower case for tags and severities, which ignore case. */
export interface SelectionTerm {
  readonly kind: SelectionKind;
  readonly pattern: string;
  /** False for a bare id, in which `*` and `?` are ordinary characters. */
  readonly glob: boolean;
}

export interface Selection {
  /** Empty means every rule. */
  readonly only: readonly SelectionTerm[];
  /** Wins over `only`. */
  readonly disable: readonly SelectionTerm[];
}

/** A selection, and one message for each term that was not understood. */
export interface ParsedSelection {
  readonly selection: Selection;
  readonly problems: readonly string[];
}

const kinds: readonly SelectionKind[] = ["id", "tag", "severity", "path"];

/** Terms are `id:GLOB`, `tag:GLOB`, `severity:NAME`, `path:GLOB` or a bare rule id. */
export function parseSelection(
  only: readonly string[],
  disable: readonly string[],
): ParsedSelection {
  const problems: string[] = [];
  const parseTerms = (terms: readonly string[]) =>
    terms.flatMap((term) => parseTerm(term, problems) ?? []);
  return { selection: { only: parseTerms(only), disable: parseTerms(disable) }, problems };
}

/** A YAML map with the lists `only` and `disable`. */
export function parseSelectionFile(text: string): ParsedSelection {
  const parsed = parseYamlText(text);
  if (parsed.kind === "failed") {
    return { selection: noSelection, problems: parsed.problems.map(({ message }) => message) };
  }
  const [document, extra] = parsed.documents;
  if (document === undefined) return { selection: noSelection, problems: [] };
  if (document.kind !== "map" || extra !== undefined) {
    return { selection: noSelection, problems: ["a selection file is one map"] };
  }
  const problems: string[] = [];
  const lists = { only: [] as string[], disable: [] as string[] };
  for (const [key, { value }] of document.entries) {
    if (key === "only" || key === "disable") lists[key] = termList(key, value, problems);
    else problems.push(`unknown key \`${key}\`${hintFor(key, ["only", "disable"])}`);
  }
  const { selection, problems: termProblems } = parseSelection(lists.only, lists.disable);
  return { selection, problems: [...problems, ...termProblems] };
}

/** Selects every rule. */
export const noSelection: Selection = { only: [], disable: [] };

/** Both selections' terms: `--only` beside a file adds to the file's. */
export function joinSelections(a: Selection, b: Selection): Selection {
  return { only: [...a.only, ...b.only], disable: [...a.disable, ...b.disable] };
}

export function isSelected(
  rule: Pick<Rule, "id" | "tags" | "severity" | "path">,
  selection: Selection,
): boolean {
  if (selection.disable.some((term) => holds(term, rule))) return false;
  return selection.only.length === 0 || selection.only.some((term) => holds(term, rule));
}

function parseTerm(term: string, problems: string[]): SelectionTerm | undefined {
  const trimmed = term.trim();
  const [, prefix, pattern = ""] = /^([^:]*):(.*)$/s.exec(trimmed) ?? [];
  if (prefix === undefined) {
    if (trimmed !== "") return { kind: "id", pattern: trimmed, glob: false };
    problems.push("an empty term selects nothing");
    return undefined;
  }
  const kind = kinds.find((known) => known === prefix);
  if (kind === undefined) {
    problems.push(`unknown form \`${trimmed}\`${hintFor(prefix, kinds)}`);
    return undefined;
  }
  if (pattern === "") {
    problems.push(`\`${trimmed}\` has nothing after the colon`);
    return undefined;
  }
  const ignoresCase = kind === "tag" || kind === "severity";
  return {
    kind,
    pattern: ignoresCase ? pattern.toLowerCase() : pattern,
    glob: kind !== "severity",
  };
}

function termList(key: string, value: Datum, problems: string[]): string[] {
  if (value.kind === "null") return [];
  if (value.kind !== "list") {
    problems.push(`\`${key}\` must be a list, not ${kindName(value.kind)}`);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.kind === "text") return [item.value];
    problems.push(`\`${key}\` must hold texts, not ${kindName(item.kind)}`);
    return [];
  });
}

function hintFor(name: string, candidates: readonly string[]): string {
  const similar = suggest(name, [...candidates]);
  return similar === undefined
    ? `: expected ${candidates.join(", ")}`
    : `: did you mean \`${similar}\`?`;
}

function holds(
  term: SelectionTerm,
  rule: Pick<Rule, "id" | "tags" | "severity" | "path">,
): boolean {
  const matches = (value: string) =>
    term.glob ? globMatches(term.pattern, value) : term.pattern === value;
  switch (term.kind) {
    case "id":
      return matches(rule.id);
    case "path":
      return matches(rule.path);
    case "severity":
      return matches(rule.severity.toLowerCase());
    case "tag":
      return rule.tags.some((tag) => matches(tag.toLowerCase()));
  }
}

/** `*` is any run, `/` included, and `?` one code point; the time is at most pattern x value. */
function globMatches(pattern: string, value: string): boolean {
  const wanted = [...pattern];
  const given = [...value];
  let p = 0;
  let starAt = -1;
  let resumeAt = 0;
  for (let v = 0; v < given.length; ) {
    if (wanted[p] === "*") {
      starAt = p;
      resumeAt = v;
      p += 1;
    } else if (wanted[p] === "?" || wanted[p] === given[v]) {
      p += 1;
      v += 1;
    } else if (starAt !== -1) {
      p = starAt + 1;
      resumeAt += 1;
      v = resumeAt;
    } else {
      return false;
    }
  }
  while (wanted[p] === "*") p += 1;
  return p === wanted.length;
}
