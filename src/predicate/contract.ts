/**
 * What every predicate backend offers: a batch in, bitmaps out. `backends.test.ts` is the test that
 * all of them pass: they agree with the plain interpreter (`plainBackend`), bit for bit.
 */
import type { Bitmap } from "../base/bitset.ts";
import type { Limits } from "../base/limits.ts";
import type { Batch } from "../event/batch.ts";
import type { BatchLayout } from "../event/layout.ts";
import type { LineageId, NodeId, Program } from "../ir/predicate.ts";
import type { Scalar } from "../ir/value.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";

export type BackendName = "wasm" | "interpret";

/** Makes evaluators; stateless. */
export interface Backend {
  readonly name: BackendName;
  create(options: EvaluatorOptions): Evaluator;
}

export interface EvaluatorOptions {
  readonly program: Program;
  readonly schema: Schema;
  readonly limits: Limits;
  /** Layout of the batches that it will see. */
  readonly layout: BatchLayout;
}

/** Memory for a batch, as `new Batch` takes it. */
export interface BatchMemory {
  readonly memory: ArrayBufferLike;
  readonly base: number;
}

/** One program ready to run, on one batch. Not shared between threads. */
export interface Evaluator {
  /** Where the batch must lie; one for the life of the evaluator. */
  readonly batchMemory: BatchMemory;
  /** Estimated bytes of what is remembered from batch to batch; at most `limits.memoBytes` and a batch's more. */
  readonly memoBytes: number;
  /** Looks at the batch, which was filled anew; answers about what it held before are forgotten. */
  begin(batch: Batch): void;
  /**
   * Which rows the root holds for. Lineage nodes below it must have been answered by `setLineage`.
   * The bitmap is valid until the next `begin` and must not be changed.
   */
  evaluate(root: NodeId): Bitmap;
  /**
   * Evaluates all roots and visits those that hold somewhere, in ascending order, each with a bitmap
   * that is valid until the next call of the evaluator; counts what it looked at. `timer` is given for the batches whose roots are to be timed.
   */
  sweep(visit: (root: NodeId, rows: Bitmap) => void, timer?: RootTimer | null): void;
  /**
   * The answer for `relation` of subquery `query`, until it is set anew; where it never was, it holds
   * for no row.
   */
  setLineage(query: LineageId, relation: LineageRelation, rows: Bitmap): void;
  /**
   * Whether a residual holds for one row, with the values that earlier steps' events had:
   * `earlier[step]` by field; a field without values is missing from its map.
   */
  residual(
    node: NodeId,
    earlier: readonly (ReadonlyMap<FieldId, readonly Scalar[]> | null)[],
    row: number,
  ): boolean;
  readonly counters: EvaluatorCounters;
}

export type LineageRelation = "child" | "descendant" | "event";

/**
 * What sweeps cost so far, by place in `program.roots`. The same for the same input, however it is cut
 * into batches and whichever back end runs behind the prefilter.
 */
export interface EvaluatorCounters {
  /** Rows for which the root had to be looked at. */
  readonly evaluations: Float64Array;
  /** Of those, how many it held for. */
  readonly hits: Float64Array;
  /** What finding the text tests that hold cost; empty where texts are tested one by one. */
  readonly fields: readonly FieldCounters[];
}

/** What the text tests of one field cost. */
export interface FieldCounters {
  readonly field: FieldId;
  /** Values that were there, lists counted by their values. */
  readonly values: number;
  /** Texts scanned: a text is scanned once, until the tables that remember it are emptied. */
  readonly scans: number;
  /** UTF-16 units of the texts scanned. */
  readonly chars: number;
}

/** Takes the time of single roots. */
export interface RootTimer {
  /** ms on a clock of which only differences mean something. */
  readonly nowMs: () => number;
  /** By place in `program.roots`: ms so far. */
  readonly rootMs: Float64Array;
}
