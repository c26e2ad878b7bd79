/**
 * The library: rules from texts, events in, alerts out. It imports nothing from Node, so it runs in a
 * browser too; files, sockets and clocks are the caller's. See docs/library.md.
 *
 * texts -> parseRuleFile -> compileRules -> Detector -> alerts -> alertJson, AlertDigest
 */

// Alerts: their one-line JSON form and the digest of a run.
export type {
  Alert,
  AlertProcess,
  AlertRule,
  Confidence,
  MatchStep,
  Provenance,
} from "./alert/alert.ts";
export { AlertDigest, digestLine } from "./alert/digest.ts";
export { alertJson } from "./alert/serialize.ts";
// Rules: a file's text gives rules, rules together give a rule set.
export { sha256Hex } from "./base/hash.ts";
// Limits and back ends.
export { defaultLimits, type Limits } from "./base/limits.ts";
// Detection: events in their order, alerts back.
export type { TimeUnit } from "./base/time.ts";
// Diagnostics: what is wrong with a text, as text, as objects and as SARIF.
export {
  type Diagnostic,
  hasErrors,
  type Severity,
  sortDiagnostics,
} from "./diagnostic/diagnostic.ts";
export { type RenderOptions, renderDiagnostic, renderDiagnostics } from "./diagnostic/render.ts";
export { type DiagnosticReport, reportDiagnostic } from "./diagnostic/report.ts";
export { type SarifLog, type SarifTool, sarifLog } from "./diagnostic/sarif.ts";
export { type Position, positionOf, type SourceText, type Span } from "./diagnostic/source.ts";
export {
  Detector,
  type DetectorCounters,
  type DetectorOptions,
  type PushResult,
} from "./engine/detector.ts";
export { engineVersion } from "./engine/version.ts";
// Fields: what rules may name.
export type { SchemaMode } from "./eql/scope.ts";
// The desk: ad hoc queries with pipes, and the tests that rules carry.
export type { DecodedRecord, Rejection } from "./event/decode.ts";
export type { Backend, BackendName } from "./predicate/contract.ts";
export { interpretBackend } from "./predicate/interpret/interpret.ts";
export { wasmBackend } from "./predicate/wasm/wasm.ts";
export { type Compiled, type CompileOptions, compileRules } from "./rule/compile.ts";
export { isRulePath, type ParsedRuleFile, parseRuleFile } from "./rule/parse.ts";
export type {
  Rule,
  RuleAction,
  RuleException,
  RuleFormat,
  RuleTest,
  Suppression,
  Threat,
  ThreatName,
} from "./rule/rule.ts";
export type { CompiledRule, RuleSet } from "./rule/rule-set.ts";
export {
  isSelected,
  type ParsedSelection,
  parseSelection,
  parseSelectionFile,
  type Selection,
  type SelectionTerm,
} from "./rule/selection.ts";
export {
  type ExtensionProblem,
  parseSchemaExtension,
  type SchemaExtension,
} from "./schema/extension.ts";
export { builtInSchema, schemaVersion } from "./schema/field-table.ts";
export type { Schema } from "./schema/schema.ts";
export type { Field, FieldDefinition, FieldId, FieldType } from "./schema/type.ts";
export type { QueryItem } from "./study/item.ts";
export { type CompiledQuery, compileQuery, type QueryOptions, QueryRun } from "./study/query.ts";
export {
  type RuleTestOptions,
  type RuleTestReport,
  type RuleTestResult,
  runRuleTests,
} from "./study/rule-test.ts";
