/** The parts of a rule that several formats write alike: severity, score, threat, actions. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText } from "../diagnostic/source.ts";
import type { TextDatum } from "./datum.ts";
import { badValue, unusualSeverity } from "./errors.ts";
import type { KeyReader } from "./key-reader.ts";
import type { Rule, RuleAction, RuleFormat, Threat, ThreatName } from "./rule.ts";

/** A rule file under way: where its remarks go and what identifies it. */
export interface RuleFile {
  readonly source: SourceText;
  readonly path: string;
  readonly contentHash: string;
  readonly diagnostics: Diagnostic[];
}

/** What a format without the part says of it. */
export const emptyParts: Omit<
  Rule,
  "id" | "name" | "version" | "path" | "format" | "contentHash" | "source" | QueryKey
> = {
  description: "",
  author: [],
  tags: [],
  severity: "low",
  riskScore: null,
  references: [],
  threat: [],
  actions: [],
  exceptions: [],
  suppression: null,
  osList: [],
  categoryField: "event.category",
  tests: [],
};

type QueryKey = "query" | "querySpan" | "queryOffsets";

/** The parts of a rule that every format derives from its file in the same way. */
export function fileParts(
  file: RuleFile,
  format: RuleFormat,
  query: TextDatum,
): Pick<Rule, "format" | "path" | "contentHash" | "source" | QueryKey> {
  const { span, offsets } = query.place();
  return {
    format,
    path: file.path,
    contentHash: file.contentHash,
    source: file.source,
    query: query.value,
    querySpan: span,
    queryOffsets: offsets,
  };
}

/** The version of a rule whose file names none. */
export function versionOfContent(contentHash: string): string {
  return contentHash.slice(0, 12);
}

const usualSeverities: ReadonlySet<string> = new Set(["low", "medium", "high", "critical"]);

export function readSeverity(keys: KeyReader): string {
  const datum = keys.textDatum("severity");
  if (datum === undefined) return emptyParts.severity;
  const severity = datum.value.trim().toLowerCase();
  if (!usualSeverities.has(severity)) {
    keys.report(unusualSeverity(keys.source, datum.span, severity));
  }
  return severity;
}

export function readRiskScore(keys: KeyReader): number | null {
  const score = keys.number("risk_score");
  if (score === undefined) return null;
  if (score >= 0 && score <= 100) return score;
  const span = keys.any("risk_score")?.span ?? keys.span;
  keys.report(badValue(keys.source, span, "risk_score", "from 0 to 100"));
  return null;
}

/**
 * The form of Elastic's rules: a list of framework, tactic and technique with subtechnique. Strict
 * is for rules of our own: ids are required, and unknown keys are warned of.
 */
export function readThreat(keys: KeyReader, strict: boolean): readonly Threat[] {
  return keys.readers("threat", "the threat").map((threat) => {
    const framework = threat.text("framework") ?? "MITRE ATT&CK";
    const tactic = threat.reader("tactic", "the tactic");
    const techniques = threat.readers("technique", "the technique").map((technique) => {
      const subtechniques = technique
        .readers("subtechnique", "the subtechnique")
        .map((subtechnique) => readThreatName(subtechnique, strict));
      return { ...readThreatName(technique, strict), subtechniques };
    });
    if (strict) threat.warnOfOtherKeys();
    return {
      framework,
      tactic: tactic === undefined ? null : readThreatName(tactic, strict),
      techniques,
    };
  });
}

function readThreatName(keys: KeyReader, strict: boolean): ThreatName {
  const id = strict ? keys.requiredText("id")?.value : keys.text("id");
  const name = keys.text("name") ?? "";
  const reference = keys.text("reference") ?? "";
  if (strict) keys.warnOfOtherKeys();
  return { id: id ?? "", name, reference };
}

/** `action`, `field`, `state`; every one is optional where `optional` says so. */
export function readAction(keys: KeyReader, optional: boolean): RuleAction | undefined {
  const action = keys.requiredText("action");
  const field = keys.text("field") ?? null;
  const state = readStep(keys, "state") ?? null;
  if (action === undefined) return undefined;
  return { action: action.value, field, state, optional };
}

/** A 0-based step. */
export function readStep(keys: KeyReader, key: string): number | undefined {
  const step = keys.number(key);
  if (step === undefined) return undefined;
  if (Number.isSafeInteger(step) && step >= 0) return step;
  const span = keys.any(key)?.span ?? keys.span;
  keys.report(badValue(keys.source, span, key, "a whole number from 0"));
  return undefined;
}
