/** Rules of a simulation: drawn from a seed, written as rule files, and kept in a form that a slow model can read. */
import type { Prng } from "../../src/base/prng.ts";
import { type Condition, drawCondition, drawLeaf, eqlOf } from "./condition.ts";
import { type FieldModel, keyFields, type Value } from "./field-pool.ts";
import { drawCategory } from "./record.ts";

export interface KeyModel {
  readonly path: string;
  /** Whether null is a value of it. */
  readonly optional: boolean;
}

/** `path` of this event is compared with `earlierPath` of the event of an earlier step. */
export interface AliasTest {
  readonly step: number;
  readonly path: string;
  readonly earlierPath: string;
}

export interface StepModel {
  /** Null for events of any category. */
  readonly category: string | null;
  readonly condition: Condition;
  /** Conditions of exceptions. */
  readonly exceptions: readonly Condition[];
  readonly missing: boolean;
  readonly runs: number;
  /** The shared keys, then its own. */
  readonly keys: readonly KeyModel[];
  readonly earlier: AliasTest | null;
}

export interface RuleModel {
  readonly path: string;
  readonly id: string;
  readonly kind: "event" | "sequence" | "sample";
  readonly steps: readonly StepModel[];
  /** ns. */
  readonly maxspanNs: bigint | null;
  readonly until: StepModel | null;
  readonly suppression: { readonly by: readonly string[]; readonly windowNs: bigint } | null;
  /** A relation that the event's process must stand in, as EQL; the slow model does not know of any. */
  readonly lineage: string | null;
  /** The file. */
  readonly text: string;
}

type Unwritten = Omit<RuleModel, "text" | "path" | "id">;

/** A rule with that name; its file is `NAME.eql`, or of another format where EQL alone can't say all of it. */
export function drawRule(random: Prng, fields: readonly FieldModel[], name: string): RuleModel {
  const rule = drawUnwritten(random, fields);
  const isPlain =
    rule.suppression === null && rule.steps.every(({ exceptions }) => exceptions.length === 0);
  if (isPlain && random.int(4) !== 0) {
    const path = `${name}.eql`;
    return { ...rule, path, id: path, text: queryOf(rule) };
  }
  const path = `${name}.${random.pick(["json", "yaml"])}`;
  return { ...rule, path, id: name, text: fileOf(rule, name) };
}

function drawUnwritten(random: Prng, fields: readonly FieldModel[]): Unwritten {
  const kind = random.pick([
    "event",
    "event",
    "sequence",
    "sequence",
    "sequence",
    "sample",
  ] as const);
  const suppression =
    kind === "sample" || random.int(5) !== 0
      ? null
      : {
          by: [["host.id"], ["user.id", "host.id"], []][random.int(3)]!,
          windowNs: drawSpan(random),
        };
  const until = null;
  if (kind === "event") {
    const steps = [drawStep(random, fields, [], 3)];
    if (random.int(6) !== 0) {
      return { kind, steps, maxspanNs: null, until, suppression, lineage: null };
    }
    const lineage = drawLineage(random, fields);
    return { kind, steps, maxspanNs: null, until, suppression: null, lineage };
  }
  if (kind === "sample") {
    const keys = [{ path: random.pick(["host.id", "user.id"]), optional: false }];
    const steps = [0, 1].map(() => drawStep(random, fields, keys, 1));
    return { kind, steps, maxspanNs: drawSpan(random), until, suppression, lineage: null };
  }
  return { kind, suppression, lineage: null, ...drawSequence(random, fields) };
}

function drawLineage(random: Prng, fields: readonly FieldModel[]): string {
  const relation = random.pick(["child", "descendant", "event"]);
  return `${relation} of [${drawCategory(random)} where ${eqlOf(drawLeaf(random, fields))}]`;
}

/** Spans of which many pass within a simulation, ns. */
function drawSpan(random: Prng): bigint {
  return BigInt(random.pick([0, 10, 100, 500, 1000, 3000, 10_000, 60_000]) || 1) * 1_000_000n;
}

