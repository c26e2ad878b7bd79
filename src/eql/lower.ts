/** Checks a query and lowers it to a plan over predicate nodes. */
import { defaultLimits, type Limits } from "../base/limits.ts";
import type { Span } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { ProgramBuilder } from "../ir/builder.ts";
import type { EventPlan, KeyPlan, Plan, SamplePlan, SequencePlan, StepPlan } from "../ir/plan.ts";
import { argumentsOf, type NodeId } from "../ir/predicate.ts";
import type { FieldId, FieldType } from "../schema/type.ts";
import type * as ast from "./ast.ts";
import * as errors from "./check-errors.ts";
import { ExpressionLowering } from "./lower-expression.ts";
import type { LowerTrace, TracedException } from "./lower-trace.ts";
import { type Alias, find, placeOf, type QueryScope, report, type Scope } from "./scope.ts";

/** A condition that keeps a step silent, already parsed. */
export interface StepException {
  /** 0-based step. */
  readonly step: number;
  readonly condition: ast.Expression;
  /** The condition's own text and offsets. */
  readonly scope: QueryScope;
  /** Event time from which on it no longer holds; null for never. */
  readonly expiresNs: bigint | null;
}

export interface LowerOptions {
  readonly builder: ProgramBuilder;
  readonly scope: QueryScope;
  /** Field that categories are compared with. */
  readonly categoryField: string;
  /** Only events of these systems (`host.os.type`); empty means all. */
  readonly osList: readonly string[];
  /** Field put before every join key (`host.id` for rules that see one host), or null. */
  readonly hostKey: string | null;
  readonly exceptions: readonly StepException[];
  readonly limits?: Limits;
  /** Filled with what each node was lowered from. */
  readonly trace?: LowerTrace | undefined;
}

const emptyMap: ReadonlyMap<string, never> = new Map<string, never>();

/** The window of a sample without `maxspan`: 5 minutes. */
const defaultSampleNs = 300_000_000_000n;

