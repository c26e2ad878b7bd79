/** Test support: plans and events of the sequence engine in few words. */
import { defaultLimits, type Limits } from "../base/limits.ts";
import type { KeyPlan, SamplePlan, SequencePlan, StepPlan } from "../ir/plan.ts";
import type { NodeId } from "../ir/predicate.ts";
import type { FieldId } from "../schema/type.ts";
import type { Residual, SequenceEngine, SequenceEvent, SequenceMatch } from "./contract.ts";
import { createSequenceEngine } from "./engine.ts";

export const keyField: FieldId = 0 as FieldId;
export const otherField: FieldId = 1 as FieldId;
export const valueField: FieldId = 2 as FieldId;

const somePredicate = 0 as NodeId;

export function keyPlan(field: FieldId = keyField, optional = false): KeyPlan {
  return { field, optional, alwaysNull: false };
}

export function stepPlan(changes: Partial<StepPlan> = {}): StepPlan {
  return {
    predicate: somePredicate,
    residual: null,
    missing: false,
    runs: 1,
    keys: [keyPlan()],
    captures: [],
    ...changes,
  };
}

/** A plan from its steps: `a` is a step, `!` a missing one, `a*3` one with runs. */
export function sequencePlan(
  steps: string,
  maxspanNs: bigint | null = null,
  changes: { readonly keys?: readonly KeyPlan[]; readonly until?: boolean } = {},
): SequencePlan {
  const keys = changes.keys ?? [keyPlan()];
  return {
    kind: "sequence",
    maxspanNs,
    until: changes.until === true ? { predicate: somePredicate, keys } : null,
    steps: steps.split(" ").map((step) =>
      stepPlan({
        keys,
        missing: step.startsWith("!"),
        runs: Number(step.split("*")[1] ?? "1"),
      }),
    ),
  };
}

export function samplePlan(filters: number, windowNs: bigint): SamplePlan {
  const filter = { predicate: somePredicate, keys: [keyPlan()] };
  return { kind: "sample", filters: new Array(filters).fill(filter), windowNs };
}

export function createEvent(
  order: number,
  timeNs: bigint,
  texts: ReadonlyMap<FieldId, readonly string[]>,
  json = `{"order":${order}}`,
): SequenceEvent {
  return {
    order,
    timeNs,
    keyTexts: (field) => texts.get(field) ?? [],
    textId: (field) => textId(texts.get(field) ?? []),
    generation: 0,
    capture: (fields) =>
      new Map(
        fields.flatMap((field) => {
          const values = texts.get(field);
          return values === undefined ? [] : [[field, values] as const];
        }),
      ),
    evidence: () => json,
  };
}

const textIds = new Map<string, number>();

function textId(texts: readonly string[]): number {
  const [text] = texts;
  if (text === undefined) return 0;
  if (texts.length > 1) return -1;
  const id = textIds.get(text) ?? textIds.size + 1;
  textIds.set(text, id);
  return id;
}

/** What to do at one moment of a `Stream`. */
export interface Input {
  readonly at: number;
  /** Steps that hold. */
  readonly on?: readonly number[];
  readonly until?: boolean;
  readonly key?: string | null;
  readonly rule?: number;
  readonly value?: string;
  readonly json?: string;
}

/** An engine that is fed event by event and keeps what it emits. */
export class Stream {
  readonly engine: SequenceEngine;
  readonly matches: SequenceMatch[] = [];
  #order = 0;

  constructor(
    plans: readonly (SequencePlan | SamplePlan)[],
    limits: Partial<Limits> = {},
    residual: Residual | null = null,
  ) {
    const rules = plans.map((plan) => ({ plan, residual }));
    this.engine = createSequenceEngine(rules, { ...defaultLimits, ...limits }, (match) => {
      this.matches.push(match);
    });
  }

  /** Feeds events; their orders count from 1. Returns this. */
  feed(...inputs: readonly Input[]): this {
    for (const input of inputs) {
      this.#order += 1;
      const key = input.key === undefined ? "k" : input.key;
      const texts = new Map<FieldId, readonly string[]>();
      if (key !== null) texts.set(keyField, [key]);
      if (input.value !== undefined) texts.set(valueField, [input.value]);
      const event = createEvent(this.#order, BigInt(input.at), texts, input.json);
      this.engine.advance(event.timeNs);
      this.engine.accept(input.rule ?? 0, input.on ?? [], input.until ?? false, event);
    }
    return this;
  }

  /** The matched orders of each match so far; null for missing steps. */
  get orders(): (number | null)[][] {
    return this.matches.map(ordersOf);
  }
}

export function ordersOf(match: SequenceMatch): (number | null)[] {
  return match.steps.map((step) => step.event?.order ?? null);
}
