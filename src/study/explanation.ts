/** What `kestrel explain` tells of one rule: the object that it prints as JSON. */
import type { ConjunctVerdict } from "./row-verdicts.ts";

export interface Explanation {
  readonly rule: { readonly id: string; readonly name: string; readonly path: string };
  readonly matches: readonly ExplainedMatch[];
  /** The nearest first. */
  readonly near_misses: readonly NearMiss[];
  /** Partial matches at the moment asked for; absent unless one was. */
  readonly live?: readonly LiveMatch[];
}

/** One alert, and why it was raised. */
export interface ExplainedMatch {
  readonly alert_id: string;
  /** When it was decided, ISO 8601. */
  readonly time: string;
  readonly steps: readonly ExplainedStep[];
  readonly key: readonly (string | null)[];
  readonly confidence: "certain" | "degraded";
}

/** An event that a step, or filter, took. */
export interface ExplainedStep {
  /** 0-based; a step with runs repeats. */
  readonly step: number;
  /** `event.id`, else null; null as well for a missing event. */
  readonly event_id: string | null;
  readonly time: string | null;
  /** The whole event as it came in; null for a missing event. */
  readonly event: unknown;
  readonly conjuncts: readonly ConjunctVerdict[];
}

/** The conjunct that failed, and the event of which it did. */
export interface FailedConjunct {
  readonly conjunct: string;
  readonly role: ConjunctVerdict["role"];
  readonly span: ConjunctVerdict["span"];
  /** The value seen of its only field, null where it had none; an object by field where it reads several. */
  readonly value: unknown;
  readonly values: ConjunctVerdict["values"];
  readonly operator?: ConjunctVerdict["operator"];
  readonly parts?: readonly ConjunctVerdict[];
  readonly step: number;
  readonly event_id: string | null;
  readonly time: string;
  /** The whole event as it came in. */
  readonly event: unknown;
  /** All conjuncts of the step for that event. */
  readonly conjuncts: readonly ConjunctVerdict[];
}

/** Why a partial match did not go on. */
export type MissReason =
  | { readonly kind: "conjunct" | "residual"; readonly step: number }
  | { readonly kind: "key"; readonly step: number; readonly key: readonly (string | null)[] }
  | { readonly kind: "maxspan"; readonly step: number; readonly excess_ms: number }
  | { readonly kind: "until"; readonly event_id: string | null; readonly time: string }
  | { readonly kind: "missing"; readonly time: string }
  | { readonly kind: "eviction"; readonly time: string }
  | { readonly kind: "gap"; readonly step: number; readonly lost: number | null }
  | { readonly kind: "no-event" | "end"; readonly step: number };

export interface NearMiss {
  /** Steps that were reached in full, missing events left out. */
  readonly reached: number;
  /** Events of the next step that a step with runs has taken; absent where none. */
  readonly runs?: { readonly taken: number; readonly of: number };
  readonly steps: readonly ExplainedStep[];
  readonly key: readonly (string | null)[];
  /** Of the event that came nearest; null where none of the step's category came. */
  readonly failed: FailedConjunct | null;
  readonly by: MissReason;
}

/** A partial match that was waiting at the moment asked for. */
export interface LiveMatch {
  readonly rule: string;
  /** Steps that are reached in full. */
  readonly reached: number;
  readonly steps: readonly ExplainedStep[];
  readonly key: readonly (string | null)[];
  /** Time of its first event. */
  readonly since: string;
  /** The last moment at which it can go on; null for ever. */
  readonly expires: string | null;
}
