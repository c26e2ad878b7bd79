/** A rule as its file says it, in whatever format, before it is compiled. */
import type { SourceText, Span } from "../diagnostic/source.ts";

export type RuleFormat = "eql" | "json" | "yaml" | "detection-rules" | "endpoint";

/** A rule's text and metadata. An instance is identified by `id` and `path` together. */
export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** As given, or the first 12 hex digits of the file's SHA-256. */
  readonly version: string;
  readonly author: readonly string[];
  readonly tags: readonly string[];
  /** Lower case: `low`, `medium`, `high`, `critical`, or as given. */
  readonly severity: string;
  /** 0 to 100, where the format has one. */
  readonly riskScore: number | null;
  readonly references: readonly string[];
  readonly threat: readonly Threat[];
  readonly actions: readonly RuleAction[];
  readonly exceptions: readonly RuleException[];
  readonly suppression: Suppression | null;
  /** Endpoint rules: events of these systems only (`host.os.type`); empty means all. */
  readonly osList: readonly string[];
  /** Field that the query's category is compared with: `event.category` unless overridden. */
  readonly categoryField: string;
  readonly query: string;
  readonly format: RuleFormat;
  /** Relative to the folder it was loaded from, with forward slashes. */
  readonly path: string;
  /** SHA-256 of the file, lower-case hex. */
  readonly contentHash: string;
  /** The whole file; diagnostics point into it. */
  readonly source: SourceText;
  /** Where the query stands in `source`; `mapQuerySpan` leads from the query to it. */
  readonly querySpan: Span;
  /**
   * Offsets in the file of each character of the query, where the two differ (escapes, indented
   * blocks); null when the query is a plain slice of the file.
   */
  readonly queryOffsets: readonly number[] | null;
  readonly tests: readonly RuleTest[];
}

/** MITRE ATT&CK mapping. */
export interface Threat {
  readonly framework: string;
  readonly tactic: ThreatName | null;
  readonly techniques: readonly (ThreatName & { readonly subtechniques: readonly ThreatName[] })[];
}

export interface ThreatName {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
}

/** What to do on a match; kept here, carried out elsewhere. */
export interface RuleAction {
  readonly action: string;
  /** Field that holds the entity to act on, for example `process.entity_id`. */
  readonly field: string | null;
  /** 0-based step whose event is meant. */
  readonly state: number | null;
  readonly optional: boolean;
}

/** A case in which the rule must stay silent. */
export interface RuleException {
  /** 0-based step that it is scoped to. */
  readonly step: number;
  /** EQL condition without a category. */
  readonly condition: string;
  readonly reason: string;
  readonly owner: string;
  /** ISO 8601; from this event time on it no longer holds. */
  readonly expires: string | null;
  readonly span: Span;
  /** The file that `span` lies in, where it is not the rule's own. */
  readonly source?: SourceText;
}

/** At most one alert per value of these fields within the window. */
export interface Suppression {
  readonly by: readonly string[];
  readonly windowMs: number;
}

/** A test that a rule file carries. */
export interface RuleTest {
  readonly name: string;
  readonly events: readonly unknown[];
  /** Number of alerts expected, or the event indexes (0-based) of each match in step order. */
  readonly expect: number | readonly (readonly (number | null)[])[];
  readonly span: Span;
}
