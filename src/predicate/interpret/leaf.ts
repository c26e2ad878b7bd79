/**
 * Compiles value nodes and leaves to closures over one row. A leaf's *slots* are the fields below it;
 * where one holds several values, every choice of one value each is tried until the leaf is true.
 */
import { assert } from "../../base/assert.ts";
import type { Batch } from "../../event/batch.ts";
import { createReader, type ReadValues } from "../../event/column-reader.ts";
import { applyOperator } from "../../ir/compare.ts";
import { functionMeanings } from "../../ir/functions.ts";
import type { Node, NodeId, Program } from "../../ir/predicate.ts";
import { compileTest } from "../../ir/text-test.ts";
import type { Scalar, Value, ValueType } from "../../ir/value.ts";
import type { FieldId } from "../../schema/type.ts";

/** What a row is evaluated in. One per evaluator; its members change from row to row. */
export interface Frame {
  batch: Batch | null;
  row: number;
  /** Child row of the element being looked at, or -1; by list field. */
  readonly elementRows: Map<FieldId, number>;
  /** Value of the element being looked at, for lists of plain values; by list field. */
  readonly elementValues: Map<FieldId, Scalar>;
  earlier: readonly (ReadonlyMap<FieldId, readonly Scalar[]> | null)[];
}

/** Evaluates a leaf for `frame.row`. */
export type RowTest = (frame: Frame) => boolean;

type Evaluate = (current: readonly Value[], frame: Frame) => Value;
type SlotNode = Extract<Node, { op: "field" | "element" | "earlier" }>;

/** How deep the product of several lists may grow before the rest is left out. */
export interface LeafLimits {
  readonly leafCombinations: number;
}

/** Compiles the leaf over boolean value node `value`. `filter` evaluates a filter node for a row. */
export function compileLeaf(
  program: Program,
  value: NodeId,
  limits: LeafLimits,
  filter: (node: NodeId, frame: Frame) => boolean,
): RowTest {
  const compiler = new LeafCompiler(program, filter);
  const node = program.nodes[value]!;
  // Absence asks for every choice, so it is the denial of "some choice has a value".
  const isAbsence = node.op === "absent";
  const evaluate = compiler.compile(isAbsence ? node.subject : value);
  const slots = compiler.slots.map((slot) => new Slot(slot));
  if (isAbsence) {
    return (frame) => !choose(slots, frame, limits, (current) => evaluate(current, frame) !== null);
  }
  return (frame) => choose(slots, frame, limits, (current) => evaluate(current, frame) === true);
}

/** Tries every choice of one value per slot until `accept` is true. */
function choose(
  slots: readonly Slot[],
  frame: Frame,
  limits: LeafLimits,
  accept: (current: readonly Value[]) => boolean,
): boolean {
  const current: Value[] = new Array(slots.length).fill(null);
  let isMany = false;
  for (let i = 0; i < slots.length; i += 1) {
    const values = slots[i]!.load(frame);
    if (values.length > 1) isMany = true;
    current[i] = values[0] ?? null;
  }
  if (accept(current)) return true;
  return isMany && tryRest(slots, current, limits, accept);
}

/** The choices after the first, in the order of an odometer. */
function tryRest(
  slots: readonly Slot[],
  current: Value[],
  limits: LeafLimits,
  accept: (current: readonly Value[]) => boolean,
): boolean {
  const index: number[] = new Array(slots.length).fill(0);
  for (let tried = 1; tried < limits.leafCombinations; tried += 1) {
    let slot = 0;
    for (; slot < slots.length; slot += 1) {
      const { values } = slots[slot]!;
      index[slot]! += 1;
      if (index[slot]! < values.length) break;
      index[slot] = 0;
      current[slot] = values[0] ?? null;
    }
    if (slot === slots.length) return false;
    current[slot] = slots[slot]!.values[index[slot]!]!;
    if (accept(current)) return true;
  }
  return false;
}

/** The values of one field below a leaf, for the row at hand. */
class Slot {
  readonly #node: SlotNode;
  readonly values: Scalar[] = [];
  #batch: Batch | null = null;
  #read: ReadValues = () => {};

