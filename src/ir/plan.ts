/** What a rule does with the predicates that hold: one event, a sequence or a sample. */
import type { FieldId } from "../schema/type.ts";
import type { NodeId } from "./predicate.ts";

export type Plan = EventPlan | SequencePlan | SamplePlan;

/** Each event that the predicate holds for is a match. */
export interface EventPlan {
  readonly kind: "event";
  readonly predicate: NodeId;
}

/** Ordered steps over one join key; semantics in docs/language.md, "Sequences". */
export interface SequencePlan {
  readonly kind: "sequence";
  readonly steps: readonly StepPlan[];
  /** Inclusive, from the first event; null for no limit. */
  readonly maxspanNs: bigint | null;
  readonly until: { readonly predicate: NodeId; readonly keys: readonly KeyPlan[] } | null;
}

export interface StepPlan {
  /** The part of the condition that reads this event alone. */
  readonly predicate: NodeId;
  /** The part that also reads earlier events (`earlier` nodes); null when there is none. */
  readonly residual: NodeId | null;
  readonly missing: boolean;
  /** `1 <= runs <= limits.sequenceRuns`. */
  readonly runs: number;
  /** The same count on every step; position by position they must be equal. */
  readonly keys: readonly KeyPlan[];
  /** Fields whose values later residuals read from this step's event; ascending. */
  readonly captures: readonly FieldId[];
}

export interface KeyPlan {
  readonly field: FieldId;
  /** Whether null is a value of this key (`?field`); else an event without a value takes no part. */
  readonly optional: boolean;
  /** Whether the field is a literal null (an optional field that the schema does not have). */
  readonly alwaysNull: boolean;
}

/** One distinct event per filter with the same keys, in any order, within the window. */
export interface SamplePlan {
  readonly kind: "sample";
  readonly filters: readonly { readonly predicate: NodeId; readonly keys: readonly KeyPlan[] }[];
  readonly windowNs: bigint;
}
