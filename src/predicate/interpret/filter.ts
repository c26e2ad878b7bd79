/** Compiles filter nodes to closures over one row; a node that several rules share is compiled once. */
import { assert } from "../../base/assert.ts";
import { type Bitmap, hasBit } from "../../base/bitset.ts";
import type { RecordsColumn } from "../../event/batch.ts";
import { createReader } from "../../event/column-reader.ts";
import type { LineageId, Node, NodeId, Program } from "../../ir/predicate.ts";
import type { Scalar } from "../../ir/value.ts";
import type { FieldId } from "../../schema/type.ts";
import type { LineageRelation } from "../contract.ts";
import { compileLeaf, type Frame, type LeafLimits, type RowTest } from "./leaf.ts";
import { onlyTextField, rememberByText } from "./text-memo.ts";

/** A quicker way to answer some leaves, or undefined for the plain one. */
export type LeafShortcut = (leaf: NodeId) => RowTest | undefined;

/** Rows for which lineage relations hold, by `relation` and query; none where nothing was ever set. */
export class LineageAnswers {
  readonly #rows: Map<string, Bitmap> = new Map();

  set(query: LineageId, relation: LineageRelation, rows: Bitmap): void {
    this.#rows.set(`${relation} ${query}`, rows);
  }

  holds(query: LineageId, relation: LineageRelation, row: number): boolean {
    const rows = this.#rows.get(`${relation} ${query}`);
    return rows !== undefined && hasBit(rows, row);
  }
}

export class FilterCompiler {
  readonly lineage: LineageAnswers;
  readonly #program: Program;
  readonly #limits: LeafLimits;
  readonly #shortcut: LeafShortcut;
  readonly #compiled: (RowTest | undefined)[] = [];

  constructor(
    program: Program,
    limits: LeafLimits,
    shortcut: LeafShortcut = () => undefined,
    lineage: LineageAnswers = new LineageAnswers(),
  ) {
    this.lineage = lineage;
    this.#program = program;
    this.#limits = limits;
    this.#shortcut = shortcut;
  }

  /** The test that a filter node is. */
  compile(id: NodeId): RowTest {
    const known = this.#compiled[id];
    if (known !== undefined) return known;
    const test = this.#make(id, this.#program.nodes[id]!);
    this.#compiled[id] = test;
    return test;
  }

  #make(id: NodeId, node: Node): RowTest {
    switch (node.op) {
      case "true":
        return () => true;
      case "false":
        return () => false;
      case "and":
        return every(node.args.map((arg) => this.compile(arg)));
      case "or":
        return some(node.args.map((arg) => this.compile(arg)));
      case "not": {
        const test = this.compile(node.arg);
        return (frame) => !test(frame);
      }
      case "lineage":
        return (frame) => this.lineage.holds(node.query, node.relation, frame.row);
      case "any-element":
        return this.#anyElement(node);
      case "leaf":
        return this.#shortcut(id) ?? this.#leaf(node.value);
      default:
        return assert(false, `a ${node.op} node is no filter`) as never;
    }
  }

  #leaf(value: NodeId): RowTest {
    const test = compileLeaf(this.#program, value, this.#limits, (filter, frame) =>
      this.compile(filter)(frame),
    );
    const field = onlyTextField(this.#program, value);
    return field === null ? test : rememberByText(test, field);
  }

  #anyElement(node: Extract<Node, { op: "any-element" }>): RowTest {
    const body = this.compile(node.body);
    return (frame) => {
      const column = frame.batch!.column(node.list);
      if (column === undefined) return false;
      if (column.kind === "records") return anyRecord(node.list, body, column, frame);
      const values: Scalar[] = [];
      createReader(frame.batch!, column)(frame.row, values);
      const outer = frame.elementValues.get(node.list);
      const found = values.some((value) => {
        frame.elementValues.set(node.list, value);
        return body(frame);
      });
      restore(frame.elementValues, node.list, outer);
      return found;
    };
  }
}

function every(tests: readonly RowTest[]): RowTest {
  return (frame) => {
    for (const test of tests) if (!test(frame)) return false;
    return true;
  };
}

function some(tests: readonly RowTest[]): RowTest {
  return (frame) => {
    for (const test of tests) if (test(frame)) return true;
    return false;
  };
}

function anyRecord(list: FieldId, body: RowTest, column: RecordsColumn, frame: Frame): boolean {
  const start = column.starts[frame.row]!;
  const end = start + column.counts[frame.row]!;
  const outer = frame.elementRows.get(list);
  let found = false;
  for (let child = start; child < end && !found; child += 1) {
    frame.elementRows.set(list, child);
    found = body(frame);
  }
  restore(frame.elementRows, list, outer);
  return found;
}

function restore<Value>(map: Map<FieldId, Value>, key: FieldId, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
