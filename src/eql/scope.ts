/** What names mean at a place in a query, and where remarks on it go. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { Schema } from "../schema/schema.ts";
import type { Field } from "../schema/type.ts";
import type { FieldExpression, VariableExpression } from "./ast.ts";
import type { Place } from "./check-errors.ts";
import * as errors from "./check-errors.ts";

/**
 * - `closed`: a field outside the schema is an error, an optional one the literal null.
 * - `open`: it was registered before (see field-uses.ts), with a warning.
 */
export type SchemaMode = "closed" | "open";

/** What every part of one query shares. */
export interface QueryScope {
  readonly schema: Schema;
  readonly mode: SchemaMode;
  readonly source: SourceText;
  /** From an offset in the query to one in the source text. */
  readonly mapOffset: (offset: number) => number;
  readonly diagnostics: Diagnostic[];
}

/** A name that an earlier step gave to its event. */
export interface Alias {
  readonly step: number;
  readonly missing: boolean;
}

/** A variable that `_arraysearch` has bound. */
export interface Variable {
  readonly list: Field;
}

/** The scope of one condition. */
export interface Scope {
  readonly query: QueryScope;
  /** Category that the condition is on, for messages; `any` for all. */
  readonly category: string;
  /** 0-based step of the condition; -1 where earlier events can't be read. */
  readonly step: number;
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly variables: ReadonlyMap<string, Variable>;
}

/** What a field expression names. */
export type Resolution =
  | { readonly kind: "field"; readonly field: Field }
  | { readonly kind: "earlier"; readonly field: Field; readonly step: number }
  | { readonly kind: "element"; readonly field: Field; readonly list: Field }
  | { readonly kind: "null" }
  | { readonly kind: "error" };

/** Adds a remark; an error that starts where another one does says nothing new and is left out. */
export function report(scope: Scope, diagnostic: Diagnostic): void {
  const { diagnostics } = scope.query;
  const isKnown = ({ severity, span }: Diagnostic): boolean =>
    severity === "error" && span.start === diagnostic.span.start;
  if (diagnostic.severity === "error" && diagnostics.some(isKnown)) return;
  diagnostics.push(diagnostic);
}

/** The place of a span of the query. */
export function placeOf(scope: { readonly query: QueryScope }, span: Span): Place {
  const { source, mapOffset } = scope.query;
  const start = mapOffset(span.start);
  return { source, span: { start, end: Math.max(start, mapOffset(span.end)) } };
}

/** What `a.b.c` means: an alias's event where the first segment is one, else this event's field. */
export function resolveField(scope: Scope, expression: FieldExpression): Resolution {
  const { segments, optional, span } = expression;
  const path = segments.join(".");
  const head = segments[0]!;
  const alias = scope.aliases.get(head);
  if (alias !== undefined && segments.length > 1 && find(scope, path) === undefined) {
    return resolveEarlier(scope, alias, head, expression);
  }
  const field = find(scope, path);
  if (field !== undefined) return usable(scope, field, span);
  if (optional) return { kind: "null" };
  const looksLikeAlias = /^event\d+$/.test(head) && segments.length > 1;
  report(
    scope,
    looksLikeAlias
      ? errors.unknownAlias(placeOf(scope, span), head)
      : errors.unknownField(placeOf(scope, span), path, scope.category, similar(scope, path)),
  );
  return { kind: "error" };
}

/** What `$x` or `$x.member` means. */
export function resolveVariable(scope: Scope, expression: VariableExpression): Resolution {
  const variable = scope.variables.get(expression.name);
  if (variable === undefined) {
    report(scope, errors.unknownVariable(placeOf(scope, expression.span), expression.name));
    return { kind: "error" };
  }
  const { list } = variable;
  if (expression.segments.length === 0) {
    if (list.type !== "object-list") return { kind: "element", field: list, list };
    report(scope, errors.objectField(placeOf(scope, expression.span), `$${expression.name}`));
    return { kind: "error" };
  }
  const path = [list.path, ...expression.segments].join(".");
  const field = find(scope, path);
  if (field !== undefined && field.type !== "object-list") return { kind: "element", field, list };
  report(
    scope,
    errors.unknownField(
      placeOf(scope, expression.span),
      path,
      scope.category,
      similar(scope, path),
    ),
  );
  return { kind: "error" };
}

/** The schema's field of that path, if this query may use it. */
export function find(scope: Scope, path: string): Field | undefined {
  const field = scope.query.schema.find(path);
  if (field?.origin === "inferred" && scope.query.mode === "closed") return undefined;
  return field;
}

function resolveEarlier(
  scope: Scope,
  alias: Alias,
  name: string,
  expression: FieldExpression,
): Resolution {
  const place = placeOf(scope, expression.span);
  const path = expression.segments.slice(1).join(".");
  const field = find(scope, path);
  if (alias.step >= scope.step) report(scope, errors.aliasNotEarlier(place, name));
  else if (alias.missing) report(scope, errors.aliasOnMissing(place, name));
  else if (field !== undefined && field.type !== "object-list") {
    return { kind: "earlier", field, step: alias.step };
  } else if (expression.optional) return { kind: "null" };
  else report(scope, errors.unknownField(place, path, scope.category, similar(scope, path)));
  return { kind: "error" };
}

function usable(scope: Scope, field: Field, span: Span): Resolution {
  if (field.type === "object-list") {
    report(scope, errors.objectField(placeOf(scope, span), field.path));
    return { kind: "error" };
  }
  const { categories } = field;
  if (scope.category !== "any" && categories.length > 0 && !categories.includes(scope.category)) {
    const place = placeOf(scope, span);
    report(scope, errors.fieldNotInCategory(place, field.path, scope.category, categories));
  }
  return { kind: "field", field };
}

function similar(scope: Scope, path: string): string | undefined {
  return suggest(
    path,
    scope.query.schema.fields.map((field) => field.path),
  );
}
