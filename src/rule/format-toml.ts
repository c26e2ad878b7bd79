/** Elastic's TOML, unmodified: the detection-rules form and the endpoint behaviour form. */
import { hasErrors } from "../diagnostic/diagnostic.ts";
import type { Span } from "../diagnostic/source.ts";
import type { MapDatum } from "./datum.ts";
import { notARule, notEql, ruleSyntax } from "./errors.ts";
import { KeyReader } from "./key-reader.ts";
import {
  emptyParts,
  fileParts,
  type RuleFile,
  readAction,
  readRiskScore,
  readSeverity,
  readThreat,
  versionOfContent,
} from "./metadata.ts";
import type { Rule, RuleAction } from "./rule.ts";
import { parseTomlText } from "./text-toml.ts";

/** Keys that nobody reads (notes, indexes, setup guides) are left alone without a remark. */
export function readTomlFile(file: RuleFile): Rule[] {
  const parsed = parseTomlText(file.source.text);
  if (parsed.kind === "failed") {
    for (const { message, span } of parsed.problems) {
      file.diagnostics.push(ruleSyntax(file.source, span, "TOML", message));
    }
    return [];
  }
  return parsed.documents.flatMap((document) =>
    document.kind === "map" ? readDocument(file, document) : [],
  );
}

function readDocument(file: RuleFile, document: MapDatum): Rule[] {
  const { source, diagnostics } = file;
  const top = new KeyReader(source, document, "the file", diagnostics);
  const rule = top.reader("rule", "the rule");
  if (rule === undefined) {
    if (top.any("rule") === undefined) {
      diagnostics.push(notARule(source, { start: 0, end: 0 }, "the file has no `[rule]` table"));
    }
    return [];
  }
  const language = foreignLanguage(rule);
  if (language !== undefined) {
    diagnostics.push(notEql(source, language.span, language.name));
    return [];
  }
  const read =
    rule.any("rule_id") === undefined && rule.any("id") !== undefined
      ? readEndpointRule(file, top, rule)
      : readDetectionRule(file, rule);
  return read === undefined || hasErrors(diagnostics) ? [] : [read];
}

/** Rules without a language are EQL, unless their type is one that has no query. */
function foreignLanguage(rule: KeyReader): { name: string; span: Span } | undefined {
  for (const key of ["language", "type"]) {
    const datum = rule.any(key);
    if (datum?.kind !== "text") continue;
    if (datum.value.toLowerCase() === "eql") return undefined;
    return { name: datum.value, span: datum.span };
  }
  return undefined;
}

/** `[rule]` with `rule_id`, `[[rule.threat]]`, `risk_score`; it has no actions. */
function readDetectionRule(file: RuleFile, keys: KeyReader): Rule | undefined {
  const id = keys.requiredText("rule_id");
  const query = keys.requiredText("query");
  const parts = {
    name: keys.text("name"),
    description: keys.text("description") ?? "",
    version: keys.textOrNumber("version") ?? versionOfContent(file.contentHash),
    author: keys.texts("author"),
    tags: keys.texts("tags"),
    severity: readSeverity(keys),
    riskScore: readRiskScore(keys),
    references: keys.texts("references"),
    threat: readThreat(keys, false),
    categoryField: keys.text("event_category_override") ?? emptyParts.categoryField,
  };
  if (id === undefined || query === undefined) return undefined;
  return {
    ...emptyParts,
    ...fileParts(file, "detection-rules", query),
    ...parts,
    id: id.value,
    name: parts.name ?? id.value,
    description: parts.description.trim(),
  };
}

/** `[rule]` with `id` and `os_list`; threat and actions are tables of the file. */
function readEndpointRule(file: RuleFile, top: KeyReader, keys: KeyReader): Rule | undefined {
  const id = keys.requiredText("id");
  const query = keys.requiredText("query");
  const parts = {
    name: keys.text("name"),
    description: keys.text("description") ?? "",
    version: keys.textOrNumber("version") ?? versionOfContent(file.contentHash),
    author: keys.texts("author"),
    tags: keys.texts("tags"),
    severity: readSeverity(keys),
    riskScore: readRiskScore(keys),
    references: [...keys.texts("reference"), ...keys.texts("references")],
    threat: readThreat(top, false),
    actions: [top, keys].flatMap((table) => [
      ...readActions(table, "actions", false),
      ...readActions(table, "optional_actions", true),
    ]),
    osList: keys.texts("os_list").map((os) => os.toLowerCase()),
  };
  if (id === undefined || query === undefined) return undefined;
  return {
    ...emptyParts,
    ...fileParts(file, "endpoint", query),
    ...parts,
    id: id.value,
    name: parts.name ?? id.value,
    description: parts.description.trim(),
  };
}

function readActions(table: KeyReader, key: string, optional: boolean): RuleAction[] {
  return table.readers(key, "the action").flatMap((keys) => readAction(keys, optional) ?? []);
}
