/**
 * What the engine tells the sequence engine, and what comes back. The sequence engine never calls a
 * predicate: it is handed the steps that hold, and asks for a residual where a step has one.
 */
import type { SamplePlan, SequencePlan } from "../ir/plan.ts";
import type { Scalar } from "../ir/value.ts";
import type { FieldId } from "../schema/type.ts";
import type { LivePartial } from "./observer.ts";

/** One event as sequences see it. Valid during the call; what is to last must be taken out. */
export interface SequenceEvent {
  /** Strictly increasing over the stream, in final order. */
  readonly order: number;
  /** ns since the epoch; never decreases over the stream. */
  readonly timeNs: bigint;
  /** The values of a join key field as text, without nulls; empty when the field is null. */
  keyTexts(field: FieldId): readonly string[];
  /**
   * A number for the field's only value: as long as `generation` is the same, equal numbers stand for
   * equal `keyTexts` of the field. 0 where it has none, -1 where there is no such number.
   */
  textId(field: FieldId): number;
  readonly generation: number;
  /** The values of fields that later residuals read. */
  capture(fields: readonly FieldId[]): Captures;
  /** The whole event as JSON text. */
  evidence(): string;
}

/** Values by field; a field without values is missing from the map. */
export type Captures = ReadonlyMap<FieldId, readonly Scalar[]>;

/**
 * Whether a step's residual holds for `event`; `earlier[i]` are the captures of step i, null for a
 * step that captures nothing, is missing or has not matched yet.
 */
export type Residual = (
  step: number,
  earlier: readonly (Captures | null)[],
  event: SequenceEvent,
) => boolean;

/** A rule of the sequence engine; its index in the list given is its number. */
export interface SequenceRule {
  readonly plan: SequencePlan | SamplePlan;
  readonly residual: Residual | null;
}

/** A completed sequence or sample. */
export interface SequenceMatch {
  readonly rule: number;
  /** In step order; runs repeat their step, missing steps have no event. */
  readonly steps: readonly MatchedStep[];
  readonly keys: readonly (string | null)[];
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** When it was decided: the last event's time, or the deadline of a trailing missing event. */
  readonly decidedNs: bigint;
  /** Order of the last event, for alerts decided at the same moment. */
  readonly lastOrder: number;
  /** Whether a partial match of this rule was evicted within [firstNs, decidedNs]. */
  readonly evicted: boolean;
  /** Whether it rests on the absence of an event. */
  readonly absence: boolean;
}

export interface MatchedStep {
  readonly step: number;
  readonly event: { readonly order: number; readonly timeNs: bigint; readonly json: string } | null;
}

/** Counters of one rule. */
export interface SequenceCounters {
  /** Partial matches held, and the most there were at a time. */
  readonly live: number;
  readonly livePeak: number;
  /** Their estimated bytes, as the store's limit counts them, and the most there were at a time. */
  readonly bytes: number;
  readonly bytesPeak: number;
  readonly evicted: number;
  readonly expired: number;
  readonly matches: number;
  /** Key combinations of one event that were left out (limits.keyCombinations). */
  readonly keysCut: number;
}

/** Many rules' partial matches in one bounded store. */
export interface SequenceEngine {
  /**
   * Event time has reached `timeNs`: fires every deadline that lies strictly before it, in the
   * order (deadline, rule, key order). Called before each event is accepted, and for heartbeats.
   */
  advance(timeNs: bigint): void;
  /**
   * One event for one rule: `steps` are the plan's step (or sample filter) indexes whose predicate
   * holds, ascending; `until` whether the until clause's does.
   */
  accept(rule: number, steps: readonly number[], until: boolean, event: SequenceEvent): void;
  /**
   * The input has ended. `decide` settles candidates that wait for a trailing missing event (as
   * `query` does); else they stay undecided. Returns how many stayed undecided.
   */
  finish(decide: boolean): number;
  counters(rule: number): SequenceCounters;
  /** All partial matches of a sequence at the moment; none for a sample. */
  live(rule: number): readonly LivePartial[];
  /** Whether a rule remembers something for the key with that id. */
  holdsKey(rule: number, key: string): boolean;
  /** Whether a rule holds nothing: only one of its `openingSteps` can change that. */
  isIdle(rule: number): boolean;
  /** Steps (or sample filters) of a rule that can begin something; ascending. */
  openingSteps(rule: number): readonly number[];
  /** A time, in ns, before which no deadline passes; infinite where there is none. */
  readonly quietBelow: number;
  /** Estimated bytes of all partial matches. */
  readonly bytes: number;
  /** Candidates that wait for a trailing missing event. */
  readonly pending: number;
}
