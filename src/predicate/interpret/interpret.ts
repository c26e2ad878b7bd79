/**
 * The interpreter: the oracle that every other backend must agree with. Filters are evaluated as
 * bitmaps over the batch, and only for the rows that their parent still asks about; a node remembers
 * what it answered, so that rules share it.
 */
import { assert } from "../../base/assert.ts";
import { type Bitmap, createBitmap, fillFirst, hasBit, isEmpty } from "../../base/bitset.ts";
import type { Limits } from "../../base/limits.ts";
import type { Batch, RecordsColumn } from "../../event/batch.ts";
import { recordKinds } from "../../event/batch.ts";
import { createReader } from "../../event/column-reader.ts";
import type { Node, NodeId, Program } from "../../ir/predicate.ts";
import type { Scalar } from "../../ir/value.ts";
import type { FieldId } from "../../schema/type.ts";
import type { Backend, Evaluator } from "../contract.ts";
import { compileLeaf, type Frame, type RowTest } from "./leaf.ts";

export const interpretBackend: Backend = {
  name: "interpret",
  create: (program, _schema, limits) => new Interpreter(program, limits),
};

/** What a filter node has answered for the batch at hand. */
interface Answer {
  /** Batch it belongs to. */
  generation: number;
  readonly known: Bitmap;
  readonly value: Bitmap;
}

