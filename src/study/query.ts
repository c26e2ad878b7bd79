/** Ad hoc hunting: one query, with pipes, over a finite input. */
import type { Alert } from "../alert/alert.ts";
import { hasBit } from "../base/bitset.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { Engine } from "../engine/engine.ts";
import { engineVersion } from "../engine/version.ts";
import type { Pipe, Query } from "../eql/ast.ts";
import { badPipeArgument } from "../eql/check-errors.ts";
import { conditionUses, fieldUses } from "../eql/field-uses.ts";
import { lowerCondition, lowerQuery } from "../eql/lower.ts";
import { parseQuery } from "../eql/parser.ts";
import type { QueryScope, SchemaMode } from "../eql/scope.ts";
import { Batch } from "../event/batch.ts";
import { type DecodedRecord, EventDecoder } from "../event/decode.ts";
import { ProgramBuilder } from "../ir/builder.ts";
import type { Plan } from "../ir/plan.ts";
import type { NodeId, Program } from "../ir/predicate.ts";
import type { Backend, Evaluator } from "../predicate/contract.ts";
import { registerUnknown } from "../rule/open-fields.ts";
import type { Rule } from "../rule/rule.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Schema } from "../schema/schema.ts";
import { itemJson, type QueryItem } from "./item.ts";
import { badArgument, runPipes } from "./pipes.ts";
import { SampleSearch } from "./sample-search.ts";

export interface QueryOptions {
  /** What the query may name; fields seen in the data should be in it (see schema/infer.ts). */
  readonly schema: Schema;
  /** `open` (the default): unknown fields are registered by their use, with a warning. */
  readonly mode?: SchemaMode;
  /** Field that categories are compared with; `event.category` unless given. */
  readonly categoryField?: string;
  readonly timestampField?: string;
  readonly timestampUnit?: TimeUnit;
  readonly limits?: Limits;
  readonly backend: Backend;
  /** Samples a key may give: 1 unless given. */
  readonly samplesPerKey?: number;
}

/** A query that compiled, ready for one run. */
export interface CompiledQuery {
  readonly run: QueryRun | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a query for one run over records in their final order. */
export function compileQuery(text: string, options: QueryOptions): CompiledQuery {
  const source = { name: "query", text };
  const parsed = parseQuery(source, text, (offset) => offset);
  const diagnostics = [...parsed.diagnostics];
  const { query } = parsed;
  if (query === null || hasErrors(diagnostics)) return { run: null, diagnostics };
  const mode = options.mode ?? "open";
  const uses = [...fieldUses(query), ...query.pipes.flatMap(filterUses)];
  const open = registerUnknown(options.schema, mode === "open" ? uses : []);
  const scope: QueryScope = {
    schema: open.schema,
    mode,
    source,
    mapOffset: (offset) => offset,
    diagnostics,
  };
  if (mode === "open") diagnostics.push(...open.warnings(uses, scope));
  const compiled = lowerWithPipes(query, scope, options);
  if (compiled === null || hasErrors(diagnostics)) return { run: null, diagnostics };
  return { run: new QueryRun(query, compiled, open.schema, options), diagnostics };
}

interface Lowered {
  readonly plan: Plan;
  readonly program: Program;
  readonly filters: ReadonlyMap<Pipe, NodeId>;
}

function filterUses(pipe: Pipe): ReturnType<typeof fieldUses> {
  const [condition] = pipe.args;
  return pipe.name === "filter" && condition !== undefined ? conditionUses(condition) : [];
}

function lowerWithPipes(query: Query, scope: QueryScope, options: QueryOptions): Lowered | null {
  const builder = new ProgramBuilder();
  const lower = {
    builder,
    scope,
    categoryField: options.categoryField ?? "event.category",
    osList: [],
    hostKey: null,
    exceptions: [],
    limits: options.limits ?? defaultLimits,
  };
  const plan = lowerQuery(query, lower);
  const filters = new Map<Pipe, NodeId>();
  for (const pipe of query.pipes) {
    const bad = badArgument(pipe);
    if (bad !== null) {
      const span = bad === "missing" ? pipe.span : bad.span;
      scope.diagnostics.push(badPipeArgument({ source: scope.source, span }, pipe.name));
    } else if (pipe.name === "filter") {
      const node = lowerCondition(pipe.args[0]!, lower);
      if (node !== null) filters.set(pipe, builder.root(node));
    }
  }
  return plan === null ? null : { plan, program: builder.build(), filters };
}

/** One run: records in, then the results. */
export class QueryRun {
  /** Whether a result is a list of events. */
  readonly isList: boolean;
  readonly #query: Query;
  readonly #lowered: Lowered;
  readonly #options: QueryOptions;
  readonly #limits: Limits;
  readonly #decoder: EventDecoder;
  /** The batch that records go to: the engine's, or for a sample the one apart. */
  readonly #batch: Batch;
  readonly #engine: Engine;
  /** For samples and `filter` pipes, with a batch of its own. */
  readonly #evaluator: Evaluator;
  readonly #apart: Batch;
  readonly #sample: SampleSearch | null;
  readonly #items: QueryItem[] = [];

