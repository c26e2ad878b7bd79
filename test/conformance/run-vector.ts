/** Runs one vector and says what came. */
import { type JsonValue, parseJson } from "../../src/base/json.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { parseIso } from "../../src/base/time.ts";
import { type Diagnostic, hasErrors } from "../../src/diagnostic/diagnostic.ts";
import { ExpressionLowering } from "../../src/eql/lower-expression.ts";
import { parseExpression, parseQuery } from "../../src/eql/parser.ts";
import { valuesAt } from "../../src/event/json-path.ts";
import { ProgramBuilder } from "../../src/ir/builder.ts";
import type { Backend } from "../../src/predicate/contract.ts";
import type { Schema } from "../../src/schema/schema.ts";
import type { QueryItem } from "../../src/study/item.ts";
import { compileQuery } from "../../src/study/query.ts";
import { type Dataset, schemaOf } from "./dataset.ts";
import type {
  ExpressionVector,
  QueryVector,
  SeriesVector,
  SyntaxVector,
  Vector,
} from "./vector.ts";

/** `passed`, or what was expected and what came. */
export type Verdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly expected: string; readonly got: string };

export interface RunContext {
  readonly backend: Backend;
  readonly dataset: (names: readonly string[]) => Dataset;
}

export function runVector(vector: Vector, context: RunContext): Verdict {
  if ("expression" in vector) return runExpression(vector);
  if ("expected_event_ids" in vector) return runQuery(vector, context);
  if ("expected_labels" in vector) return runSeries(vector, context);
  return runSyntax(vector);
}

const passed: Verdict = { passed: true };

function runSyntax(vector: SyntaxVector): Verdict {
  const source = { name: vector.id, text: vector.query };
  const { diagnostics } = parseQuery(source, vector.query, (offset) => offset);
  const isGood = !hasErrors(diagnostics);
  if (isGood === (vector.expected_error === undefined)) return passed;
  return {
    passed: false,
    expected: vector.expected_error ?? "parses",
    got: isGood ? "parses" : messages(diagnostics),
  };
}

function runExpression(vector: ExpressionVector): Verdict {
  const source = { name: vector.id, text: vector.expression };
  const parsed = parseExpression(source, vector.expression, (offset) => offset);
  const diagnostics = [...parsed.diagnostics];
  const builder = new ProgramBuilder();
  const query = {
    schema: schemaOf([], null),
    mode: "closed" as const,
    source,
    mapOffset: (offset: number) => offset,
    diagnostics,
  };
  const empty = new Map<string, never>();
  const scope = { query, category: "any", step: -1, aliases: empty, variables: empty };
  const lowering = new ExpressionLowering(builder, scope, () => null);
  const operand = parsed.expression === null ? null : lowering.value(parsed.expression);
  if (operand === null || hasErrors(diagnostics)) {
    if (vector.expected_error !== undefined) return passed;
    return { passed: false, expected: JSON.stringify(vector.expected), got: messages(diagnostics) };
  }
  const node = builder.node(operand.node);
  const got = node.op === "const" ? printScalar(node.value) : `not constant: ${node.op}`;
  const expected = vector.expected_error ?? JSON.stringify(vector.expected ?? null);
  return got === expected ? passed : { passed: false, expected, got };
}

function printScalar(value: unknown): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

function runQuery(vector: QueryVector, context: RunContext): Verdict {
  const names = typeof vector.dataset === "string" ? [vector.dataset] : vector.dataset;
  const dataset = context.dataset(names);
  const outcome = evaluate(vector, dataset, context.backend);
  if ("diagnostics" in outcome) {
    const expected = JSON.stringify(vector.expected_event_ids);
    return { passed: false, expected, got: messages(outcome.diagnostics) };
  }
  const items = vector.size === undefined ? outcome.items : outcome.items.slice(0, vector.size);
  const got = items.map((item) => item.events.map((event) => idOf(event, vector.id_field)));
  const length = got[0]?.length ?? 1;
  const alternatives =
    vector.any_of === true ? vector.expected_event_ids : [vector.expected_event_ids];
  const wanted = alternatives.map((ids) => chunk(ids as readonly unknown[], length));
  const isSame = wanted.some((ids) => sameTuples(ids, got, outcome.isList));
  if (!isSame) return failed(wanted, got);
  return checkKeys(vector.join_keys, items);
}

