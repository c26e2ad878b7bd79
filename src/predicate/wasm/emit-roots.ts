/** Emits the module: a function for each root, and `sweep`, which runs them over their candidates. */
import type { BatchLayout, ColumnLayout } from "../../event/layout.ts";
import { argumentsOf, type NodeId, type Program } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";
import { atomOf, type ProgramTests } from "../prefilter/field-tests.ts";
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
  readonly #functions: Map<NodeId, number> = new Map();
  readonly #shared: ReadonlySet<NodeId>;
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
      { params: ["i32", "i32", "i32"], results: ["i32"] },
      emitHasValue(plan.batch + layout.pool32Offset),
    );
    this.#columns = new Map(layout.columns.map((column) => [column.field.id, column]));
    this.#shared = findShared(program);
    this.#rowType = this.#module.type(rowTest);
  }

  emit(): Uint8Array {
    const roots = this.#program.roots.map((root) => this.#function(root));
    this.#module.table(roots);
    this.#module.export("sweep", this.#module.add(rowTest, this.#sweep()));
    return this.#module.encode(this.#plan.pages);
  }

  #function(id: NodeId): number {
    const known = this.#functions.get(id);
    if (known !== undefined) return known;
    const code = new Code(1);
    this.#filter(code, id, true);
    const index = this.#module.add(rowTest, code);
    this.#functions.set(id, index);
    return index;
  }

  /** Leaves whether the filter holds for row (local 0) on the stack: 0, or anything else. */
  #filter(code: Code, id: NodeId, isOwn: boolean = false): void {
    const node = this.#program.nodes[id]!;
    if (!isOwn && this.#shared.has(id)) {
      code.get(0).call(this.#function(id));
      return;
    }
    switch (node.op) {
      case "true":
      case "false":
        code.i32(node.op === "true" ? 1 : 0);
        return;
      case "not":
        this.#filter(code, node.arg);
        code.op(op.i32Eqz);
        return;
      case "and":
      case "or":
        this.#logic(code, node.op, node.args);
        return;
      case "lineage":
        this.#bit(code, lineageAddress(this.#plan, node.query, node.relation));
        return;
      default:
        this.#leaf(code, id);
    }
  }

  #logic(code: Code, operator: "and" | "or", args: readonly NodeId[]): void {
    code.open(op.block, "i32");
    for (const arg of args.slice(0, -1)) {
      code.i32(operator === "and" ? 0 : 1);
      this.#filter(code, arg);
      if (operator === "and") code.op(op.i32Eqz);
      code.branch(op.brIf, 0).op(op.drop);
    }
    this.#filter(code, args.at(-1)!);
    code.op(op.end);
  }

  #leaf(code: Code, id: NodeId): void {
    const place = atomOf(this.#program, this.#tests, id);
    if (place !== null) {
      const { addresses } = this.#plan.fields[place.slot]!;
      code.get(0).i32(2).op(op.i32Shl).memory(op.i32Load, addresses);
      code.memory(op.i32Load8U, place.atom >>> 3);
      code.i32(0x1 << (place.atom & 7)).op(op.i32And);
      return;
    }
    const node = this.#program.nodes[id]!;
    if (node.op === "leaf" && this.#valueLeaf(code, node.value)) return;
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

/** Filter nodes that are worth a function of their own. */
function findShared(program: Program): Set<NodeId> {
  const uses = new Map<NodeId, number>();
  const sizes = new Map<NodeId, number>();
  const isLogic = (id: NodeId): boolean => {
    const { op: kind } = program.nodes[id]!;
    return kind === "and" || kind === "or" || kind === "not";
  };
  const visit = (id: NodeId): number => {
    uses.set(id, (uses.get(id) ?? 0) + 1);
    const known = sizes.get(id);
    if (known !== undefined) return known;
    const args = isLogic(id) ? argumentsOf(program.nodes[id]!) : [];
    const size = args.reduce((sum, arg) => sum + visit(arg), 1);
    sizes.set(id, size);
    return size;
  };
  for (const root of program.roots) visit(root);
  return new Set(
    [...uses].flatMap(([id, count]) => (count > 1 && sizes.get(id)! >= sharedSize ? [id] : [])),
  );
}
