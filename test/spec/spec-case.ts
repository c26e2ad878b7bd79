/** Reads a case of spec/ and runs it. */

import { sha256Hex } from "../../src/base/hash.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { type Diagnostic, hasErrors, sortDiagnostics } from "../../src/diagnostic/diagnostic.ts";
import { positionOf } from "../../src/diagnostic/source.ts";
import { Detector } from "../../src/engine/detector.ts";
import type { SchemaMode } from "../../src/eql/scope.ts";
import { EventDecoder } from "../../src/event/decode.ts";
import { createLayout } from "../../src/event/layout.ts";
import type { Backend } from "../../src/predicate/contract.ts";
import { compileRules } from "../../src/rule/compile.ts";
import { parseRuleFile } from "../../src/rule/parse.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import { inferFromValues } from "../../src/schema/infer.ts";
import type { Schema } from "../../src/schema/schema.ts";
import type { FieldDefinition, FieldType } from "../../src/schema/type.ts";
import { compileQuery } from "../../src/study/query.ts";
import { parseTxtar } from "./txtar.ts";

export interface SpecCase {
  readonly prose: string;
  readonly mode: "replay" | "query";
  readonly schemaMode: SchemaMode;
  readonly schema: Schema;
  readonly rules: readonly { readonly name: string; readonly text: string }[];
  readonly events: readonly string[];
  /** Lines of the section `alerts.jsonl`, normalised; null when the case is about diagnostics. */
  readonly alerts: readonly string[] | null;
  readonly diagnostics: readonly string[] | null;
}

interface Options {
  readonly mode?: "replay" | "query";
  readonly schema?: SchemaMode;
  readonly fields?: readonly { readonly path: string; readonly type: FieldType }[];
}

export function readSpecCase(text: string): SpecCase {
  const { comment, sections } = parseTxtar(text);
  const section = (name: string): string | undefined =>
    sections.find((entry) => entry.name === name)?.text;
  const options = JSON.parse(section("options.json") ?? "{}") as Options;
  const fields = (options.fields ?? []).map(
    ({ path, type }): FieldDefinition => ({
      ...{ path, type, multiple: false, categories: [], description: "" },
      origin: "extension",
    }),
  );
  return {
    prose: comment.trim(),
    mode: options.mode ?? "replay",
    schemaMode: options.schema ?? "closed",
    schema: builtInSchema().extend(fields),
    rules: sections.filter(({ name }) => name.endsWith(".eql")),
    events: linesOf(section("events.jsonl")),
    alerts: section("alerts.jsonl") === undefined ? null : linesOf(section("alerts.jsonl")),
    diagnostics: section("diagnostics") === undefined ? null : linesOf(section("diagnostics")),
  };
}

/** What comes out of the case: alert lines, or diagnostic lines where it is about those. */
export function runSpecCase(spec: SpecCase, backend: Backend, batchSize: number): string[] {
  if (spec.diagnostics !== null) return diagnose(spec, backend).map(printDiagnostic);
  return spec.mode === "query" ? runQuery(spec, backend) : runRules(spec, backend, batchSize);
}

function linesOf(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line.trim() !== "");
}

function diagnose(spec: SpecCase, backend: Backend): readonly Diagnostic[] {
  const { schema, schemaMode: mode } = spec;
  if (spec.mode === "query") {
    return sortDiagnostics(
      compileQuery(spec.rules[0]!.text, { schema, mode, backend }).diagnostics,
    );
  }
  return compile(spec).diagnostics;
}

function compile(spec: SpecCase): ReturnType<typeof compileRules> {
  const rules = spec.rules.flatMap(
    ({ name, text }) => parseRuleFile({ path: name, text }, sha256Hex).rules,
  );
  return compileRules(rules, { schema: spec.schema, mode: spec.schemaMode });
}

function printDiagnostic({ severity, code, source, span }: Diagnostic): string {
  const { line, column } = positionOf(source.text, span.start);
  return `${severity} ${code} ${line}:${column}`;
}

function runRules(spec: SpecCase, backend: Backend, batchSize: number): string[] {
  const { set, diagnostics } = compile(spec);
  if (hasErrors(diagnostics)) return diagnostics.map(printDiagnostic);
  const lines: string[] = [];
  const detector = new Detector({
    rules: set,
    backend,
    batchSize,
    onAlert: (alert) => {
      const match = alert.match.map(({ event }) => idOf(event));
      const rule = spec.rules.length > 1 ? { rule: alert.rule.id.replace(/\.eql$/, "") } : {};
      const isPlain = alert.confidence === "certain" && spec.rules.length === 1;
      const confidence = alert.confidence === "certain" ? {} : { confidence: alert.confidence };
      lines.push(JSON.stringify(isPlain ? match : { ...rule, match, ...confidence }));
    },
  });
  for (const event of sortByTime(spec)) detector.push(event);
  detector.close();
  return lines;
}

function runQuery(spec: SpecCase, backend: Backend): string[] {
  const schema = spec.schemaMode === "open" ? withData(spec) : spec.schema;
  const { run, diagnostics } = compileQuery(spec.rules[0]!.text, {
    schema,
    mode: spec.schemaMode,
    backend,
  });
  if (run === null) return diagnostics.map(printDiagnostic);
  let timeNs = 0n;
  for (const event of sortByTime(spec)) {
    const record = run.parse(event);
    if (record.kind === "rejected") continue;
    timeNs = record.timeNs ?? timeNs;
    run.push(record, timeNs);
  }
  return run.finish().map((item) => {
    if (item.summary !== null) return run.print(item);
    return JSON.stringify(item.events.map(idOf));
  });
}

function withData(spec: SpecCase): Schema {
  const events = spec.events.map((line) => JSON.parse(line) as never);
  return spec.schema.extend(inferFromValues(spec.schema, events));
}

/** Replay sorts its whole input by time; records without one take that of the record before. */
function sortByTime(spec: SpecCase): string[] {
  const layout = createLayout(spec.schema, [], defaultLimits);
  const decoder = new EventDecoder({ schema: spec.schema, layout, limits: defaultLimits });
  let timeNs = 0n;
  return spec.events
    .map((line) => {
      const record = decoder.parse(line);
      if (record.kind !== "rejected") timeNs = record.timeNs ?? timeNs;
      return { line, timeNs };
    })
    .sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0))
    .map(({ line }) => line);
}

function idOf(event: string | null): unknown {
  if (event === null) return null;
  const { event: members } = JSON.parse(event) as { event?: { id?: unknown } };
  return members?.id ?? (JSON.parse(event) as Record<string, unknown>)["event.id"] ?? null;
}