function drawSequence(
  random: Prng,
  fields: readonly FieldModel[],
): Pick<Unwritten, "steps" | "maxspanNs" | "until"> {
  const keys = Array.from({ length: random.int(3) }, () => ({
    path: random.pick(keyFields).path,
    optional: random.int(5) === 0,
  })).filter((key, index, all) => all.findIndex(({ path }) => path === key.path) === index);
  const count = 1 + random.int(4);
  const drawn = Array.from({ length: count }, () => {
    const runs = random.int(5) === 0 ? 2 + random.int(2) : 1;
    return { ...drawStep(random, fields, keys, 1), runs };
  });
  // A sequence has two steps at least, or runs.
  const steps = count === 1 ? [{ ...drawn[0]!, runs: 2 + random.int(3) }] : drawn;
  const isMissing = steps.map(() => random.int(6) === 0 && steps.length > 1);
  if (isMissing.every(Boolean)) isMissing[0] = false;
  const shaped = steps.map((step, index) =>
    isMissing[index] ? { ...step, missing: true, runs: 1 } : step,
  );
  const spans = shaped.some(({ missing }) => missing) || random.int(3) !== 0;
  return {
    steps: withEarlier(random, fields, shaped),
    maxspanNs: spans ? drawSpan(random) : null,
    until: random.int(4) === 0 ? { ...drawStep(random, fields, keys, 1), exceptions: [] } : null,
  };
}

/** Lets a step read the event of one before it, now and then. */
function withEarlier(
  random: Prng,
  fields: readonly FieldModel[],
  steps: readonly StepModel[],
): readonly StepModel[] {
  const present = steps.flatMap(({ missing }, index) => (missing ? [] : [index]));
  if (present.length < 2 || random.int(4) !== 0) return steps;
  const at = 1 + random.int(present.length - 1);
  const step = present[random.int(at)]!;
  const reader = present[at]!;
  const texts = fields.filter(({ type }) => type === "keyword");
  const earlier = { step, path: random.pick(texts).path, earlierPath: random.pick(texts).path };
  return steps.map((old, index) => (index === reader ? { ...old, earlier } : old));
}

function drawStep(
  random: Prng,
  fields: readonly FieldModel[],
  keys: readonly KeyModel[],
  depth: number,
): StepModel {
  return {
    category: random.int(3) === 0 ? null : drawCategory(random),
    condition:
      random.int(3) === 0 ? drawLeaf(random, fields) : drawCondition(random, fields, depth),
    exceptions: random.int(12) === 0 ? [drawLeaf(random, fields)] : [],
    missing: false,
    runs: 1,
    keys,
    earlier: null,
  };
}

/** The query as EQL. */
function queryOf(rule: Unwritten): string {
  const { kind, steps, until, maxspanNs } = rule;
  if (kind === "event") {
    const body = bodyOf(steps[0]!);
    return rule.lineage === null
      ? body
      : body.replace(/ where (.*)/s, ` where ($1) and ${rule.lineage}`);
  }
  // Keys of each step say the same as shared ones.
  const keysOf = ({ keys }: StepModel): string =>
    keys.length === 0
      ? ""
      : ` by ${keys.map(({ path, optional }) => (optional ? `?${path}` : path)).join(", ")}`;
  const isShared = steps.length % 2 === 0;
  const head = isShared ? keysOf(steps[0]!) : "";
  const span = maxspanNs === null ? "" : ` with maxspan=${maxspanNs / 1_000_000n}ms`;
  const lines = steps.map((step, index) => {
    const runs = step.runs === 1 ? "" : ` with runs=${step.runs}`;
    const isRead = steps.some(({ earlier }) => earlier?.step === index);
    const alias = isRead ? ` as event${index}` : "";
    const own = isShared ? "" : keysOf(step);
    return `  ${step.missing ? "!" : ""}[${bodyOf(step)}]${own}${runs}${alias}`;
  });
  if (until !== null) lines.push(`  until [${bodyOf(until)}]${isShared ? "" : keysOf(until)}`);
  return [`${kind}${head}${span}`, ...lines].join("\n");
}

function bodyOf({ category, condition, earlier }: StepModel): string {
  const own = eqlOf(condition);
  const text =
    earlier === null
      ? own
      : `(${own}) and ${earlier.path} == event${earlier.step}.${earlier.earlierPath}`;
  return `${category ?? "any"} where ${text}`;
}

/** The file in Kestrel's own format; JSON is YAML as well. */
function fileOf(rule: Unwritten, id: string): string {
  const { suppression } = rule;
  const exceptions = rule.steps.flatMap((step, index) =>
    step.exceptions.map((condition) => ({
      step: index,
      condition: eqlOf(condition),
      reason: "drawn",
      owner: "the simulation",
    })),
  );
  const window = suppression === null ? "" : `${suppression.windowNs / 1_000_000n}ms`;
  return JSON.stringify({
    id,
    query: queryOf(rule),
    ...(exceptions.length === 0 ? {} : { exceptions }),
    ...(suppression === null ? {} : { suppression: { by: suppression.by, window } }),
  });
}

/** The values of a key as text, as alerts show them. */
export function keyText(value: Value): string {
  return String(value);
}
