/** Compiles rules together into one rule set: one schema, one predicate program, one plan each. */

import { sha256Hex } from "../base/hash.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import { parseIso } from "../base/time.ts";
import { type Diagnostic, hasErrors, sortDiagnostics } from "../diagnostic/diagnostic.ts";
import type { SourceText } from "../diagnostic/source.ts";
import type * as ast from "../eql/ast.ts";
import { pipeInRule, unknownField } from "../eql/check-errors.ts";
import { conditionUses, fieldUses } from "../eql/field-uses.ts";
import { lowerQuery, type StepException } from "../eql/lower.ts";
import type { LowerTrace } from "../eql/lower-trace.ts";
import { parseCondition, parseQuery } from "../eql/parser.ts";
import type { QueryScope, SchemaMode } from "../eql/scope.ts";
import { ProgramBuilder } from "../ir/builder.ts";
import { costOf } from "../ir/cost.ts";
import type { Plan } from "../ir/plan.ts";
import type { Schema } from "../schema/schema.ts";
import { badExpiry, exceptionExpired, noSuchStep } from "./compile-errors.ts";
import { duplicateIdWarnings } from "./duplicate.ts";
import { type OpenFields, registerUnknown } from "./open-fields.ts";
import { rulePackHash } from "./pack.ts";
import { mapQueryOffset } from "./query-place.ts";
import type { Rule } from "./rule.ts";
import type { CompiledRule, RuleSet } from "./rule-set.ts";

export interface CompileOptions {
  readonly schema: Schema;
  /** For all rules; without it Elastic's TOML rules are open and all others closed. */
  readonly mode?: SchemaMode;
  readonly limits?: Limits;
  /** The moment by which expired exceptions are reported, ns since the epoch; null: none are. */
  readonly nowNs?: bigint | null;
  /** For one rule compiled alone: filled with what each node was lowered from. */
  readonly trace?: LowerTrace | undefined;
}

export interface Compiled {
  readonly set: RuleSet;
  /** Sorted by rule and place; at most 100 a rule. */
  readonly diagnostics: readonly Diagnostic[];
  /** Rules with an error; they are not in the set. */
  readonly invalid: readonly Rule[];
}

/** Compiles what it can; a bad rule never takes a good one with it. */
export function compileRules(rules: readonly Rule[], options: CompileOptions): Compiled {
  const drafts = rules.map((rule) => parseRule(rule, options));
  const open = registerUnknown(
    options.schema,
    drafts.filter((draft) => draft.mode === "open").flatMap(usesOf),
  );
  const builder = new ProgramBuilder();
  const compiled: { rule: Rule; plan: Plan }[] = [];
  const diagnostics: Diagnostic[] = duplicateIdWarnings(rules);
  const invalid: Rule[] = [];
  for (const draft of drafts) {
    const plan = compileDraft(draft, open, builder, options);
    diagnostics.push(...sortDiagnostics(draft.diagnostics));
    if (plan === null || hasErrors(draft.diagnostics)) invalid.push(draft.rule);
    else compiled.push({ rule: draft.rule, plan });
  }
  const program = builder.build();
  const sorted = compiled.sort(
    (a, b) =>
      compareByCodePoint(a.rule.id, b.rule.id) || compareByCodePoint(a.rule.path, b.rule.path),
  );
  const set: RuleSet = {
    rules: sorted.map((entry): CompiledRule => ({ ...entry, cost: costOf(program, entry.plan) })),
    schema: open.schema,
    program,
    interest: program.fields,
    packHash: rulePackHash(
      sorted.map((entry) => entry.rule),
      sha256Hex,
    ),
  };
  return { set, diagnostics, invalid };
}

/** A rule whose texts are parsed but not yet checked. */
interface Draft {
  readonly rule: Rule;
  readonly mode: SchemaMode;
  readonly query: ast.Query | null;
  readonly exceptions: readonly ParsedException[];
  readonly diagnostics: Diagnostic[];
}

interface ParsedException {
  readonly step: number;
  readonly condition: ast.Expression;
  readonly source: SourceText;
  readonly mapOffset: (offset: number) => number;
  readonly expiresNs: bigint | null;
}

