/** Programs and events at random, over few fields and values, so that something often holds. */

import type { Bitmap } from "../base/bitset.ts";
import { createBitmap, setBit } from "../base/bitset.ts";
import type { Prng } from "../base/prng.ts";
import { ProgramBuilder } from "../ir/builder.ts";
import type { NodeId, Program, TextTest } from "../ir/predicate.ts";
import type { Scalar, ValueType } from "../ir/value.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition, FieldId, FieldType } from "../schema/type.ts";

function definition(path: string, type: FieldType): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
}

export const randomSchema: Schema = builtInSchema().extend([
  definition("t.version", "version"),
  definition("t.flag", "boolean"),
  definition("t.score", "double"),
  definition("t.when", "date"),
  definition("t.text", "keyword"),
]);

const texts: readonly string[] = [
  "",
  "a",
  "A",
  "ab",
  "/bin/sh",
  "/BIN/sh",
  "k\u212a",
  "é",
  "10",
  "x.exe",
];
const numbers: readonly Scalar[] = [
  0,
  1,
  -1,
  10,
  1.5,
  2n ** 53n + 1n,
  -(2n ** 63n),
  2n ** 63n - 1n,
];
const addresses: readonly string[] = ["10.0.0.1", "10.0.0.2", "::1"];
const literals: readonly string[] = [
  "a",
  "*a*",
  "A?",
  "/bin/*",
  "*.exe",
  "?b",
  "*",
  "é*",
  "10",
  "k*",
];
const networks: readonly string[] = ["10.0.0.0/8", "::/0", "10.0.0.2/32"];
const expressions: readonly string[] = ["a.*", ".*/sh", "[ab]+", ".*é", "(x|k).*"];

/** Fields by the type that predicates see. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  keyword: ["t.text", "process.name", "process.args", "host.os.type", "event.category"],
  ip: ["source.ip", "host.ip"],
  long: ["process.pid", "process.args_count"],
  double: ["t.score"],
  date: ["t.when"],
  boolean: ["t.flag"],
  version: ["t.version"],
};

const constantsOf: Readonly<Record<string, readonly Scalar[]>> = {
  keyword: [...texts, "linux", "windows", "process"],
  ip: addresses,
  long: numbers.filter((value) => typeof value === "bigint" || Number.isInteger(value)),
  double: [0, 1.5, -1, 10],
  date: [0n, 1_000_000n, 1_700_000_000_000_000_000n],
  boolean: [true, false],
  version: ["1.2.3", "1.10.0"],
};

export class RandomProgram {
  readonly #random: Prng;
  readonly #builder: ProgramBuilder = new ProgramBuilder();

  constructor(random: Prng) {
    this.#random = random;
  }

  /** A program of that many roots, with two subqueries of ancestry. */
  build(roots: number): Program {
    const queries = [0, 1].map(() => this.#builder.lineageQuery(this.#filter(2)));
    for (let i = 0; i < roots; i += 1) {
      const filter = this.#filter(4);
      const relation = this.#random.pick(["child", "descendant", "event"] as const);
      const lineage = this.#builder.lineage(relation, this.#random.pick(queries));
      this.#builder.root(this.#random.int(6) === 0 ? this.#builder.and([filter, lineage]) : filter);
    }
    return this.#builder.build();
  }

  #filter(depth: number): NodeId {
    const builder = this.#builder;
    const more = (): NodeId => this.#filter(depth - 1);
    switch (depth === 0 ? 9 : this.#random.int(10)) {
      case 0:
      case 1:
        return builder.and([more(), more(), more()]);
      case 2:
      case 3:
        return builder.or([more(), more()]);
      case 4:
        return builder.not(more());
      case 5:
        return this.#element();
      default:
        return builder.leaf(this.#value(depth));
    }
  }

  #element(): NodeId {
    const list = this.#fieldId("dns.answers");
    const member = this.#fieldId(this.#random.pick(["dns.answers.name", "dns.answers.type"]));
    const element = this.#builder.element("keyword", list, member);
    return this.#builder.anyElement(list, this.#builder.leaf(this.#test(element)));
  }

  /** A value node of type boolean. */
  #value(depth: number): NodeId {
    const builder = this.#builder;
    switch (this.#random.int(depth > 0 ? 7 : 5)) {
      case 0:
        return builder.absent(this.#field(this.#random.pick(Object.keys(fieldsOf)) as ValueType));
      case 1:
      case 2:
        return this.#test(this.#field(this.#random.int(4) === 0 ? "ip" : "keyword"));
      case 3:
        return this.#computed();
      case 4:
        return this.#comparison();
      case 5:
        return builder.kleene(this.#random.pick(["and", "or"]), [
          this.#value(depth - 1),
          this.#value(depth - 1),
        ]);
      default:
        return builder.filterValue(this.#filter(depth - 1));
    }
  }

  #comparison(): NodeId {
    const type = this.#random.pick(Object.keys(fieldsOf)) as ValueType;
    const operator =
      type === "boolean" ? "==" : this.#random.pick(["==", "<", "<=", ">", ">="] as const);
    const field = this.#field(type);
    const other =
      this.#random.int(5) === 0
        ? this.#field(type)
        : this.#builder.constant(type, this.#random.pick(constantsOf[type]!));
    return this.#random.int(2) === 0
      ? this.#builder.compare(operator, field, other)
      : this.#builder.compare(operator, other, field);
  }

  #computed(): NodeId {
    const builder = this.#builder;
    const field = this.#field("keyword");
    if (this.#random.int(2) === 0) {
      const length = builder.call("long", "length", false, [field]);
      return builder.compare(">", length, builder.constant("long", this.#random.int(4)));
    }
    const end =
      this.#random.int(2) === 0 ? this.#field("keyword") : builder.constant("keyword", "sh");
    return builder.call("boolean", "endswith", this.#random.int(2) === 0, [field, end]);
  }

  #test(subject: NodeId): NodeId {
    const kind = this.#random.pick<TextTest["kind"]>([
      ...(["equals", "glob", "prefix", "suffix", "contains", "regex", "cidr"] as const),
    ]);
    const pool =
      kind === "cidr" ? networks : kind === "regex" ? expressions : [...literals, ...texts];
    const count = 1 + this.#random.int(3);
    return this.#builder.test(subject, {
      kind,
      insensitive: this.#random.int(2) === 0,
      literals: Array.from({ length: count }, () => this.#random.pick(pool)),
    });
  }

  #field(type: ValueType): NodeId {
    return this.#builder.field(type, this.#fieldId(this.#random.pick(fieldsOf[type]!)));
  }

  #fieldId(path: string): FieldId {
    return randomSchema.find(path)!.id;
  }
}

