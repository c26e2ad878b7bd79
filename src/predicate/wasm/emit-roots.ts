/** Emits the module: a function for each root, and `sweep`, which runs them over their candidates. */
import type { BatchLayout, ColumnLayout } from "../../event/layout.ts";
import { isLogic, type NodeTable, nodeKinds, nodeTable, reachedFrom } from "../../ir/node-table.ts";
import type { NodeId, Program } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";
import type { ProgramTests } from "../prefilter/field-tests.ts";
import { CompareFunctions, emitHasValue } from "./emit-compare.ts";
import { Code, ModuleEncoder, op } from "./encoder.ts";
import type { MemoryPlan } from "./memory-plan.ts";
import { type BooleanLeaf, booleanLeaf, type NumberLeaf, numberLeaf } from "./number-leaf.ts";

const relations = ["child", "descendant", "event"] as const;

/** A filter node of this many nodes, wanted in more than one place, becomes a function. */
const sharedSize = 8;

const rowTest = { params: ["i32"], results: ["i32"] } as const;

export interface EmitOptions {
  readonly program: Program;
  readonly tests: ProgramTests;
  readonly layout: BatchLayout;
  readonly plan: MemoryPlan;
}

/** The module; it imports `host.memory` and `host.leaf(node, row) -> i32`. */
export function emitModule(options: EmitOptions): Uint8Array {
  return new Emitter(options).emit();
}

/** Address of the answer to a lineage relation. */
export function lineageAddress(plan: MemoryPlan, query: number, relation: string): number {
  const index = query * relations.length + relations.indexOf(relation as "child");
  return plan.lineage + index * plan.bitmapBytes;
}

class Emitter {
  readonly #program: Program;
  readonly #tests: ProgramTests;
  readonly #plan: MemoryPlan;
  readonly #module: ModuleEncoder = new ModuleEncoder();
  readonly #compares: CompareFunctions;
  readonly #hostLeaf: number;
  readonly #columns: ReadonlyMap<FieldId, ColumnLayout>;
  readonly #nodes: NodeTable;
  /** By node: the function that it has become, -1 where it has none. */
  readonly #functions: Int32Array;
  /** By node: 1 where it is worth a function of its own. */
  readonly #shared: Uint8Array;
  /** Buffers of functions that are finished. */
  readonly #codes: Code[] = [];
  readonly #rowType: number;
  readonly #hasValue: number;

