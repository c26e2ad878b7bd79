/** Functions of the module that compare a number field with a constant; any value of a list may hold. */
import { Code, type ModuleEncoder, op, type ValueKind } from "./encoder.ts";

export type NumberKind = "i64" | "f64";
export type NumberOperator = "==" | "<" | "<=" | ">" | ">=";

const loads: Readonly<Record<NumberKind, number>> = { i64: op.i64Load, f64: op.f64Load };

const compares: Readonly<Record<NumberKind, Readonly<Record<NumberOperator, number>>>> = {
  i64: { "==": op.i64Eq, "<": op.i64LtS, "<=": op.i64LeS, ">": op.i64GtS, ">=": op.i64GeS },
  f64: { "==": op.f64Eq, "<": op.f64Lt, "<=": op.f64Le, ">": op.f64Gt, ">=": op.f64Ge },
};

/** Makes each function when it is first wanted. */
export class CompareFunctions {
  readonly #module: ModuleEncoder;
  readonly #pool: number;
  readonly #made: Map<string, number> = new Map();

  /** `pool` is the address of the batch's 64-bit pool. */
  constructor(module: ModuleEncoder, pool: number) {
    this.#module = module;
    this.#pool = pool;
  }

  /** Index of `(tags, cells, row, constant) -> i32`; tags and cells are addresses of a column. */
  function(kind: NumberKind, operator: NumberOperator): number {
    const key = kind + operator;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const params: ValueKind[] = ["i32", "i32", "i32", kind];
    const code = emitCompare(kind, operator, this.#pool);
    const index = this.#module.add(this.#module.type({ params, results: ["i32"] }), code);
    this.#made.set(key, index);
    return index;
  }
}

/** A function `(cells, row, value) -> i32`: whether a column of references has the value in the row. */
export function emitHasValue(pool32: number): Code {
  const [cells, row, value] = [0, 1, 2];
  const code = new Code(3);
  const cell = code.local("i32");
  const at = code.local("i32");
  const end = code.local("i32");
  code.get(cells).get(row).i32(2).op(op.i32Shl).op(op.i32Add).memory(op.i32Load, 0).tee(cell);
  code.i32(0).op(op.i32GeS).open(op.if);
  code.get(cell).get(value).op(op.i32Eq).op(op.return).op(op.end);
  // A list: its negated cell is the index in the pool of its count, after which the values follow.
  code.i32(pool32).get(cell).i32(2).op(op.i32Shl).op(op.i32Sub).tee(at);
  code.get(at).memory(op.i32Load, 0).i32(2).op(op.i32Shl).op(op.i32Add).set(end);
  code.open(op.loop);
  code.get(at).get(end).op(op.i32GeU).open(op.if).i32(0).op(op.return).op(op.end);
  code.get(at).i32(4).op(op.i32Add).tee(at).memory(op.i32Load, 0).get(value).op(op.i32Eq);
  code.open(op.if).i32(1).op(op.return).op(op.end);
  code.branch(op.br, 0).op(op.end);
  return code.i32(0);
}

function emitCompare(kind: NumberKind, operator: NumberOperator, pool: number): Code {
  const [tags, cells, row, constant] = [0, 1, 2, 3];
  const code = new Code(4);
  const tag = code.local("i32");
  const cell = code.local("i32");
  const end = code.local("i32");
  code.get(tags).get(row).op(op.i32Add).memory(op.i32Load8U, 0).tee(tag);
  code.op(op.i32Eqz).open(op.if).i32(0).op(op.return).op(op.end);
  code.get(cells).get(row).i32(3).op(op.i32Shl).op(op.i32Add).set(cell);
  code.get(tag).i32(1).op(op.i32Eq).open(op.if);
  code.get(cell).memory(loads[kind], 0).get(constant).op(compares[kind][operator]);
  code.op(op.return).op(op.end);
  // A list: the cell holds the index in the pool of its count, after which the values follow.
  code.get(cell).memory(op.i32Load, 0).i32(3).op(op.i32Shl).i32(pool).op(op.i32Add).tee(cell);
  code.get(cell).memory(op.i32Load, 0).i32(3).op(op.i32Shl).op(op.i32Add).set(end);
  code.open(op.loop);
  code.get(cell).get(end).op(op.i32GeU).open(op.if).i32(0).op(op.return).op(op.end);
  code.get(cell).i32(8).op(op.i32Add).tee(cell).memory(loads[kind], 0);
  code.get(constant).op(compares[kind][operator]);
  code.open(op.if).i32(1).op(op.return).op(op.end);
  code.branch(op.br, 0).op(op.end);
  return code.i32(0);
}
