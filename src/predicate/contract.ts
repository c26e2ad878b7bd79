/**
 * What every predicate backend offers: a batch in, bitmaps out. `contract.suite.ts` is the test that
 * all of them run. The interpreter is the oracle that the others must agree with, bit for bit.
 */
import type { Bitmap } from "../base/bitset.ts";
import type { Limits } from "../base/limits.ts";
import type { Batch } from "../event/batch.ts";
import type { LineageId, NodeId, Program } from "../ir/predicate.ts";
import type { Scalar } from "../ir/value.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";

export type BackendName = "interpret";

/** Makes evaluators; stateless. */
export interface Backend {
  readonly name: BackendName;
  create(program: Program, schema: Schema, limits: Limits): Evaluator;
}

/** One program ready to run. Not shared between threads. */
export interface Evaluator {
  /** Points at a batch; answers of the batch before are forgotten. */
  begin(batch: Batch): void;
  /**
   * Which rows of the batch the filter node holds for. Lineage nodes below it must have been
   * answered by `setLineage`. The bitmap is valid until the next `begin` and must not be changed.
   */
  evaluate(root: NodeId): Bitmap;
  /** The answer for `relation` of subquery `query` in this batch. */
  setLineage(query: LineageId, relation: "child" | "descendant" | "event", rows: Bitmap): void;
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

/** What evaluation cost so far; deterministic for the same input. */
export interface EvaluatorCounters {
  /** Leaves evaluated for one row each. */
  leafEvaluations: number;
}