  constructor(query: Query, lowered: Lowered, schema: Schema, options: QueryOptions) {
    this.isList = query.base.kind !== "event";
    this.#query = query;
    this.#lowered = lowered;
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    const { plan, program } = lowered;
    const rules = onlyRule(plan, program, schema);
    this.#engine = new Engine({
      rules,
      backend: options.backend,
      limits: this.#limits,
      engineVersion,
      onAlert: (alert) => this.#items.push(itemOf(alert)),
      decideAtEnd: true,
    });
    const { layout } = this.#engine.batch;
    this.#decoder = new EventDecoder({
      schema,
      layout,
      limits: this.#limits,
      ...(options.timestampField === undefined ? {} : { timestampField: options.timestampField }),
      ...(options.timestampUnit === undefined ? {} : { timestampUnit: options.timestampUnit }),
    });
    this.#evaluator = options.backend.create({ program, schema, limits: this.#limits, layout });
    const { memory, base } = this.#evaluator.batchMemory;
    const { strings, evidence } = this.#engine.batch;
    this.#apart = new Batch(layout, strings, evidence, memory, base);
    this.#sample = plan.kind === "sample" ? new SampleSearch(plan, this.#evaluator, schema) : null;
    this.#batch = this.#sample === null ? this.#engine.batch : this.#apart;
    this.#decoder.reset(this.#batch);
  }

  /** The decoder to parse lines with. */
  parse(line: string): ReturnType<EventDecoder["parse"]> {
    return this.#decoder.parse(line);
  }

  push(record: DecodedRecord, timeNs: bigint): void {
    if (!this.#decoder.append(this.#batch, record, timeNs)) {
      this.#flush();
      this.#decoder.append(this.#batch, record, timeNs);
    }
  }

  /** The end of input: all results, piped. */
  finish(): QueryItem[] {
    this.#flush();
    this.#engine.finish();
    const found = this.#sample?.finish(this.#options.samplesPerKey ?? 1) ?? this.#items;
    return runPipes(found, this.#query.pipes, (pipe, item) => this.#filter(pipe, item));
  }

  /** A result as a line of JSON. */
  print(item: QueryItem): string {
    return itemJson(item, this.isList);
  }

  #flush(): void {
    if (this.#sample === null) this.#engine.process();
    else this.#sample.process(this.#batch);
    this.#decoder.reset(this.#batch);
  }

  /** Decides a `filter` pipe by evaluating its predicate on the item's first event. */
  #filter(pipe: Pipe, item: QueryItem): boolean {
    const node = this.#lowered.filters.get(pipe);
    const first = item.events.find((event) => event !== null);
    if (node === undefined || first === undefined || first === null) return false;
    const record = this.#decoder.parse(first);
    if (record.kind === "rejected") return false;
    this.#decoder.reset(this.#apart);
    this.#decoder.append(this.#apart, record, record.timeNs ?? 0n);
    this.#evaluator.begin(this.#apart);
    return hasBit(this.#evaluator.evaluate(node), 0);
  }
}

function itemOf(alert: Alert): QueryItem {
  return { events: alert.match.map((step) => step.event), keys: alert.keys, summary: null };
}

/** A sample is searched over the whole input (sample-search.ts), not by the engine. */
function onlyRule(plan: Plan, program: Program, schema: Schema): RuleSet {
  const rules = plan.kind === "sample" ? [] : [{ rule: adHocRule, plan, cost: 0 }];
  return { rules, schema, program, interest: program.fields, packHash: "" };
}

const adHocRule: Rule = {
  id: "query",
  name: "query",
  description: "",
  version: "",
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
  query: "",
  format: "eql",
  path: "",
  contentHash: "",
  source: { name: "query", text: "" },
  querySpan: { start: 0, end: 0 },
  queryOffsets: null,
  tests: [],
};