const unitNs: Readonly<Record<ast.DurationUnit, bigint>> = {
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/** The plan of a query's base, or null after errors were reported to `scope.diagnostics`. */
export function lowerQuery(query: ast.Query, options: LowerOptions): Plan | null {
  return new QueryLowering(options).plan(query.base);
}

/** The predicate of a condition on its own (of a `filter` pipe). */
export function lowerCondition(condition: ast.Expression, options: LowerOptions): NodeId | null {
  return new QueryLowering(options).condition(condition);
}

/** A duration in nanoseconds. */
export function durationNs(duration: ast.Duration): bigint {
  return BigInt(duration.value) * unitNs[duration.unit];
}

class QueryLowering {
  readonly #options: LowerOptions;
  readonly #builder: ProgramBuilder;
  readonly #limits: Limits;
  #aliases: ReadonlyMap<string, Alias> = emptyMap;

  constructor(options: LowerOptions) {
    this.#options = options;
    this.#builder = options.builder;
    this.#limits = options.limits ?? defaultLimits;
  }

  plan(base: ast.Query["base"]): Plan | null {
    switch (base.kind) {
      case "event":
        return this.#event(base);
      case "sequence":
        return this.#sequence(base);
      case "sample":
        return this.#sample(base);
      default:
        return base satisfies never;
    }
  }

  condition(condition: ast.Expression): NodeId | null {
    return this.#expressions(this.#scope("any", -1)).filter(condition);
  }

  #event(query: ast.EventQuery): EventPlan | null {
    const predicate = this.#guarded(query, 0, -1);
    if (predicate === null) return null;
    this.#warnIfNever(predicate, query.where.span, "the condition");
    return { kind: "event", predicate: this.#builder.root(predicate) };
  }

  #sequence(query: ast.SequenceQuery): SequencePlan | null {
    this.#aliases = this.#collectAliases(query.steps);
    if (query.maxspan?.value === 0) {
      report(this.#scope("any", -1), errors.zeroMaxspan(this.#place(query.maxspan.span)));
    }
    const keys = this.#allKeys(query.by, [...query.steps, ...(query.until ? [query.until] : [])]);
    const steps = query.steps.map((step, index) => this.#step(step, index));
    const until = query.until === null ? null : this.#untilPredicate(query.until);
    const known = steps.filter((step): step is SplitStep => step !== null);
    if (keys === null || known.length < steps.length || (query.until && until === null))
      return null;
    const captures = this.#captures(known);
    return {
      kind: "sequence",
      steps: known.map((step, index): StepPlan => {
        const source = query.steps[index]!;
        return {
          predicate: this.#builder.root(step.predicate),
          residual: step.residual,
          missing: source.missing,
          runs: source.runs?.count ?? 1,
          keys: keys[index]!,
          captures: captures[index]!,
        };
      }),
      maxspanNs: query.maxspan === null ? null : durationNs(query.maxspan),
      until: until === null ? null : { predicate: until, keys: keys[query.steps.length]! },
    };
  }

  #sample(query: ast.SampleQuery): SamplePlan | null {
    const keys = this.#allKeys(query.by, query.steps);
    const predicates = query.steps.map((step, index) => {
      const predicate = this.#guarded(step.query, index, -1);
      if (predicate !== null) this.#warnIfNever(predicate, step.query.where.span, "this filter");
      return predicate;
    });
    const known = predicates.filter((predicate): predicate is NodeId => predicate !== null);
    if (keys === null || known.length < predicates.length) return null;
    if (keys[0]?.length === 0) {
      report(this.#scope("any", -1), errors.sampleNeedsKeys(this.#place(query.span)));
      return null;
    }
    return {
      kind: "sample",
      filters: known.map((predicate, index) => ({
        predicate: this.#builder.root(predicate),
        keys: keys[index]!,
      })),
      windowNs: query.maxspan === null ? defaultSampleNs : durationNs(query.maxspan),
    };
  }

  #untilPredicate(until: ast.Step): NodeId | null {
    const predicate = this.#guarded(until.query, -1, -1);
    return predicate === null ? null : this.#builder.root(predicate);
  }

  /** Category, systems, condition and exceptions of one step as one filter. */
  #guarded(query: ast.EventQuery, index: number, step: number): NodeId | null {
    const condition = this.#where(query, step);
    if (condition === null) return null;
    const category = this.#category(query.category);
    const systems = this.#systems();
    const exceptions = this.#exceptions(index, query.category.name);
    this.#options.trace?.steps.set(index, { query, category, systems, condition, exceptions });
    return this.#builder.and([category, systems, condition, ...exceptions.map(({ node }) => node)]);
  }

  #where(query: ast.EventQuery, step: number): NodeId | null {
    const category = isAny(query.category) ? "any" : query.category.name;
    return this.#expressions(this.#scope(category, step)).filter(query.where);
  }

  #expressions(scope: Scope): ExpressionLowering {
    const subquery = (query: ast.EventQuery): NodeId | null => {
      const condition = this.#where(query, -1);
      if (condition === null) return null;
      return this.#builder.and([this.#category(query.category), condition]);
    };
    return new ExpressionLowering(this.#builder, scope, subquery, this.#options.trace);
  }

  #category(category: ast.Category): NodeId {
    if (isAny(category)) return this.#builder.truth(true);
    return this.#textLeaf(this.#options.categoryField, [category.name]);
  }

  #systems(): NodeId {
    const { osList } = this.#options;
    return osList.length === 0 ? this.#builder.truth(true) : this.#textLeaf("host.os.type", osList);
  }

  #textLeaf(path: string, literals: readonly string[]): NodeId {
    const field = this.#options.scope.schema.find(path);
    if (field === undefined || field.type === "object-list") return this.#builder.truth(false);
    const subject = this.#builder.field("keyword", field.id);
    return this.#builder.leaf(
      this.#builder.test(subject, { kind: "equals", insensitive: false, literals }),
    );
  }

  #exceptions(step: number, category: string): TracedException[] {
    const parts: TracedException[] = [];
    for (const [index, exception] of this.#options.exceptions.entries()) {
      if (exception.step !== step) continue;
      const scope: Scope = { ...this.#scope(category, -1), query: exception.scope };
      const condition = this.#expressions(scope).filter(exception.condition);
      if (condition === null) continue;
      if (this.#builder.node(condition).op === "true") {
        const place = placeOf(scope, exception.condition.span);
        report(scope, errors.swallowsStep(place, step));
      }
      const node = this.#builder.not(this.#builder.and([condition, this.#before(exception)]));
      parts.push({ index, condition: exception.condition, node });
    }
    return parts;
  }

  #before(exception: StepException): NodeId {
    const field = this.#options.scope.schema.find("@timestamp");
    if (exception.expiresNs === null || field === undefined) return this.#builder.truth(true);
    return this.#builder.leaf(
      this.#builder.compare(
        "<",
        this.#builder.field("date", field.id),
        this.#builder.constant("date", exception.expiresNs),
      ),
    );
  }

  #step(step: ast.Step, index: number): SplitStep | null {
    const whole = this.#guarded(step.query, index, index);
    if (whole === null) return null;
    this.#warnIfNever(
      whole,
      step.query.where.span,
      step.missing ? "this missing event" : "this step",
    );
    const node = this.#builder.node(whole);
    const conjuncts = node.op === "and" ? node.args : [whole];
    const residual = conjuncts.filter((conjunct) => this.#earlierFields(conjunct).size > 0);
    const own = conjuncts.filter((conjunct) => !residual.includes(conjunct));
    if (residual.length > 0 && step.missing) {
      report(
        this.#scope("any", index),
        errors.aliasOutside(this.#place(step.span), "a missing-event step"),
      );
      return null;
    }
    return {
      predicate: this.#builder.and(own),
      residual: residual.length === 0 ? null : this.#builder.and(residual),
    };
  }

  #warnIfNever(predicate: NodeId, span: Span, what: string): void {
    if (this.#builder.node(predicate).op !== "false") return;
    report(this.#scope("any", -1), errors.neverMatches(this.#place(span), what));
  }

  #collectAliases(steps: readonly ast.Step[]): ReadonlyMap<string, Alias> {
    const aliases = new Map<string, Alias>();
    for (const [index, step] of steps.entries()) {
      if (step.alias === null) continue;
      if (aliases.has(step.alias.name)) {
        const place = this.#place(step.alias.span);
        report(this.#scope("any", -1), errors.duplicateAlias(place, step.alias.name));
      } else aliases.set(step.alias.name, { step: index, missing: step.missing });
      this.#options.trace?.aliases.set(index, step.alias.name);
    }
    return aliases;
  }

  /** For each step, the fields of its event that some residual reads. */
  #captures(steps: readonly SplitStep[]): FieldId[][] {
    const captures = steps.map(() => new Set<FieldId>());
    for (const { residual } of steps) {
      if (residual === null) continue;
      for (const [step, fields] of this.#earlierFields(residual)) {
        for (const field of fields) captures[step]!.add(field);
      }
    }
    for (const fields of captures) for (const field of fields) this.#builder.read(field);
    return captures.map((fields) => [...fields].sort((a, b) => a - b));
  }

  #earlierFields(root: NodeId): Map<number, Set<FieldId>> {
    const found = new Map<number, Set<FieldId>>();
    const seen = new Set<NodeId>();
    const visit = (id: NodeId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const node = this.#builder.node(id);
      if (node.op === "earlier") {
        const fields = found.get(node.step) ?? new Set();
        found.set(node.step, fields.add(node.field));
      }
      for (const arg of argumentsOf(node)) visit(arg);
    };
    visit(root);
    return found;
  }

  /** The keys of each step: shared ones first, then its own. */
  #allKeys(shared: readonly ast.JoinKey[], steps: readonly ast.Step[]): KeyPlan[][] | null {
    const common = this.#keysOf(shared);
    const own = steps.map((step) => this.#keysOf(step.by));
    if (common === null || own.includes(null)) return null;
    const typed = own.map((keys) => [...common, ...keys!]);
    const first = typed[0]!;
    if (first.length > this.#limits.joinKeys) {
      const place = this.#place((shared[0] ?? steps[0]!).span);
      report(
        this.#scope("any", -1),
        errors.tooManyKeys(place, first.length, this.#limits.joinKeys),
      );
      return null;
    }
    for (const [index, step] of steps.entries()) {
      const keys = typed[index]!;
      if (keys.length !== first.length) {
        report(
          this.#scope("any", -1),
          errors.keyCount(this.#place(step.span), first.length, keys.length),
        );
        return null;
      }
      this.#checkKeyTypes(first, keys, step);
    }
    const hostKey = this.#hostKey();
    return typed.map((keys) => [...hostKey, ...keys.map((key) => key.plan)]);
  }

  #checkKeyTypes(first: readonly TypedKey[], keys: readonly TypedKey[], step: ast.Step): void {
    for (const [position, key] of keys.entries()) {
      const wanted = keyClass(first[position]!.type);
      const given = keyClass(key.type);
      if (wanted === null || given === null || wanted === given) continue;
      report(this.#scope("any", -1), errors.keyType(this.#place(step.span), wanted, given));
    }
  }

  #hostKey(): KeyPlan[] {
    const path = this.#options.hostKey;
    const field = path === null ? undefined : this.#options.scope.schema.find(path);
    if (field === undefined) return [];
    this.#builder.read(field.id);
    return [{ field: field.id, optional: true, alwaysNull: false }];
  }

  #keysOf(keys: readonly ast.JoinKey[]): TypedKey[] | null {
    const scope = this.#scope("any", -1);
    const typed = keys.map((key) => this.#keyOf(key, scope));
    const known = typed.filter((key): key is TypedKey => key !== null);
    return known.length === typed.length ? known : null;
  }

  #keyOf(key: ast.JoinKey, scope: Scope): TypedKey | null {
    const path = key.segments.join(".");
    const field = find(scope, path);
    if (field === undefined) {
      if (key.optional) {
        const plan = { field: 0 as FieldId, optional: true, alwaysNull: true };
        return { plan, type: null };
      }
      const names = scope.query.schema.fields.map((entry) => entry.path);
      report(scope, errors.unknownField(this.#place(key.span), path, "any", suggest(path, names)));
      return null;
    }
    if (field.type === "object-list") {
      report(scope, errors.objectField(this.#place(key.span), path));
      return null;
    }
    this.#builder.read(field.id);
    const plan = { field: field.id, optional: key.optional, alwaysNull: false };
    return { plan, type: field.type };
  }

  #scope(category: string, step: number): Scope {
    const aliases = this.#aliases;
    return { query: this.#options.scope, category, step, aliases, variables: emptyMap };
  }

  #place(span: Span): errors.Place {
    return placeOf({ query: this.#options.scope }, span);
  }
}

interface SplitStep {
  readonly predicate: NodeId;
  readonly residual: NodeId | null;
}

interface TypedKey {
  readonly plan: KeyPlan;
  /** Null where the key is always null. */
  readonly type: FieldType | null;
}

function isAny(category: ast.Category): boolean {
  return category.name === "any" && !category.quoted;
}

/** Keys of one class can be equal; their text is compared. */
function keyClass(type: FieldType | null): string | null {
  if (type === null) return null;
  if (type === "long" || type === "double") return "number";
  if (type === "ip" || type === "version") return "keyword";
  return type;
}