  constructor({ program, tests, layout, plan }: EmitOptions) {
    this.#program = program;
    this.#tests = tests;
    this.#plan = plan;
    this.#hostLeaf = this.#module.importFunction("leaf", {
      params: ["i32", "i32"],
      results: ["i32"],
    });
    this.#compares = new CompareFunctions(this.#module, plan.batch + layout.pool64Offset);
    this.#hasValue = this.#module.add(
      this.#module.type({ params: ["i32", "i32", "i32"], results: ["i32"] }),
      emitHasValue(plan.batch + layout.pool32Offset),
    );
    this.#columns = new Map(layout.columns.map((column) => [column.field.id, column]));
    this.#nodes = nodeTable(program);
    this.#functions = new Int32Array(program.nodes.length).fill(-1);
    this.#shared = findShared(this.#nodes, program.roots);
    this.#rowType = this.#module.type(rowTest);
  }

  emit(): Uint8Array {
    const roots = this.#program.roots.map((root) => this.#function(root));
    this.#module.table(roots);
    this.#module.export("sweep", this.#module.add(this.#rowType, this.#sweep()));
    return this.#module.encode(this.#plan.pages);
  }

  #function(id: number): number {
    const known = this.#functions[id]!;
    if (known !== -1) return known;
    const code = this.#codes.pop()?.reset(1) ?? new Code(1);
    this.#filter(code, id, true);
    const index = this.#module.add(this.#rowType, code);
    this.#codes.push(code);
    this.#functions[id] = index;
    return index;
  }

  /** Leaves whether the filter holds for row (local 0) on the stack: 0, or anything else. */
  #filter(code: Code, id: number, isOwn: boolean = false): void {
    if (!isOwn && this.#shared[id] === 1) {
      code.get(0).call(this.#function(id));
      return;
    }
    const { kinds, starts, args } = this.#nodes;
    switch (kinds[id]) {
      case nodeKinds.true:
        code.i32(1);
        return;
      case nodeKinds.false:
        code.i32(0);
        return;
      case nodeKinds.not:
        this.#filter(code, args[starts[id]!]!);
        code.op(op.i32Eqz);
        return;
      case nodeKinds.and:
      case nodeKinds.or:
        this.#logic(code, id);
        return;
      default:
        this.#leaf(code, id as NodeId);
    }
  }

  #logic(code: Code, id: number): void {
    const { kinds, starts, args } = this.#nodes;
    const isAnd = kinds[id] === nodeKinds.and;
    const last = starts[id + 1]! - 1;
    code.open(op.block, "i32");
    for (let at = starts[id]!; at < last; at += 1) {
      code.i32(isAnd ? 0 : 1);
      this.#filter(code, args[at]!);
      if (isAnd) code.op(op.i32Eqz);
      code.branch(op.brIf, 0).op(op.drop);
    }
    this.#filter(code, args[last]!);
    code.op(op.end);
  }

  #leaf(code: Code, id: NodeId): void {
    const slot = this.#tests.slots[id]!;
    if (slot !== -1) {
      const { addresses } = this.#plan.fields[slot]!;
      const atom = this.#tests.atoms[id]!;
      code.get(0).i32(2).op(op.i32Shl).memory(op.i32Load, addresses);
      code.memory(op.i32Load8U, atom >>> 3);
      code.i32(0x1 << (atom & 7)).op(op.i32And);
      return;
    }
    const node = this.#program.nodes[id]!;
    if (node.op === "leaf" && this.#valueLeaf(code, node.value)) return;
    if (node.op === "lineage") {
      this.#bit(code, lineageAddress(this.#plan, node.query, node.relation));
      return;
    }
    if (node.op === "any-element") this.#element(code, id, node.list);
    else code.i32(id).get(0).call(this.#hostLeaf);
  }

  /** A search in a list is for the host, unless the list is empty. */
  #element(code: Code, id: NodeId, list: FieldId): void {
    const column = this.#columns.get(list);
    const { batch } = this.#plan;
    if (column === undefined) {
      code.i32(0);
      return;
    }
    code.get(0);
    if (column.kind === "number") code.memory(op.i32Load8U, batch + column.tagOffset);
    else {
      const offset = column.kind === "records" ? column.countOffset : column.cellOffset;
      code
        .i32(2)
        .op(op.i32Shl)
        .memory(op.i32Load, batch + offset);
    }
    code.open(op.if, "i32").i32(id).get(0).call(this.#hostLeaf).op(op.else).i32(0).op(op.end);
  }

  /** Leaves over one number or boolean field, or its absence; false where it is none of these. */
  #valueLeaf(code: Code, value: NodeId): boolean {
    const number = numberLeaf(this.#program, value);
    if (number !== null) return this.#number(code, number);
    const boolean = booleanLeaf(this.#program, value);
    if (boolean !== null) return this.#boolean(code, boolean);
    const node = this.#program.nodes[value]!;
    if (node.op === "absent") {
      const subject = this.#program.nodes[node.subject]!;
      return subject.op === "field" && this.#absent(code, subject.field);
    }
    return false;
  }

  #number(code: Code, leaf: NumberLeaf): boolean {
    const column = this.#columns.get(leaf.field);
    if (column?.kind !== "number") return false;
    const { batch } = this.#plan;
    if (leaf.kind === "always") {
      if (!leaf.outcome) code.i32(0);
      else code.get(0).memory(op.i32Load8U, batch + column.tagOffset);
      return true;
    }
    code
      .i32(batch + column.tagOffset)
      .i32(batch + column.cellOffset)
      .get(0);
    if (leaf.kind === "i64") code.i64(BigInt(leaf.constant));
    else code.f64(Number(leaf.constant));
    code.call(this.#compares.function(leaf.kind, leaf.operator));
    return true;
  }

  #boolean(code: Code, { field, constant }: BooleanLeaf): boolean {
    const column = this.#columns.get(field);
    if (column?.kind !== "reference") return false;
    code.i32(this.#plan.batch + column.cellOffset).get(0);
    // layout.ts: 1 stands for false, 2 for true.
    code.i32(constant ? 2 : 1).call(this.#hasValue);
    return true;
  }

  #absent(code: Code, field: FieldId): boolean {
    const column = this.#columns.get(field);
    const { batch } = this.#plan;
    if (column?.kind === "number") {
      code
        .get(0)
        .memory(op.i32Load8U, batch + column.tagOffset)
        .op(op.i32Eqz);
      return true;
    }
    if (column?.kind !== "reference") return false;
    code
      .get(0)
      .i32(2)
      .op(op.i32Shl)
      .memory(op.i32Load, batch + column.cellOffset)
      .op(op.i32Eqz);
    return true;
  }

  /** The row's bit in the bitmap at `address`. */
  #bit(code: Code, address: number): void {
    code.get(0).i32(5).op(op.i32ShrU).i32(2).op(op.i32Shl).memory(op.i32Load, address);
    code.get(0).op(op.i32ShrU).i32(1).op(op.i32And);
  }

  /**
   * `sweep(touched) -> hits`: runs the first `touched` roots of the list over their candidates, writes
   * their results, and lists those that hold somewhere.
   */
  #sweep(): Code {
    const { bitmapBytes, candidates, results, touched, hits } = this.#plan;
    const code = new Code(1);
    const [i, root, at, end] = [
      code.local("i32"),
      code.local("i32"),
      code.local("i32"),
      code.local("i32"),
    ];
    const [word, found, some, count] = [
      code.local("i32"),
      code.local("i32"),
      code.local("i32"),
      code.local("i32"),
    ];
    const low = code.local("i32");
    code.open(op.block).open(op.loop);
    code.get(i).get(0).op(op.i32GeS).branch(op.brIf, 1);
    code.get(i).i32(2).op(op.i32Shl).memory(op.i32Load, touched).set(root);
    code.get(root).i32(bitmapBytes).op(op.i32Mul).tee(at).i32(bitmapBytes).op(op.i32Add).set(end);
    code.i32(0).set(some);
    code.open(op.loop);
    code.get(at).memory(op.i32Load, candidates).set(word).i32(0).set(found);
    code.open(op.block).open(op.loop);
    code.get(word).op(op.i32Eqz).branch(op.brIf, 1);
    code.get(word).i32(0).get(word).op(op.i32Sub).op(op.i32And).set(low);
    this.#rowOf(code, { at, root, low });
    code.get(root).callIndirect(this.#rowType);
    code.open(op.if).get(found).get(low).op(op.i32Or).set(found).op(op.end);
    code.get(word).get(low).op(op.i32Xor).set(word).branch(op.br, 0).op(op.end).op(op.end);
    code.get(at).get(found).memory(op.i32Store, results);
    code.get(some).get(found).op(op.i32Or).set(some);
    code.get(at).i32(4).op(op.i32Add).tee(at).get(end).op(op.i32LtU).branch(op.brIf, 0).op(op.end);
    code.get(some).open(op.if);
    code.get(count).i32(2).op(op.i32Shl).get(root).memory(op.i32Store, hits);
    code.get(count).i32(1).op(op.i32Add).set(count).op(op.end);
    code.get(i).i32(1).op(op.i32Add).set(i).branch(op.br, 0).op(op.end).op(op.end);
    return code.get(count);
  }

  /** The row of bit `low` in the word at byte `at`: the byte within the root's bitmap x 8, plus the bit. */
  #rowOf(code: Code, { at, root, low }: { at: number; root: number; low: number }): void {
    code.get(at).get(root).i32(this.#plan.bitmapBytes).op(op.i32Mul).op(op.i32Sub);
    code.i32(3).op(op.i32Shl).get(low).op(op.i32Ctz).op(op.i32Or);
  }
}

/** By node: 1 for filter nodes that are worth a function of their own. */
function findShared(nodes: NodeTable, roots: readonly NodeId[]): Uint8Array {
  const { kinds, starts, args } = nodes;
  const reached = reachedFrom(nodes, roots, isLogic);
  const uses = new Int32Array(kinds.length);
  const sizes = new Uint8Array(kinds.length);
  for (const root of roots) uses[root]! += 1;
  for (let id = 0; id < kinds.length; id += 1) {
    if (reached[id] === 0) continue;
    let size = 1;
    for (let at = starts[id]!; isLogic(kinds[id]!) && at < starts[id + 1]!; at += 1) {
      const arg = args[at]!;
      uses[arg]! += 1;
      size += sizes[arg]!;
    }
    sizes[id] = Math.min(size, sharedSize);
  }
  const shared = new Uint8Array(kinds.length);
  for (let id = 0; id < kinds.length; id += 1) {
    if (sizes[id]! >= sharedSize && uses[id]! > 1) shared[id] = 1;
  }
  return shared;
}