  constructor(node: SlotNode) {
    this.#node = node;
  }

  load(frame: Frame): readonly Scalar[] {
    this.values.length = 0;
    const node = this.#node;
    if (node.op === "earlier") {
      for (const value of frame.earlier[node.step]?.get(node.field) ?? []) this.values.push(value);
      return this.values;
    }
    if (node.op === "element" && node.list === node.field) {
      const value = frame.elementValues.get(node.list);
      if (value !== undefined) this.values.push(value);
      return this.values;
    }
    const row = node.op === "field" ? frame.row : (frame.elementRows.get(node.list) ?? -1);
    if (row === -1) return this.values;
    this.#reader(frame.batch!)(row, this.values);
    return this.values;
  }

  #reader(batch: Batch): ReadValues {
    if (this.#batch !== batch) {
      this.#batch = batch;
      this.#read = createReader(batch, batch.column(this.#node.field));
    }
    return this.#read;
  }
}

class LeafCompiler {
  readonly slots: SlotNode[] = [];
  readonly #program: Program;
  readonly #filter: (node: NodeId, frame: Frame) => boolean;
  readonly #slotOf: Map<NodeId, number> = new Map();

  constructor(program: Program, filter: (node: NodeId, frame: Frame) => boolean) {
    this.#program = program;
    this.#filter = filter;
  }

  compile(id: NodeId): Evaluate {
    const node = this.#program.nodes[id]!;
    switch (node.op) {
      case "const":
        return () => node.value;
      case "field":
      case "element":
      case "earlier": {
        const slot = this.#slot(id, node);
        return (current) => current[slot]!;
      }
      case "compare":
        return this.#compare(node);
      case "test":
        return this.#test(node);
      case "call":
        return this.#call(node);
      case "absent": {
        const subject = this.compile(node.subject);
        return (current, frame) => subject(current, frame) === null;
      }
      case "kleene":
        return this.#kleene(node);
      case "filter-value":
        return (_current, frame) => this.#filter(node.filter, frame);
      default:
        assert(false, `node ${id} (${node.op}) is no value`);
    }
  }

  #slot(id: NodeId, node: SlotNode): number {
    const known = this.#slotOf.get(id);
    if (known !== undefined) return known;
    this.slots.push(node);
    this.#slotOf.set(id, this.slots.length - 1);
    return this.slots.length - 1;
  }

  #compare(node: Extract<Node, { op: "compare" }>): Evaluate {
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const type = typeOf(this.#program, node.left);
    return (current, frame) => {
      const a = left(current, frame);
      if (a === null) return null;
      const b = right(current, frame);
      return b === null ? null : applyOperator(node.operator, type, a, b);
    };
  }

  #test(node: Extract<Node, { op: "test" }>): Evaluate {
    const subject = this.compile(node.subject);
    const test = compileTest(node.test);
    return (current, frame) => {
      const value = subject(current, frame);
      return value === null ? null : test(String(value));
    };
  }

  #call(node: Extract<Node, { op: "call" }>): Evaluate {
    const args = node.args.map((arg) => this.compile(arg));
    const meaning = functionMeanings.get(node.name)!;
    const context = {
      type: node.type,
      insensitive: node.insensitive,
      argTypes: node.args.map((arg) => typeOf(this.#program, arg)),
    };
    return (current, frame) => {
      const values = args.map((arg) => arg(current, frame));
      return meaning(values, context);
    };
  }

  #kleene(node: Extract<Node, { op: "kleene" }>): Evaluate {
    const args = node.args.map((arg) => this.compile(arg));
    if (node.operator === "not") {
      return (current, frame) => {
        const value = args[0]!(current, frame);
        return value === null ? null : value !== true;
      };
    }
    const deciding = node.operator === "or";
    return (current, frame) => {
      let result: Value = !deciding;
      for (const arg of args) {
        const value = arg(current, frame);
        if (value === deciding) return deciding;
        if (value === null) result = null;
      }
      return result;
    };
  }
}

function typeOf(program: Program, id: NodeId): ValueType {
  const node = program.nodes[id]!;
  return "type" in node ? node.type : "boolean";
}
