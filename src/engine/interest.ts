/**
 * From compiled rules to what their sources have to collect. A predicate is walked for what it demands of a few
 * fields; whatever is not understood demands nothing, so that no event is missed.
 */
import { foldCase } from "../base/case-folding.ts";
import type { Plan } from "../ir/plan.ts";
import type { Node, NodeId, Program, TextTest } from "../ir/predicate.ts";
import { interestFields } from "../process/process-fields.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import {
  type EventShape,
  type Interest,
  type OutlineKey,
  outlineFields,
} from "../schema/interest.ts";
import type { FieldId } from "../schema/type.ts";

/** A conjunction of alternatives that would come to more shapes than this demands less instead. */
const maxShapes = 64;

const anything: EventShape = {
  categories: null,
  actions: null,
  types: null,
  systems: null,
  pathPrefixes: null,
};

const shapeKeys: readonly (keyof EventShape)[] = [
  ...(Object.keys(outlineFields) as OutlineKey[]),
  "pathPrefixes",
];

/** What the rules of the set can match. */
export function interestOf(rules: RuleSet): Interest {
  const { program, schema } = rules;
  const walk = new ShapeWalk(rules);
  const shapes = new Map<string, EventShape>();
  const predicates = [...program.roots, ...program.lineage.map(({ predicate }) => predicate)];
  for (const predicate of predicates) {
    for (const shape of walk.shapesOf(predicate)) shapes.set(keyOf(shape), shape);
  }
  const fields = [...rules.interest, ...interestFields(schema)].map((id) => schema.field(id).path);
  return { shapes: [...shapes.values()], fields: new Set<string>(fields) };
}

/**
 * By index of the rule: the values of `event.category`, case folded, that its events have; null where they can't be
 * listed.
 */
export function categoriesOfRules(rules: RuleSet): readonly (ReadonlySet<string> | null)[] {
  const walk = new ShapeWalk(rules);
  return rules.rules.map(({ plan }) => {
    const shapes = predicatesOf(plan).flatMap((predicate) => walk.shapesOf(predicate));
    const lists = shapes.map(({ categories }) => categories);
    if (lists.includes(null)) return null;
    return new Set(lists.flatMap((list) => [...list!]));
  });
}

function predicatesOf(plan: Plan): NodeId[] {
  if (plan.kind === "event") return [plan.predicate];
  if (plan.kind === "sample") return plan.filters.map(({ predicate }) => predicate);
  const until = plan.until === null ? [] : [plan.until.predicate];
  return [...plan.steps.map(({ predicate }) => predicate), ...until];
}

class ShapeWalk {
  readonly #program: Program;
  readonly #keys: ReadonlyMap<FieldId, keyof EventShape>;
  readonly #known: Map<NodeId, readonly EventShape[]> = new Map();

  constructor({ program, schema }: RuleSet) {
    this.#program = program;
    const keys = new Map<FieldId, keyof EventShape>();
    const pathOf = { ...outlineFields, pathPrefixes: "file.path" };
    for (const key of shapeKeys) {
      const field = schema.find(pathOf[key]);
      // Where null stands for a text, an event without a value may pass.
      if (field !== undefined && field.nullValue === undefined) keys.set(field.id, key);
    }
    this.#keys = keys;
  }

  /** Shapes that hold every event for which the node is true. */
  shapesOf(id: NodeId): readonly EventShape[] {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const shapes = this.#compute(this.#program.nodes[id]!);
    this.#known.set(id, shapes);
    return shapes;
  }

