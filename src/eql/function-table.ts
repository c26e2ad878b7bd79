/**
 * The table of EQL's functions: the one source for the checker, the documentation and editors. Names
 * resolve case-insensitively. Their meaning is in ir/functions.ts.
 */
import type { ValueType } from "../ir/value.ts";

/** What a parameter accepts. `text` is keyword, ip or version; `network` a literal CIDR block. */
export type ParameterKind = "text" | "number" | "integer" | "boolean" | "any" | "network";

export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: boolean;
}

export interface FunctionSignature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Whether the last parameter may repeat. */
  readonly variadic: boolean;
  /** Whether the form with a tilde exists, which ignores case. */
  readonly insensitive: boolean;
  /** The result's type; `numeric` is long when every argument is, else double. */
  readonly result: ValueType | "numeric";
  readonly description: string;
}

const left: Parameter = { name: "left", kind: "number" };
const right: Parameter = { name: "right", kind: "number" };
const source: Parameter = { name: "source", kind: "text" };

/** `_arraysearch` binds a variable and is checked by itself. */
export const arraySearchName = "_arraysearch";

export const functionTable: readonly FunctionSignature[] = [
  binary("add", "The sum; null on integer overflow."),
  binary("subtract", "The difference; null on integer overflow."),
  binary("multiply", "The product; null on integer overflow."),
  binary("divide", "The quotient, truncated for two integers; null by zero."),
  binary("modulo", "The remainder, with the dividend's sign; null by zero."),
  {
    name: "between",
    parameters: [
      source,
      { name: "left", kind: "text" },
      { name: "right", kind: "text" },
      { name: "greedy", kind: "boolean", optional: true },
    ],
    variadic: false,
    insensitive: true,
    result: "keyword",
    description: "The text between two delimiters, up to the last right one if greedy.",
  },
  {
    name: "cidrMatch",
    parameters: [
      { name: "address", kind: "text" },
      { name: "network", kind: "network" },
    ],
    variadic: true,
    insensitive: false,
    result: "boolean",
    description: "Whether an IPv4 or IPv6 address lies in one of the networks.",
  },
  {
    name: "concat",
    parameters: [{ name: "value", kind: "any" }],
    variadic: true,
    insensitive: false,
    result: "keyword",
    description: "The values as text, joined.",
  },
  text("endsWith", "Whether the source ends with the part."),
  {
    name: "indexOf",
    parameters: [
      source,
      { name: "part", kind: "text" },
      { name: "start", kind: "integer", optional: true },
    ],
    variadic: false,
    insensitive: true,
    result: "long",
    description: "0-based place of the part in the source, from start on; null if there is none.",
  },
  {
    name: "length",
    parameters: [source],
    variadic: false,
    insensitive: false,
    result: "long",
    description: "Length in UTF-16 units.",
  },
  {
    name: "number",
    parameters: [source, { name: "base", kind: "integer", optional: true }],
    variadic: false,
    insensitive: false,
    result: "double",
    description: "The number that the text says; null if it says none.",
  },
  text("startsWith", "Whether the source starts with the part."),
  {
    name: "string",
    parameters: [{ name: "value", kind: "any" }],
    variadic: false,
    insensitive: false,
    result: "keyword",
    description: "The value as text.",
  },
  text("stringContains", "Whether the part occurs in the source; false if either is empty."),
  {
    name: "substring",
    parameters: [
      source,
      { name: "start", kind: "integer" },
      { name: "end", kind: "integer", optional: true },
    ],
    variadic: false,
    insensitive: false,
    result: "keyword",
    description: "The part from start to before end; negative places count from the end.",
  },
];

const byName: ReadonlyMap<string, FunctionSignature> = new Map(
  functionTable.map((signature) => [signature.name.toLowerCase(), signature]),
);

/** The function of that name in any case, or undefined. */
export function findFunction(name: string): FunctionSignature | undefined {
  return byName.get(name.toLowerCase());
}

/** Fewest and most arguments. */
export function arityOf(signature: FunctionSignature): { least: number; most: number } {
  const least = signature.parameters.filter((parameter) => parameter.optional !== true).length;
  return {
    least,
    most: signature.variadic ? Number.POSITIVE_INFINITY : signature.parameters.length,
  };
}

/** The parameter that argument `index` goes to. */
export function parameterAt(signature: FunctionSignature, index: number): Parameter {
  return signature.parameters[Math.min(index, signature.parameters.length - 1)]!;
}

function binary(name: string, description: string): FunctionSignature {
  return {
    name,
    parameters: [left, right],
    variadic: false,
    insensitive: false,
    result: "numeric",
    description,
  };
}

function text(name: string, description: string): FunctionSignature {
  return {
    name,
    parameters: [source, { name: "part", kind: "text" }],
    variadic: false,
    insensitive: true,
    result: "boolean",
    description,
  };
}
