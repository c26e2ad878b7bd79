/**
 * A small encoder of WebAssembly modules: the sections and instructions that predicates need, byte
 * values from the core specification (binary format, version 1).
 */

export type ValueKind = "i32" | "i64" | "f64";

const kinds: Readonly<Record<ValueKind, number>> = { i32: 0x7f, i64: 0x7e, f64: 0x7c };

export interface FunctionType {
  readonly params: readonly ValueKind[];
  readonly results: readonly ValueKind[];
}

/** A growing run of bytes. */
export class Bytes {
  #bytes: Uint8Array = new Uint8Array(256);
  length: number = 0;

  byte(value: number): this {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length] = value;
    this.length += 1;
    return this;
  }

  bytes(values: Uint8Array | readonly number[]): this {
    this.#reserve(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
    return this;
  }

  /** LEB128, unsigned 32 bits. */
  u32(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** LEB128, signed. */
  s64(value: bigint): this {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      const isDone = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
      this.byte(isDone ? low : low | 0x80);
      if (isDone) return this;
    }
  }

  s32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const isDone = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
      this.byte(isDone ? low : low | 0x80);
      if (isDone) return this;
    }
  }

  f64(value: number): this {
    return this.bytes(new Uint8Array(new Float64Array([value]).buffer));
  }

  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    return this.u32(encoded.length).bytes(encoded);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    grown.set(this.view());
    this.#bytes = grown;
  }
}

/** The body of one function. Instructions are appended in order; `end` of the body is added. */
export class Code {
  readonly out: Bytes = new Bytes();
  readonly locals: ValueKind[] = [];
  #params: number;

  constructor(params: number) {
    this.#params = params;
  }

  /** Empty again, for a function with so many parameters. */
  reset(params: number): this {
    this.out.length = 0;
    this.locals.length = 0;
    this.#params = params;
    return this;
  }

  /** Declares a local; its index. */
  local(kind: ValueKind): number {
    this.locals.push(kind);
    return this.#params + this.locals.length - 1;
  }

  op(code: number): this {
    this.out.byte(code);
    return this;
  }

  get(local: number): this {
    this.out.byte(0x20).u32(local);
    return this;
  }

  set(local: number): this {
    this.out.byte(0x21).u32(local);
    return this;
  }

  tee(local: number): this {
    this.out.byte(0x22).u32(local);
    return this;
  }

  i32(value: number): this {
    this.out.byte(0x41).s32(value);
    return this;
  }

  i64(value: bigint): this {
    this.out.byte(0x42).s64(value);
    return this;
  }

  f64(value: number): this {
    this.out.byte(0x44).f64(value);
    return this;
  }

  /** A load or store: alignment 0, so that any address is right. */
  memory(code: number, offset: number): this {
    this.out.byte(code).u32(0).u32(offset);
    return this;
  }

  call(index: number): this {
    this.out.byte(0x10).u32(index);
    return this;
  }

  callIndirect(type: number): this {
    this.out.byte(0x11).u32(type).byte(0);
    return this;
  }

  /** Opens a block, loop or if; `result` is what it leaves on the stack. */
  open(code: number, result: ValueKind | null = null): this {
    this.out.byte(code).byte(result === null ? 0x40 : kinds[result]);
    return this;
  }

  /** A branch (0x0c) or conditional branch (0x0d) to the `depth`-th enclosing label. */
  branch(code: number, depth: number): this {
    this.out.byte(code).u32(depth);
    return this;
  }
}

/** Opcodes by their names in the specification. */
export const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  drop: 0x1a,
  i32Load: 0x28,
  i64Load: 0x29,
  f64Load: 0x2b,
  i32Load8U: 0x2d,
  i32Store: 0x36,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i64Eq: 0x51,
  i64LtS: 0x53,
  i64GtS: 0x55,
  i64LeS: 0x57,
  i64GeS: 0x59,
  f64Eq: 0x61,
  f64Lt: 0x63,
  f64Gt: 0x64,
  f64Le: 0x65,
  f64Ge: 0x66,
  i32Ctz: 0x68,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i32WrapI64: 0xa7,
} as const;

/** Collects a module: one imported memory, imported and own functions, one table of functions. */
export class ModuleEncoder {
  readonly #types: Map<string, number> = new Map();
  readonly #typeBytes: Bytes = new Bytes();
  readonly #imports: { readonly name: string; readonly type: number }[] = [];
  /** Types of the functions, and their bodies. */
  readonly #functions: number[] = [];
  readonly #bodies: Bytes = new Bytes();
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  #table: readonly number[] = [];

  type({ params, results }: FunctionType): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known;
    const index = this.#types.size;
    this.#types.set(key, index);
    this.#typeBytes.byte(0x60).u32(params.length);
    for (const kind of params) this.#typeBytes.byte(kinds[kind]);
    this.#typeBytes.u32(results.length);
    for (const kind of results) this.#typeBytes.byte(kinds[kind]);
    return index;
  }

  /** A function of the module `host`; all imports come before the first own function. */
  importFunction(name: string, type: FunctionType): number {
    this.#imports.push({ name, type: this.type(type) });
    return this.#imports.length - 1;
  }

  /** Adds a function of the type of that index; its index. The code is copied. */
  add(type: number, code: Code): number {
    this.#functions.push(type);
    writeBody(this.#bodies, code);
    return this.#imports.length + this.#functions.length - 1;
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** Functions that `call_indirect` reaches, by their place in the list. */
  table(functions: readonly number[]): void {
    this.#table = functions;
  }

  /** The module; its memory is imported as `host.memory` with `pages` pages, neither more nor less. */
  encode(pages: number): Uint8Array {
    const out = new Bytes().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, 1, new Bytes().u32(this.#types.size).bytes(this.#typeBytes.view()));
    const imports = new Bytes().u32(this.#imports.length + 1);
    imports.text("host").text("memory").byte(0x02).byte(0x01).u32(pages).u32(pages);
    for (const { name, type } of this.#imports)
      imports.text("host").text(name).byte(0x00).u32(type);
    section(out, 2, imports);
    const types = new Bytes().u32(this.#functions.length);
    for (const type of this.#functions) types.u32(type);
    section(out, 3, types);
    const { length } = this.#table;
    section(out, 4, new Bytes().u32(1).byte(0x70).byte(0x01).u32(length).u32(length));
    const exports = new Bytes().u32(this.#exports.length);
    for (const { name, index } of this.#exports) exports.text(name).byte(0x00).u32(index);
    section(out, 7, exports);
    const elements = new Bytes().u32(1).u32(0).byte(0x41).s32(0).byte(op.end).u32(length);
    for (const index of this.#table) elements.u32(index);
    section(out, 9, elements);
    section(out, 10, new Bytes().u32(this.#functions.length).bytes(this.#bodies.view()));
    return out.view();
  }
}

function section(out: Bytes, id: number, content: Bytes): void {
  out.byte(id).u32(content.length).bytes(content.view());
}

function writeBody(out: Bytes, { locals, out: instructions }: Code): void {
  // Each local is declared by two bytes, and there are fewer than 128 of them.
  out.u32(1 + locals.length * 2 + instructions.length + 1).byte(locals.length);
  for (const kind of locals) out.byte(1).byte(kinds[kind]);
  out.bytes(instructions.view()).byte(op.end);
}
