/**
 * Which rules can fire on what is collected: whether each step finds some kind of event that has the
 * category, type and action it asks for, and a value in the fields that it reads.
 */

import type { KeyPlan, Plan } from "../ir/plan.ts";
import { argumentsOf, type Node, type NodeId } from "../ir/predicate.ts";
import { compileTest } from "../ir/text-test.ts";
import type { CompiledRule, RuleSet } from "../rule/rule-set.ts";
import type { RecordedKind } from "../schema/recorded-kind.ts";
import type { FieldId } from "../schema/type.ts";

/**
 * - `full`: everything that the rule asks for is supplied;
 * - `partial`: it can fire, but an exclusion or a missing-event step asks for what is not supplied;
 * - `none`: some step can never hold.
 */
export type CoverageLevel = "full" | "partial" | "none";

export interface RuleCoverage {
  readonly level: CoverageLevel;
  /** Fields that are not supplied, and `field: value` where no event has that value; sorted. */
  readonly missing: readonly string[];
}

/** Tells the coverage of rules that were compiled together. */
export class CoverageStudy {
  readonly #rules: RuleSet;
  readonly #system: string;
  readonly #kinds: readonly KnownKind[];
  /** Paths that some kind of event has a value at. */
  readonly #supplied: ReadonlySet<string>;

