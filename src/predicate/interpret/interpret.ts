/**
 * The interpreter: predicates as closures over one row. `plainBackend` evaluates every root for every
 * row and every test on its text, nothing shared: it is the oracle. `interpretBackend` puts the
 * prefilter in front of the same closures.
 */
import { type Bitmap, createBitmap, isEmpty } from "../../base/bitset.ts";
import { type Batch, recordKinds } from "../../event/batch.ts";
import type { LineageId, NodeId } from "../../ir/predicate.ts";
import type { Scalar } from "../../ir/value.ts";
import type { FieldId } from "../../schema/type.ts";
import type {
  Backend,
  BatchMemory,
  Evaluator,
  EvaluatorCounters,
  EvaluatorOptions,
  LineageRelation,
  RootTimer,
} from "../contract.ts";
import { atomOf } from "../prefilter/field-tests.ts";
import { Prefilter } from "../prefilter/prefilter.ts";
import { countBitsIn, RootCounters } from "../root-counters.ts";
import { FilterCompiler } from "./filter.ts";
import type { Frame } from "./leaf.ts";

export const interpretBackend: Backend = {
  name: "interpret",
  create: (options) => {
    const prefilter = new Prefilter(options.program, options.schema, options.limits);
    return new Interpreter(options, prefilter);
  },
};

/** For tests: slow and simple. */
export const plainBackend: Backend = {
  name: "interpret",
  create: (options) => new Interpreter(options, null),
};

class Interpreter implements Evaluator {
  readonly batchMemory: BatchMemory;
  readonly counters: EvaluatorCounters;
  readonly #options: EvaluatorOptions;
  readonly #prefilter: Prefilter | null;
  readonly #filters: FilterCompiler;
  readonly #residuals: FilterCompiler;
  readonly #frame: Frame = {
    batch: null,
    row: 0,
    elementRows: new Map(),
    elementValues: new Map(),
    earlier: [],
  };
  readonly #events: Bitmap;
  readonly #rows: Bitmap;

  constructor(options: EvaluatorOptions, prefilter: Prefilter | null) {
    this.batchMemory = { memory: new ArrayBuffer(options.layout.byteLength), base: 0 };
    this.#options = options;
    this.#prefilter = prefilter;
    this.counters = new RootCounters(options.program.roots.length, prefilter?.profiles ?? []);
    this.#filters = new FilterCompiler(options.program, options.limits, (leaf) => {
      if (prefilter === null) return undefined;
      const place = atomOf(prefilter.tests, leaf);
      if (place === null) return undefined;
      const profiles = prefilter.profiles[place.slot]!;
      return (frame) => profiles.has(frame.row, place.atom);
    });
    // The tests of residuals are none that the prefilter answers.
    this.#residuals = new FilterCompiler(
      options.program,
      options.limits,
      undefined,
      this.#filters.lineage,
    );
    this.#events = createBitmap(options.limits.batchEvents);
    this.#rows = createBitmap(options.limits.batchEvents);
  }

  get memoBytes(): number {
    return this.#prefilter?.memoBytes ?? 0;
  }

  begin(batch: Batch): void {
    this.#frame.batch = batch;
    this.#prefilter?.begin(batch);
    if (this.#prefilter !== null) return;
    this.#events.fill(0);
    for (let row = 0; row < batch.count; row += 1) {
      if (batch.kinds[row] === recordKinds.event) this.#events[row >>> 5]! |= 0x1 << (row & 31);
    }
  }

  evaluate(root: NodeId): Bitmap {
    const prefilter = this.#prefilter;
    const candidates = prefilter?.candidates(prefilter.placeOf(root)) ?? this.#events;
    return this.#hold(root, candidates).slice();
  }

  sweep(visit: (root: NodeId, rows: Bitmap) => void, timer: RootTimer | null = null): void {
    const { roots } = this.#options.program;
    const prefilter = this.#prefilter;
    const { evaluations, hits } = this.counters;
    for (const place of prefilter?.touched ?? roots.keys()) {
      const root = roots[place]!;
      const candidates = prefilter?.candidates(place) ?? this.#events;
      const rows =
        timer === null
          ? this.#hold(root, candidates)
          : this.#holdTimed(root, candidates, place, timer);
      evaluations[place]! += countBitsIn(candidates, 0, candidates.length);
      if (isEmpty(rows)) continue;
      hits[place]! += countBitsIn(rows, 0, rows.length);
      visit(root, rows.slice());
    }
  }

  setLineage(query: LineageId, relation: LineageRelation, rows: Bitmap): void {
    this.#filters.lineage.set(query, relation, rows);
  }

  residual(
    node: NodeId,
    earlier: readonly (ReadonlyMap<FieldId, readonly Scalar[]> | null)[],
    row: number,
  ): boolean {
    this.#frame.earlier = earlier;
    this.#frame.row = row;
    const holds = this.#residuals.compile(node)(this.#frame);
    this.#frame.earlier = [];
    return holds;
  }

  #holdTimed(root: NodeId, candidates: Bitmap, place: number, timer: RootTimer): Bitmap {
    // Closures are made when they are first asked for, which is no cost of the rule's.
    this.#filters.compile(root);
    const startMs = timer.nowMs();
    const rows = this.#hold(root, candidates);
    timer.rootMs[place]! += timer.nowMs() - startMs;
    return rows;
  }

  /** Which of the candidates a root holds for; the bitmap is overwritten by the next call. */
  #hold(root: NodeId, candidates: Bitmap): Bitmap {
    const test = this.#filters.compile(root);
    const frame = this.#frame;
    for (let i = 0; i < candidates.length; i += 1) {
      let word = candidates[i]!;
      let found = 0;
      while (word !== 0) {
        const low = word & -word;
        frame.row = (i << 5) + 31 - Math.clz32(low);
        if (test(frame)) found |= low;
        word ^= low;
      }
      this.#rows[i] = found;
    }
    return this.#rows;
  }
}