function parseRule(rule: Rule, options: CompileOptions): Draft {
  const mode = options.mode ?? (isElastic(rule) ? "open" : "closed");
  const diagnostics: Diagnostic[] = [];
  const parsed = parseQuery(rule.source, rule.query, (offset) => mapQueryOffset(rule, offset));
  diagnostics.push(...parsed.diagnostics);
  const exceptions = parseExceptions(rule, options, diagnostics);
  return { rule, mode, query: parsed.query, exceptions, diagnostics };
}

function parseExceptions(
  rule: Rule,
  options: CompileOptions,
  diagnostics: Diagnostic[],
): ParsedException[] {
  const parsed: ParsedException[] = [];
  for (const exception of rule.exceptions) {
    const { step, expires, span } = exception;
    const mapOffset = (offset: number): number => Math.min(span.start + offset, span.end);
    const source = exception.source ?? rule.source;
    const result = parseCondition(source, exception.condition, mapOffset);
    diagnostics.push(...result.diagnostics);
    const expiresNs = expires === null ? null : parseIso(expires);
    if (expires !== null && expiresNs === null) diagnostics.push(badExpiry(source, span, expires));
    else if (expiresNs !== null && options.nowNs != null && expiresNs <= options.nowNs) {
      diagnostics.push(exceptionExpired(source, span, expires!));
    }
    if (result.condition !== null) {
      parsed.push({ step, condition: result.condition, source, mapOffset, expiresNs });
    }
  }
  return parsed;
}

function isElastic(rule: Rule): boolean {
  return rule.format === "detection-rules" || rule.format === "endpoint";
}

function usesOf(draft: Draft): ReturnType<typeof fieldUses> {
  const own = draft.query === null ? [] : fieldUses(draft.query);
  return [...own, ...draft.exceptions.flatMap((exception) => conditionUses(exception.condition))];
}

function compileDraft(
  draft: Draft,
  open: OpenFields,
  builder: ProgramBuilder,
  options: CompileOptions,
): Plan | null {
  const { rule, query, diagnostics } = draft;
  if (query === null) return null;
  // What could be read of a broken query is checked all the same, but leaves nothing in the program.
  const target = hasErrors(diagnostics) ? new ProgramBuilder() : builder;
  const scope: QueryScope = {
    schema: open.schema,
    mode: draft.mode,
    source: rule.source,
    mapOffset: (offset) => mapQueryOffset(rule, offset),
    diagnostics,
  };
  for (const pipe of query.pipes) {
    const start = scope.mapOffset(pipe.span.start);
    const span = { start, end: scope.mapOffset(pipe.span.end) };
    diagnostics.push(pipeInRule({ source: rule.source, span }, pipe.name));
  }
  if (draft.mode === "open") diagnostics.push(...open.warnings(fieldUses(query), scope));
  checkSuppression(rule, scope);
  checkExceptionSteps(rule, query, diagnostics);
  const exceptions = draft.exceptions.map(
    (exception): StepException => ({
      step: exception.step,
      condition: exception.condition,
      scope: { ...scope, source: exception.source, mapOffset: exception.mapOffset },
      expiresNs: exception.expiresNs,
    }),
  );
  return lowerQuery(query, {
    builder: target,
    scope,
    categoryField: rule.categoryField,
    osList: rule.osList,
    hostKey: rule.format === "endpoint" ? "host.id" : null,
    exceptions,
    limits: options.limits ?? defaultLimits,
    trace: options.trace,
  });
}

function checkExceptionSteps(rule: Rule, query: ast.Query, diagnostics: Diagnostic[]): void {
  const steps = query.base.kind === "event" ? 1 : query.base.steps.length;
  for (const { step, span, source } of rule.exceptions) {
    if (step >= steps) diagnostics.push(noSuchStep(source ?? rule.source, span, step, steps));
  }
}

function checkSuppression(rule: Rule, scope: QueryScope): void {
  for (const path of rule.suppression?.by ?? []) {
    if (scope.schema.find(path) !== undefined) continue;
    const place = { source: rule.source, span: { start: 0, end: 0 } };
    scope.diagnostics.push(unknownField(place, path, "any", undefined));
  }
}