  /** `system` is the `host.os.type` of the sources that supply `kinds`. */
  constructor(rules: RuleSet, system: string, kinds: readonly RecordedKind[]) {
    this.#rules = rules;
    this.#system = system;
    this.#supplied = new Set(kinds.flatMap(({ fields }) => [...fields]));
    this.#kinds = kinds.map((kind) => ({
      values: new Map([
        ["host.os.type", [system]],
        ["event.category", kind.categories],
        ["event.type", kind.types],
        ["event.action", [kind.action]],
      ]),
      fields: kind.fields,
    }));
  }

  /** Whether the rule is for hosts of this system: some event of it could match, and its tags don't name others only. */
  applies({ rule, plan }: CompiledRule): boolean {
    if (!isForSystem(rule.tags, this.#system)) return false;
    const anyKind: KnownKind = {
      values: new Map([["host.os.type", [this.#system]]]),
      fields: null,
    };
    return stepsOf(plan).every((step) => this.#needs(step.predicate, anyKind) !== null);
  }

  coverageOf({ plan }: CompiledRule): RuleCoverage {
    const found = stepsOf(plan).map((step) => ({ step, needs: this.#bestNeeds(step) }));
    const missing = new Set<string>();
    let level: CoverageLevel = "full";
    for (const { step, needs } of found) {
      const isBlocked = needs === null || needs.required.size > 0;
      if (isBlocked && step.isRequired) level = "none";
      else if ((isBlocked || needs.excluding.size > 0) && level === "full") level = "partial";
      for (const name of namesOf(needs) ?? this.#wantedValues(step.predicate)) missing.add(name);
    }
    return { level, missing: [...missing].sort() };
  }

  /** What the step lacks on the kind of event that serves it best; null where none can. */
  #bestNeeds(step: Step): Needs | null {
    let best: Needs | null = null;
    for (const kind of this.#kinds) {
      const predicate = this.#needs(step.predicate, kind);
      if (predicate === null) continue;
      const parts = [predicate, this.#fieldNeeds(step.fields, kind)];
      if (step.residual !== null) {
        const residual = this.#needs(step.residual, kind);
        if (residual === null) continue;
        parts.push(residual);
      }
      best = better(best, together(parts));
    }
    return best;
  }

  /** What an event of the kind lacks to make the node true; null where it can't be. */
  #needs(id: NodeId, kind: KnownKind): Needs | null {
    const node = this.#rules.program.nodes[id]!;
    switch (node.op) {
      case "true":
        return nothing;
      case "false":
        return null;
      case "and":
        return allOf(node.args.map((arg) => this.#needs(arg, kind)));
      case "or":
        return node.args.map((arg) => this.#needs(arg, kind)).reduce(better, null);
      case "not":
        return this.#excluded(node.arg, kind);
      case "leaf":
        return this.#leafNeeds(node.value, kind);
      case "any-element":
        return this.#fieldNeeds([node.list, ...this.#fieldsBelow(node.body)], kind);
      case "lineage":
        return this.#lineageNeeds(node.query, kind);
      default:
        return this.#leafNeeds(id, kind);
    }
  }

  #lineageNeeds(query: number, kind: KnownKind): Needs | null {
    const { predicate } = this.#rules.program.lineage[query]!;
    if (kind.fields === null) return this.#needs(predicate, kind);
    return this.#kinds.map((other) => this.#needs(predicate, other)).reduce(better, null);
  }

  /** What is lacking to tell that the node is false; null where it is always true. */
  #excluded(id: NodeId, kind: KnownKind): Needs | null {
    const node = this.#rules.program.nodes[id]!;
    if (node.op === "or") return allOf(node.args.map((arg) => this.#excluded(arg, kind)));
    if (node.op === "and") {
      return node.args.map((arg) => this.#excluded(arg, kind)).reduce(better, null);
    }
    if (node.op === "leaf") {
      const known = this.#evaluate(node.value, kind);
      if (known !== undefined) return known ? null : nothing;
    }
    const { required } = this.#fieldNeeds(this.#fieldsBelow(id), kind);
    // A field that only other kinds of events have excludes nothing here, as its author knows.
    const unknown = [...required].filter((path) => !this.#supplied.has(path));
    return { required: noNames, excluding: new Set(unknown) };
  }

  #leafNeeds(id: NodeId, kind: KnownKind): Needs | null {
    const known = this.#evaluate(id, kind);
    if (known !== undefined) return known ? nothing : null;
    return this.#fieldNeeds(this.#fieldsBelow(id), kind);
  }

  /** The answer of a test on a field that is the same for all events of the kind; undefined for others. */
  #evaluate(id: NodeId, kind: KnownKind): boolean | undefined {
    const node = this.#rules.program.nodes[id]!;
    if (node.op !== "test" && node.op !== "compare") return undefined;
    const values = this.#knownValues(node, kind);
    if (values === undefined) return undefined;
    if (node.op === "test") {
      const holds = compileTest(node.test);
      return values.some((value) => holds(value) === true);
    }
    const constant = [node.left, node.right]
      .map((side) => this.#rules.program.nodes[side]!)
      .find((side) => side.op === "const");
    if (node.operator !== "==" || typeof constant?.value !== "string") return undefined;
    return values.includes(constant.value);
  }

  #knownValues(node: Node, kind: KnownKind): readonly string[] | undefined {
    const field = argumentsOf(node)
      .map((arg) => this.#rules.program.nodes[arg]!)
      .find((arg) => arg.op === "field");
    return field && kind.values.get(this.#rules.schema.field(field.field).path);
  }

  #fieldNeeds(fields: readonly FieldId[], kind: KnownKind): Needs {
    const { fields: supplied, values } = kind;
    if (supplied === null) return nothing;
    const paths = fields.map((field) => this.#rules.schema.field(field).path);
    const required = paths.filter((path) => !supplied.has(path) && !values.has(path));
    return { required: new Set(required), excluding: noNames };
  }

  /** Fields of this event that must have a value for the node to be told; `== null` asks for none. */
  #fieldsBelow(id: NodeId): FieldId[] {
    const node = this.#rules.program.nodes[id]!;
    if (node.op === "absent") return [];
    const own = node.op === "field" ? [node.field] : [];
    const element = node.op === "element" && node.field !== node.list ? [node.field] : [];
    const list = node.op === "any-element" ? [node.list] : [];
    return [
      ...own,
      ...element,
      ...list,
      ...argumentsOf(node).flatMap((arg) => this.#fieldsBelow(arg)),
    ];
  }

  /** The values that a step asks of the fields that tell kinds of events apart, the most telling field alone. */
  #wantedValues(predicate: NodeId): string[] {
    for (const path of ["event.action", "event.type", "event.category"]) {
      const field = this.#rules.schema.find(path)?.id;
      const wanted = this.#literalsOf(predicate, field);
      if (wanted.length > 0) return wanted.map((value) => `${path}: ${value}`);
    }
    return ["event.category"];
  }

  #literalsOf(id: NodeId, field: FieldId | undefined): readonly string[] {
    const node = this.#rules.program.nodes[id]!;
    if (node.op === "test") {
      const subject = this.#rules.program.nodes[node.subject]!;
      return subject.op === "field" && subject.field === field ? node.test.literals : [];
    }
    if (node.op === "not") return [];
    return argumentsOf(node).flatMap((arg) => this.#literalsOf(arg, field));
  }
}

/** A kind of event; `fields` is null where nothing is known of them, so that all may be there. */
interface KnownKind {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly fields: ReadonlySet<string> | null;
}

/** Names of what is not supplied: `required` to match at all, `excluding` to be kept from matching. */
interface Needs {
  readonly required: ReadonlySet<string>;
  readonly excluding: ReadonlySet<string>;
}

interface Step {
  readonly predicate: NodeId;
  readonly residual: NodeId | null;
  /** Keys and captures. */
  readonly fields: readonly FieldId[];
  /** False for what only keeps a match from coming about. */
  readonly isRequired: boolean;
}

/** Elastic's tags name systems (`OS: Linux`) and, of rules for clouds and the like, the domain alone. */
function isForSystem(tags: readonly string[], system: string): boolean {
  const valuesOf = (name: string): string[] =>
    tags.filter((tag) => tag.startsWith(name)).map((tag) => tag.slice(name.length).toLowerCase());
  const systems = valuesOf("OS: ");
  if (systems.length > 0) return systems.includes(system);
  const domains = valuesOf("Domain: ");
  return domains.length === 0 || domains.includes("endpoint");
}

const noNames: ReadonlySet<string> = new Set();
const nothing: Needs = { required: noNames, excluding: noNames };

function stepsOf(plan: Plan): Step[] {
  switch (plan.kind) {
    case "event":
      return [{ predicate: plan.predicate, residual: null, fields: [], isRequired: true }];
    case "sample":
      return plan.filters.map(({ predicate, keys }) => {
        return { predicate, residual: null, fields: keyFields(keys), isRequired: true };
      });
    case "sequence": {
      const steps = plan.steps.map(({ predicate, residual, keys, captures, missing }) => {
        const fields = [...keyFields(keys), ...captures];
        return { predicate, residual, fields, isRequired: !missing };
      });
      if (plan.until === null) return steps;
      const { predicate, keys } = plan.until;
      return [...steps, { predicate, residual: null, fields: keyFields(keys), isRequired: false }];
    }
  }
}

function keyFields(keys: readonly KeyPlan[]): FieldId[] {
  return keys.filter(({ optional }) => !optional).map(({ field }) => field);
}

function allOf(parts: readonly (Needs | null)[]): Needs | null {
  const possible = parts.filter((part): part is Needs => part !== null);
  return possible.length < parts.length ? null : together(possible);
}

function together(parts: readonly Needs[]): Needs {
  return {
    required: new Set(parts.flatMap(({ required }) => [...required])),
    excluding: new Set(parts.flatMap(({ excluding }) => [...excluding])),
  };
}

/** Of two ways the one that lacks less; null is no way. */
function better(a: Needs | null, b: Needs | null): Needs | null {
  if (a === null || b === null) return a ?? b;
  const difference = a.required.size - b.required.size || a.excluding.size - b.excluding.size;
  return difference <= 0 ? a : b;
}

function namesOf(needs: Needs | null): string[] | null {
  return needs && [...needs.required, ...needs.excluding];
}