class Interpreter implements Evaluator {
  readonly counters: { leafEvaluations: number } = { leafEvaluations: 0 };
  readonly #program: Program;
  readonly #limits: Limits;
  readonly #answers: (Answer | undefined)[] = [];
  readonly #tests: (RowTest | undefined)[] = [];
  readonly #lineage: Map<string, Bitmap> = new Map();
  readonly #all: Bitmap;
  readonly #frame: Frame = {
    batch: null,
    row: 0,
    elementRows: new Map(),
    elementValues: new Map(),
    earlier: [],
  };
  #generation = 0;

  constructor(program: Program, limits: Limits) {
    this.#program = program;
    this.#limits = limits;
    this.#all = createBitmap(limits.batchEvents);
  }

  begin(batch: Batch): void {
    this.#generation += 1;
    this.#frame.batch = batch;
    this.#lineage.clear();
    fillFirst(this.#all, batch.count);
    for (let row = 0; row < batch.count; row += 1) {
      if (batch.kinds[row] !== recordKinds.event) this.#all[row >>> 5]! &= ~(0x1 << (row & 31));
    }
  }

  evaluate(root: NodeId): Bitmap {
    return this.#filter(root, this.#all);
  }

  setLineage(query: number, relation: string, rows: Bitmap): void {
    this.#lineage.set(`${relation} ${query}`, rows);
  }

  residual(
    node: NodeId,
    earlier: readonly (ReadonlyMap<FieldId, readonly Scalar[]> | null)[],
    row: number,
  ): boolean {
    this.#frame.earlier = earlier;
    this.#frame.row = row;
    const holds = this.#rowFilter(node, this.#frame);
    this.#frame.earlier = [];
    return holds;
  }

  /** The answer of a filter node, exact for the rows of `mask` and empty outside it. */
  #filter(id: NodeId, mask: Bitmap): Bitmap {
    const answer = this.#answer(id);
    const missing = createBitmap(this.#limits.batchEvents);
    for (let i = 0; i < missing.length; i += 1) missing[i] = mask[i]! & ~answer.known[i]!;
    if (!isEmpty(missing)) {
      const value = this.#compute(id, missing);
      for (let i = 0; i < missing.length; i += 1) {
        answer.known[i]! |= missing[i]!;
        answer.value[i]! |= value[i]! & missing[i]!;
      }
    }
    const result = missing;
    for (let i = 0; i < result.length; i += 1) result[i] = answer.value[i]! & mask[i]!;
    return result;
  }

  #answer(id: NodeId): Answer {
    const known = this.#answers[id];
    if (known !== undefined && known.generation === this.#generation) return known;
    const answer = known ?? {
      generation: 0,
      known: createBitmap(this.#limits.batchEvents),
      value: createBitmap(this.#limits.batchEvents),
    };
    answer.generation = this.#generation;
    answer.known.fill(0);
    answer.value.fill(0);
    this.#answers[id] = answer;
    return answer;
  }

  #compute(id: NodeId, mask: Bitmap): Bitmap {
    const node = this.#program.nodes[id]!;
    switch (node.op) {
      case "true":
        return mask;
      case "false":
        return createBitmap(this.#limits.batchEvents);
      case "and":
        return this.#and(node.args, mask);
      case "or":
        return this.#or(node.args, mask);
      case "not": {
        const arg = this.#filter(node.arg, mask);
        return arg.map((word, i) => mask[i]! & ~word);
      }
      case "lineage": {
        const rows = this.#lineage.get(`${node.relation} ${node.query}`);
        assert(rows !== undefined, `lineage ${node.relation} ${node.query} was not answered`);
        return rows;
      }
      default:
        return this.#rows(id, mask);
    }
  }

  #and(args: readonly NodeId[], mask: Bitmap): Bitmap {
    let rows = mask;
    for (const arg of args) {
      if (isEmpty(rows)) break;
      rows = this.#filter(arg, rows);
    }
    return rows;
  }

  #or(args: readonly NodeId[], mask: Bitmap): Bitmap {
    const rest = mask.slice();
    const found = createBitmap(this.#limits.batchEvents);
    for (const arg of args) {
      if (isEmpty(rest)) break;
      const rows = this.#filter(arg, rest);
      for (let i = 0; i < rows.length; i += 1) {
        found[i]! |= rows[i]!;
        rest[i]! &= ~rows[i]!;
      }
    }
    return found;
  }

  /** Row by row: leaves and element searches. */
  #rows(id: NodeId, mask: Bitmap): Bitmap {
    const test = this.#test(id);
    const found = createBitmap(this.#limits.batchEvents);
    const frame = this.#frame;
    for (let i = 0; i < mask.length; i += 1) {
      let word = mask[i]!;
      let hits = 0;
      while (word !== 0) {
        const low = word & -word;
        frame.row = (i << 5) + 31 - Math.clz32(low);
        this.counters.leafEvaluations += 1;
        if (test(frame)) hits |= low;
        word ^= low;
      }
      found[i] = hits;
    }
    return found;
  }

  #test(id: NodeId): RowTest {
    const known = this.#tests[id];
    if (known !== undefined) return known;
    const test = this.#compileTest(this.#program.nodes[id]!);
    this.#tests[id] = test;
    return test;
  }

  #compileTest(node: Node): RowTest {
    if (node.op === "any-element") return (frame) => this.#anyElement(node, frame);
    assert(node.op === "leaf", `a ${node.op} node is not evaluated by rows`);
    return compileLeaf(this.#program, node.value, this.#limits, (filter, frame) =>
      this.#rowFilter(filter, frame),
    );
  }

  /** A filter for one row: for residuals, bodies of element searches and filters used as values. */
  #rowFilter(id: NodeId, frame: Frame): boolean {
    const node = this.#program.nodes[id]!;
    switch (node.op) {
      case "true":
      case "false":
        return node.op === "true";
      case "and":
        return node.args.every((arg) => this.#rowFilter(arg, frame));
      case "or":
        return node.args.some((arg) => this.#rowFilter(arg, frame));
      case "not":
        return !this.#rowFilter(node.arg, frame);
      case "lineage": {
        const rows = this.#lineage.get(`${node.relation} ${node.query}`);
        return rows !== undefined && hasBit(rows, frame.row);
      }
      default:
        return this.#test(id)(frame);
    }
  }

  #anyElement(node: Extract<Node, { op: "any-element" }>, frame: Frame): boolean {
    const batch = frame.batch!;
    const column = batch.column(node.list);
    if (column === undefined) return false;
    if (column.kind === "records") return this.#anyRecord(node, column, frame);
    const values: Scalar[] = [];
    createReader(batch, column)(frame.row, values);
    const outer = frame.elementValues.get(node.list);
    const found = values.some((value) => {
      frame.elementValues.set(node.list, value);
      return this.#rowFilter(node.body, frame);
    });
    restore(frame.elementValues, node.list, outer);
    return found;
  }

  #anyRecord(
    node: Extract<Node, { op: "any-element" }>,
    column: RecordsColumn,
    frame: Frame,
  ): boolean {
    const start = column.starts[frame.row]!;
    const end = start + column.counts[frame.row]!;
    const outer = frame.elementRows.get(node.list);
    let found = false;
    for (let child = start; child < end && !found; child += 1) {
      frame.elementRows.set(node.list, child);
      found = this.#rowFilter(node.body, frame);
    }
    restore(frame.elementRows, node.list, outer);
    return found;
  }
}

function restore<Value>(map: Map<FieldId, Value>, key: FieldId, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