/** An event as JSON text. */
export function randomEvent(random: Prng): string {
  const maybe = <T>(value: T): T | undefined => (random.int(3) === 0 ? undefined : value);
  const some = <T>(pool: readonly T[]): T | T[] =>
    random.int(4) === 0
      ? Array.from({ length: random.int(4) }, () => random.pick(pool))
      : random.pick(pool);
  const number = (): string => String(random.pick(numbers));
  const members = {
    "t.text": maybe(JSON.stringify(some(texts))),
    "t.flag": maybe(JSON.stringify(some([true, false]))),
    "t.score": maybe(String(random.pick([0, 1.5, -1, 10]))),
    "t.when": maybe(String(random.pick([0, 1, 1_700_000_000_000]))),
    "t.version": maybe(JSON.stringify(some(["1.2.3", "1.10.0", "2"]))),
    "process.name": maybe(JSON.stringify(some(texts))),
    "process.args": maybe(JSON.stringify(some(texts))),
    "process.pid": maybe(random.int(5) === 0 ? `[${number()},${number()}]` : number()),
    "process.args_count": maybe(number()),
    "host.os.type": maybe(JSON.stringify(random.pick(["linux", "windows"]))),
    "event.category": maybe(JSON.stringify(some(["process", "file"]))),
    "source.ip": maybe(JSON.stringify(random.pick(addresses))),
    "host.ip": maybe(JSON.stringify(some(addresses))),
    "dns.answers": maybe(
      JSON.stringify(Array.from({ length: random.int(3) }, () => ({ name: random.pick(texts) }))),
    ),
  };
  const parts = Object.entries(members).flatMap(([path, text]) =>
    text === undefined ? [] : [`${JSON.stringify(path)}:${text}`],
  );
  return `{${parts.join(",")}}`;
}

/** Rows at random, as an answer to a lineage relation. */
export function randomRows(random: Prng, count: number): Bitmap {
  const rows = createBitmap(1024);
  for (let row = 0; row < count; row += 1) if (random.int(3) === 0) setBit(rows, row);
  return rows;
}
