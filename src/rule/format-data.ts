/** Kestrel's own format in JSON and YAML: one rule, a list, or (YAML) several documents. */
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { type Datum, type MapDatum, type ParsedData, plainValue } from "./datum.ts";
import { badValue, notARule, ruleSyntax, unexplainedException } from "./errors.ts";
import { KeyReader } from "./key-reader.ts";
import {
  emptyParts,
  fileParts,
  type RuleFile,
  readAction,
  readRiskScore,
  readSeverity,
  readStep,
  readThreat,
  versionOfContent,
} from "./metadata.ts";
import type { Rule, RuleAction, RuleException, RuleTest, Suppression } from "./rule.ts";
import { parseJsonText } from "./text-json.ts";
import { parseYamlText } from "./text-yaml.ts";

export function readJsonFile(file: RuleFile): Rule[] {
  return readDocuments(file, "json", parseJsonText(file.source.text));
}

export function readYamlFile(file: RuleFile): Rule[] {
  return readDocuments(file, "yaml", parseYamlText(file.source.text));
}

function readDocuments(file: RuleFile, format: "json" | "yaml", parsed: ParsedData): Rule[] {
  const { source, diagnostics } = file;
  if (parsed.kind === "failed") {
    for (const { message, span } of parsed.problems) {
      diagnostics.push(ruleSyntax(source, span, format.toUpperCase(), message));
    }
    return [];
  }
  const items = parsed.documents.flatMap((document) =>
    document.kind === "list" ? document.items : [document],
  );
  if (items.length === 0) {
    diagnostics.push(notARule(source, { start: 0, end: 0 }, "the file holds no rule"));
  }
  return items.flatMap((item) => readItem(file, format, item));
}

/** A rule with an error of its own is left out; the others of the file stay. */
function readItem(file: RuleFile, format: "json" | "yaml", item: Datum): Rule[] {
  const { source, diagnostics } = file;
  if (item.kind !== "map") {
    diagnostics.push(notARule(source, item.span, "a rule must be a map of its keys"));
    return [];
  }
  const own: RuleFile = { ...file, diagnostics: [] };
  const rule = readRule(own, format, item);
  diagnostics.push(...own.diagnostics);
  return rule === undefined || hasErrors(own.diagnostics) ? [] : [rule];
}

function readRule(file: RuleFile, format: "json" | "yaml", item: MapDatum): Rule | undefined {
  const keys = new KeyReader(file.source, item, "the rule", file.diagnostics);
  const id = keys.requiredText("id");
  const name = keys.text("name");
  const description = keys.text("description") ?? emptyParts.description;
  const version = keys.textOrNumber("version") ?? versionOfContent(file.contentHash);
  const author = keys.texts("author");
  const tags = keys.texts("tags");
  const severity = readSeverity(keys);
  const riskScore = readRiskScore(keys);
  const references = keys.texts("references");
  const threat = readThreat(keys, true);
  const query = keys.requiredText("query");
  const actions = readActions(keys);
  const exceptions = keys.readers("exceptions", "the exception").flatMap(readException);
  const suppression = readSuppressionKey(keys);
  const tests = keys.readers("tests", "the test").flatMap(readTest);
  keys.warnOfOtherKeys();
  if (id === undefined || query === undefined) return undefined;
  return {
    ...emptyParts,
    ...fileParts(file, format, query),
    id: id.value,
    name: name ?? id.value,
    description: description.trim(),
    version,
    author,
    tags,
    severity,
    riskScore,
    references,
    threat,
    actions,
    exceptions,
    suppression,
    tests,
  };
}

function readActions(keys: KeyReader): RuleAction[] {
  return keys.readers("actions", "the action").flatMap((action) => {
    const optional = action.boolean("optional") ?? false;
    const read = readAction(action, optional);
    action.warnOfOtherKeys();
    return read ?? [];
  });
}

/** ISO 8601: a date, or a date and a time with its zone. */
const isoForm = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/;

/** The exception that a map is; none where its condition is missing. */
export function readException(keys: KeyReader): RuleException[] {
  const step = readStep(keys, "step") ?? 0;
  const condition = keys.requiredText("condition");
  const reason = keys.text("reason") ?? "";
  const owner = keys.text("owner") ?? "";
  const expires = keys.textDatum("expires");
  if (reason === "") keys.report(unexplainedException(keys.source, keys.span, "reason"));
  if (owner === "") keys.report(unexplainedException(keys.source, keys.span, "owner"));
  if (expires !== undefined && !isIsoDate(expires.value)) {
    keys.report(badValue(keys.source, expires.span, "expires", "an ISO 8601 date or time"));
  }
  keys.warnOfOtherKeys();
  if (condition === undefined) return [];
  const { span } = condition.place();
  return [
    { step, condition: condition.value, reason, owner, expires: expires?.value ?? null, span },
  ];
}

function isIsoDate(text: string): boolean {
  return isoForm.test(text) && !Number.isNaN(Date.parse(text));
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

function readSuppressionKey(keys: KeyReader): Suppression | null {
  const suppression = keys.reader("suppression", "the suppression");
  return suppression === undefined ? null : readSuppression(suppression);
}

/** The suppression that a map is; null where its window is missing or wrong. */
export function readSuppression(suppression: KeyReader): Suppression | null {
  const by = suppression.texts("by");
  const window = suppression.requiredText("window");
  suppression.warnOfOtherKeys();
  if (window === undefined) return null;
  const [, count = "", unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(window.value.trim()) ?? [];
  const windowMs = Number(count) * (unitMs.get(unit) ?? 0);
  if (windowMs > 0) return { by, windowMs };
  suppression.report(
    badValue(suppression.source, window.span, "window", "a duration above 0 such as 5m"),
  );
  return null;
}

function readTest(keys: KeyReader): RuleTest[] {
  const name = keys.requiredText("name");
  const events = keys.list("events");
  const expect = keys.any("expect");
  keys.warnOfOtherKeys();
  for (const event of events) {
    if (event.kind !== "map") {
      keys.report(badValue(keys.source, event.span, "events", "a list of maps, one an event"));
    }
  }
  const expected = expect && readExpect(expect, events.length);
  if (expected === undefined) {
    const span = expect?.span ?? { start: keys.span.start, end: keys.span.start };
    const wanted = "a number of alerts, or a list of lists of event indexes (0-based) or null";
    keys.report(badValue(keys.source, span, "expect", wanted));
  }
  if (name === undefined || expected === undefined) return [];
  const { span } = keys;
  return [{ name: name.value, events: events.map(plainValue), expect: expected, span }];
}

function readExpect(datum: Datum, eventCount: number): RuleTest["expect"] | undefined {
  if (datum.kind === "number") return isIndex(datum.value) ? datum.value : undefined;
  if (datum.kind !== "list") return undefined;
  const matches: (number | null)[][] = [];
  for (const item of datum.items) {
    if (item.kind !== "list") return undefined;
    const match: (number | null)[] = [];
    for (const step of item.items) {
      if (step.kind === "null") match.push(null);
      else if (step.kind !== "number" || !isIndex(step.value)) return undefined;
      else if (step.value >= eventCount) return undefined;
      else match.push(step.value);
    }
    matches.push(match);
  }
  return matches;
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