  #compute(node: Node): readonly EventShape[] {
    switch (node.op) {
      case "false":
        return [];
      case "leaf":
        return this.shapesOf(node.value);
      case "filter-value":
        return this.shapesOf(node.filter);
      case "and":
        return this.#all(node.args);
      case "or":
        return this.#any(node.args);
      case "kleene":
        if (node.operator === "and") return this.#all(node.args);
        return node.operator === "or" ? this.#any(node.args) : [anything];
      case "test":
        return [this.#demanded(node.subject, wantedBy(node.test), prefixesOf(node.test))];
      case "compare":
        return node.operator === "==" ? [this.#equal(node.left, node.right)] : [anything];
      default:
        return [anything];
    }
  }

  /** A field may hold several values, so two demands on it are never intersected: the narrower one is kept. */
  #all(args: readonly NodeId[]): readonly EventShape[] {
    let shapes: readonly EventShape[] = [anything];
    for (const arg of args) {
      const more = this.shapesOf(arg);
      if (shapes.length * more.length > maxShapes) {
        if (more.length < shapes.length) shapes = more;
      } else {
        shapes = unique(shapes.flatMap((a) => more.map((b) => both(a, b))));
      }
    }
    return shapes;
  }

  #any(args: readonly NodeId[]): readonly EventShape[] {
    const shapes = unique(args.flatMap((arg) => this.shapesOf(arg)));
    return shapes.length > maxShapes ? [anything] : shapes;
  }

  #equal(left: NodeId, right: NodeId): EventShape {
    const value = this.#constant(left) ?? this.#constant(right);
    if (value === null) return anything;
    const subject = this.#constant(left) === null ? left : right;
    const values = new Set([foldCase(value)]);
    return this.#demanded(subject, values, values);
  }

  #constant(id: NodeId): string | null {
    const node = this.#program.nodes[id]!;
    return node.op === "const" && typeof node.value === "string" ? node.value : null;
  }

  #demanded(
    subject: NodeId,
    values: ReadonlySet<string> | null,
    prefixes: ReadonlySet<string> | null,
  ): EventShape {
    const node = this.#program.nodes[subject]!;
    const key = node.op === "field" ? this.#keys.get(node.field) : undefined;
    if (key === undefined) return anything;
    return { ...anything, [key]: key === "pathPrefixes" ? prefixes : values };
  }
}

/** The values, case folded, of which a text that passes has one; null where they can't be listed. */
function wantedBy({ kind, literals }: TextTest): ReadonlySet<string> | null {
  const isList = kind === "equals" || (kind === "glob" && !literals.some(isPattern));
  return isList ? new Set(literals.map(foldCase)) : null;
}

/** The beginnings, case folded, of which a text that passes has one; null where there is none. */
function prefixesOf({ kind, literals }: TextTest): ReadonlySet<string> | null {
  if (kind !== "equals" && kind !== "prefix" && kind !== "glob") return null;
  const prefixes = literals.map((literal) =>
    foldCase(kind === "glob" ? literal.slice(0, patternStart(literal)) : literal),
  );
  return prefixes.includes("") ? null : new Set(prefixes);
}

function isPattern(literal: string): boolean {
  return patternStart(literal) < literal.length;
}

function patternStart(literal: string): number {
  const at = literal.search(/[*?]/);
  return at === -1 ? literal.length : at;
}

function both(a: EventShape, b: EventShape): EventShape {
  const shape: Record<string, ReadonlySet<string> | null> = {};
  for (const key of shapeKeys) shape[key] = narrower(a[key], b[key]);
  return { ...anything, ...shape };
}

function narrower(
  a: ReadonlySet<string> | null,
  b: ReadonlySet<string> | null,
): ReadonlySet<string> | null {
  if (a === null) return b;
  return b === null || a.size <= b.size ? a : b;
}

function unique(shapes: readonly EventShape[]): readonly EventShape[] {
  if (shapes.length < 2) return shapes;
  const byKey = new Map(shapes.map((shape) => [keyOf(shape), shape]));
  const open = byKey.get(anyKey);
  return open === undefined ? [...byKey.values()] : [open];
}

function keyOf(shape: EventShape): string {
  return JSON.stringify(shapeKeys.map((key) => shape[key] && [...shape[key]].sort()));
}

const anyKey = keyOf(anything);