function runSeries(vector: SeriesVector, context: RunContext): Verdict {
  const values = vector.events.map((event) => parseValue(JSON.stringify(event)));
  const events = vector.events.map((event, index) => ({
    json: JSON.stringify(event),
    value: values[index] as never,
  }));
  const schema: Schema = schemaOf(values as never, null);
  const query = { query: vector.query, event_category_field: "event_type" };
  const outcome = evaluate(query, { schema, events }, context.backend);
  if ("diagnostics" in outcome) {
    const expected = JSON.stringify(vector.expected_labels);
    return { passed: false, expected, got: messages(outcome.diagnostics) };
  }
  const got = outcome.items.map((item) => item.events.map((event) => idOf(event, "label")));
  if (!sameTuples(vector.expected_labels, got, true)) return failed(vector.expected_labels, got);
  return checkKeys(vector.join_keys, outcome.items);
}

type Outcome =
  | { readonly items: readonly QueryItem[]; readonly isList: boolean }
  | { readonly diagnostics: readonly Diagnostic[] };

function evaluate(
  vector: Pick<QueryVector, "query" | "event_category_field" | "max_samples_per_key">,
  dataset: Dataset,
  backend: Backend,
): Outcome {
  const { run, diagnostics } = compileQuery(vector.query, {
    schema: dataset.schema,
    mode: "closed",
    categoryField: vector.event_category_field,
    limits: defaultLimits,
    backend,
    samplesPerKey: vector.max_samples_per_key ?? 1,
  });
  if (run === null) return { diagnostics };
  let timeNs = 0n;
  for (const event of dataset.events) {
    const record = run.parse(event.json);
    if (record.kind === "rejected") throw new Error(`event refused: ${record.message}`);
    timeNs = record.timeNs ?? timeNs;
    run.push(record, timeNs);
  }
  return { items: run.finish(), isList: run.isList };
}

function parseValue(text: string): JsonValue {
  const parsed = parseJson(text);
  if (parsed.kind !== "value") throw new Error("not JSON");
  return parsed.value;
}

/** The id of an event; -1 stands for a missing one. */
function idOf(event: string | null, field: string): unknown {
  return event === null ? -1 : valuesAt(JSON.parse(event), field)[0];
}

function chunk(ids: readonly unknown[], length: number): unknown[][] {
  const chunks: unknown[][] = [];
  for (let i = 0; i < ids.length; i += length) chunks.push(ids.slice(i, i + length));
  return chunks;
}

/** Sequences and samples are compared as sets, events in their order. */
function sameTuples(
  wanted: readonly (readonly unknown[])[],
  got: readonly (readonly unknown[])[],
  isList: boolean,
): boolean {
  const texts = (tuples: readonly (readonly unknown[])[]): string[] => {
    const all = tuples.map((tuple) => JSON.stringify(tuple));
    return isList ? all.sort() : all;
  };
  return JSON.stringify(texts(wanted)) === JSON.stringify(texts(got));
}

function checkKeys(
  wanted: readonly (string | null)[] | undefined,
  items: readonly QueryItem[],
): Verdict {
  if (wanted === undefined) return passed;
  const got = items.flatMap((item) => item.keys.map(keyText));
  const length = items[0]?.keys.length ?? 1;
  if (sameTuples(chunk(wanted.map(keyText), length), chunk(got, length), true)) return passed;
  return failed(wanted, got);
}

/** A key as text; a date, which some vectors give as a number of milliseconds, as one. */
function keyText(key: string | null): string {
  const timeNs = key === null ? null : parseIso(key);
  return timeNs === null ? String(key) : String(timeNs / 1_000_000n);
}

function failed(wanted: unknown, got: unknown): Verdict {
  return { passed: false, expected: JSON.stringify(wanted), got: JSON.stringify(got) };
}

function messages(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
}
