/**
 * The WebAssembly back end: one module for all loaded rules, run over the candidates that the
 * prefilter leaves. Logic, text tests (as bits of profiles), numbers, absence and lineage are compiled;
 * leaves that compute texts and searches in lists of records call back into the same closures that the
 * interpreter runs.
 */
import type { Bitmap } from "../../base/bitset.ts";
import { wasmRuntime } from "../../base/web-assembly.ts";
import type { Batch } from "../../event/batch.ts";
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
import { FilterCompiler } from "../interpret/filter.ts";
import type { Frame } from "../interpret/leaf.ts";
import { collectTests, type ProgramTests } from "../prefilter/field-tests.ts";
import { Prefilter } from "../prefilter/prefilter.ts";
import { countBitsIn, RootCounters } from "../root-counters.ts";
import { emitModule, lineageAddress } from "./emit-roots.ts";
import { type MemoryPlan, planMemory } from "./memory-plan.ts";
import { ProfileBits } from "./profile-bits.ts";

export const wasmBackend: Backend = {
  name: "wasm",
  create: (options) => new WasmEvaluator(options),
};

/** The module of a program, as the back end makes it. */
export function moduleBytes(options: EvaluatorOptions): Uint8Array {
  const { program, layout } = options;
  const tests = collectTests(program);
  return emitModule({ program, tests, layout, plan: planOf(options, tests) });
}

function planOf({ program, limits, layout }: EvaluatorOptions, tests: ProgramTests): MemoryPlan {
  const fields = tests.fields.map((field) => ({ atoms: field.tests.length }));
  const { lineage, roots } = program;
  return planMemory(layout.byteLength, limits.batchEvents, fields, lineage.length, roots.length);
}

class WasmEvaluator implements Evaluator {
  readonly batchMemory: BatchMemory;
  readonly counters: EvaluatorCounters;
  readonly #options: EvaluatorOptions;
  readonly #plan: MemoryPlan;
  readonly #words: Uint32Array;
  readonly #prefilter: Prefilter;
  readonly #bits: readonly ProfileBits[];
  readonly #filters: FilterCompiler;
  readonly #sweep: (touched: number) => number;
  /** What roots that are no candidates hold for. */
  readonly #noRows: Bitmap;
  readonly #frame: Frame = {
    batch: null,
    row: 0,
    elementRows: new Map(),
    elementValues: new Map(),
    earlier: [],
  };

  constructor(options: EvaluatorOptions) {
    const { program, schema, limits, layout } = options;
    const { roots } = program;
    this.#options = options;
    const tests = collectTests(program);
    this.#plan = planOf(options, tests);
    const { pages, candidates, bitmapBytes } = this.#plan;
    const memory = new wasmRuntime.Memory({ initial: pages, maximum: pages });
    const { buffer } = memory;
    this.batchMemory = { memory: buffer, base: this.#plan.batch };
    this.#words = new Uint32Array(buffer);
    const candidateWords = new Uint32Array(buffer, candidates, (roots.length * bitmapBytes) >>> 2);
    this.#prefilter = new Prefilter(program, schema, limits, tests, candidateWords);
    this.counters = new RootCounters(roots.length, this.#prefilter.profiles);
    this.#bits = this.#prefilter.profiles.map(
      (profiles, slot) => new ProfileBits(profiles, buffer, this.#plan.fields[slot]!),
    );
    this.#noRows = new Uint32Array(bitmapBytes >>> 2);
    this.#filters = new FilterCompiler(program, limits);
    const bytes = emitModule({ program, tests, layout, plan: this.#plan });
    const host = { memory, leaf: (node: number, row: number) => this.#leaf(node as NodeId, row) };
    const instance = new wasmRuntime.Instance(new wasmRuntime.Module(bytes), { host });
    this.#sweep = instance.exports["sweep"] as (touched: number) => number;
  }

  get memoBytes(): number {
    return this.#prefilter.memoBytes;
  }

  begin(batch: Batch): void {
    this.#frame.batch = batch;
    for (const bits of this.#bits) bits.makeRoom(batch.count);
    this.#prefilter.begin(batch);
    for (const bits of this.#bits) bits.publish(batch.count);
  }

  evaluate(root: NodeId): Bitmap {
    const place = this.#prefilter.placeOf(root);
    // A root that is no candidate has stale bits in the memory.
    if (!this.#prefilter.isCandidate(place)) return this.#noRows;
    this.#words[this.#plan.touched >>> 2] = place;
    this.#sweep(1);
    return this.#result(place).slice();
  }

  sweep(visit: (root: NodeId, rows: Bitmap) => void, timer: RootTimer | null = null): void {
    const { touched } = this.#prefilter;
    const { roots } = this.#options.program;
    if (timer !== null) this.#timeRoots(touched, timer);
    this.#words.set(touched, this.#plan.touched >>> 2);
    const count = this.#sweep(touched.length);
    this.#countCandidates(touched);
    const start = this.#plan.hits >>> 2;
    for (let i = 0; i < count; i += 1) {
      const place = this.#words[start + i]!;
      const rows = this.#result(place);
      this.counters.hits[place]! += countBitsIn(rows, 0, rows.length);
      visit(roots[place]!, rows);
    }
  }

  /** Runs the roots one by one, only for the time that each takes. */
  #timeRoots(touched: readonly number[], timer: RootTimer): void {
    for (const place of touched) {
      this.#words[this.#plan.touched >>> 2] = place;
      const startMs = timer.nowMs();
      this.#sweep(1);
      timer.rootMs[place]! += timer.nowMs() - startMs;
    }
  }

  #countCandidates(touched: readonly number[]): void {
    const { candidates, bitmapBytes } = this.#plan;
    const words = bitmapBytes >>> 2;
    for (const place of touched) {
      const start = (candidates >>> 2) + place * words;
      this.counters.evaluations[place]! += countBitsIn(this.#words, start, words);
    }
  }

  setLineage(query: LineageId, relation: LineageRelation, rows: Bitmap): void {
    this.#filters.lineage.set(query, relation, rows);
    this.#words.set(rows, lineageAddress(this.#plan, query, relation) >>> 2);
  }

  residual(
    node: NodeId,
    earlier: readonly (ReadonlyMap<FieldId, readonly Scalar[]> | null)[],
    row: number,
  ): boolean {
    this.#frame.earlier = earlier;
    this.#frame.row = row;
    const holds = this.#filters.compile(node)(this.#frame);
    this.#frame.earlier = [];
    return holds;
  }

  #leaf(node: NodeId, row: number): number {
    this.#frame.row = row;
    return this.#filters.compile(node)(this.#frame) ? 1 : 0;
  }

  #result(place: number): Bitmap {
    const { results, bitmapBytes } = this.#plan;
    const start = (results + place * bitmapBytes) >>> 2;
    return this.#words.subarray(start, start + (bitmapBytes >>> 2));
  }
}
