/** Conditions of rules as their EQL text and as plain JavaScript that says what they mean, with nothing of the engine. */
import type { Prng } from "../../src/base/prng.ts";
import type { FieldModel, Value } from "./field-pool.ts";

/** The values of a field in one event; none where it is missing. */
export type Values = (path: string) => readonly Value[];

export type Condition =
  | { readonly kind: "all" | "some"; readonly terms: readonly Condition[] }
  | { readonly kind: "not"; readonly term: Condition }
  | { readonly kind: "missing"; readonly path: string }
  /** Holds where some combination of one value each of the fields satisfies it. */
  | {
      readonly kind: "leaf";
      readonly eql: string;
      readonly paths: readonly string[];
      readonly test: (...values: Value[]) => boolean;
    };

export type Leaf = Extract<Condition, { kind: "leaf" }>;

export function eqlOf(condition: Condition): string {
  switch (condition.kind) {
    case "all":
      return condition.terms.map((term) => `(${eqlOf(term)})`).join(" and ");
    case "some":
      return condition.terms.map((term) => `(${eqlOf(term)})`).join(" or ");
    case "not":
      return `not (${eqlOf(condition.term)})`;
    case "missing":
      return `${condition.path} == null`;
    case "leaf":
      return condition.eql;
  }
}

export function holds(condition: Condition, values: Values): boolean {
  switch (condition.kind) {
    case "all":
      return condition.terms.every((term) => holds(term, values));
    case "some":
      return condition.terms.some((term) => holds(term, values));
    case "not":
      return !holds(condition.term, values);
    case "missing":
      return values(condition.path).length === 0;
    case "leaf": {
      const lists = condition.paths.map(values);
      return combinations(lists).some((choice) => condition.test(...choice));
    }
  }
}

/** Every choice of one value of each list. */
export function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (found, list) => found.flatMap((before) => list.map((value) => [...before, value])),
    [[]],
  );
}

/** A condition over some of `fields`, nested up to `depth`. */
export function drawCondition(
  random: Prng,
  fields: readonly FieldModel[],
  depth: number,
): Condition {
  const more = (): Condition => drawCondition(random, fields, depth - 1);
  switch (depth === 0 ? 9 : random.int(10)) {
    case 0:
    case 1:
      return { kind: "all", terms: [more(), more()] };
    case 2:
    case 3:
      return { kind: "some", terms: [more(), more(), more()].slice(random.int(2)) };
    case 4:
      return { kind: "not", term: more() };
    case 5: {
      const missing: Condition = { kind: "missing", path: random.pick(fields).path };
      return random.int(2) === 0 ? missing : { kind: "not", term: missing };
    }
    default:
      return drawLeaf(random, fields);
  }
}

/** A test of one field, or of two of one type. */
export function drawLeaf(random: Prng, fields: readonly FieldModel[]): Condition {
  const field = random.pick(fields);
  const { path, type } = field;
  const others = fields.filter((other) => other.type === type && other.path !== path);
  if (others.length > 0 && random.int(12) === 0) {
    const other = random.pick(others).path;
    return leaf(`${path} == ${other}`, (a, b) => a === b, [path, other]);
  }
  const values = field.samples.flatMap(({ value }) => (value === null ? [] : [value]));
  const value = values.length === 0 ? null : random.pick(values);
  switch (type) {
    case "keyword":
      return drawTextLeaf(random, path, values as string[]);
    case "long":
    case "double":
      return drawNumberLeaf(random, path, value as number | bigint | null);
    case "boolean":
      return drawFlagLeaf(random, path);
    case "date":
      return drawDateLeaf(random, path);
    case "ip":
      return drawAddressLeaf(random, path);
    default:
      return drawVersionLeaf(random, path);
  }
}

function leaf(eql: string, test: Leaf["test"], paths: readonly string[]): Leaf {
  return { kind: "leaf", eql, test, paths };
}

/** Texts without a backslash, which JSON and EQL quote alike. */
function quote(text: string): string {
  return `"${text}"`;
}

function drawTextLeaf(random: Prng, path: string, known: readonly string[]): Condition {
  const some = known.length === 0 ? ["sh"] : known;
  const one = random.pick(some);
  const two = [one, random.pick(some)];
  const list = `(${two.map(quote).join(", ")})`;
  const on = (eql: string, test: (text: string) => boolean): Leaf =>
    leaf(eql, (value) => test(String(value)), [path]);
  const fold = (text: string): string => text.toLowerCase();
  const part = one.slice(random.int(2), 1 + random.int(Math.max(one.length, 1)));
  const patterns = [`${part}*`, `*${part}`, `*${part}*`, `?${part}*`, one, "*", "?h"];
  const two2 = [random.pick(patterns), random.pick(patterns)];
  const globs = `(${two2.map(quote).join(", ")})`;
  switch (random.int(14)) {
    case 0:
    case 1:
    case 2:
      return on(`${path} == ${quote(one)}`, (text) => text === one);
    case 3:
      return { kind: "not", term: on(`${path} == ${quote(one)}`, (text) => text === one) };
    case 4:
      return on(`${path} in ${list}`, (text) => two.includes(text));
    case 5:
      return on(`${path} in~ ${list}`, (text) => two.some((it) => fold(it) === fold(text)));
    case 6:
      return on(`${path} : ${globs}`, (text) =>
        two2.some((glob) => isGlob(fold(glob), fold(text))),
      );
    case 7:
      return on(`${path} like ${globs}`, (text) => two2.some((glob) => isGlob(glob, text)));
    case 8:
      return on(`startsWith(${path}, ${quote(part)})`, (text) => text.startsWith(part));
    case 9:
      return on(`endsWith~(${path}, ${quote(part)})`, (text) => fold(text).endsWith(fold(part)));
    case 10:
      return on(`length(${path}) > 2`, (text) => text.length > 2);
    case 11:
      return on(`${path} < ${quote(one)}`, (text) => text < one);
    case 12:
      return on(`${path} regex "[a-z]{2,4}"`, (text) => /^[a-z]{2,4}$/.test(text));
    default:
      return on(
        `stringContains(${path}, ${quote(part)})`,
        (text) => text !== "" && part !== "" && text.includes(part),
      );
  }
}

/** `*` is any run, `?` one character; all texts of a simulation are within the basic plane. */
function isGlob(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  const rest = glob.slice(1);
  if (glob[0] === "*") {
    return Array.from({ length: text.length + 1 }, (_unused, i) => i).some((from) =>
      isGlob(rest, text.slice(from)),
    );
  }
  return text !== "" && (glob[0] === "?" || glob[0] === text[0]) && isGlob(rest, text.slice(1));
}

type Numeric = number | bigint;

function drawNumberLeaf(random: Prng, path: string, known: Numeric | null): Condition {
  const bound = known ?? 1n;
  const on = (eql: string, test: (value: Numeric) => boolean): Leaf =>
    leaf(eql, (value) => test(value as Numeric), [path]);
  switch (random.int(9)) {
    case 0:
      return on(`${path} < ${bound}`, (value) => value < bound);
    case 1:
      return on(`${path} <= ${bound}`, (value) => value <= bound);
    case 2:
      return on(`${path} > ${bound}`, (value) => value > bound);
    case 3:
      return on(`${bound} <= ${path}`, (value) => bound <= value);
    case 4:
      // A whole number and a decimal are compared by value.
      return on(`${path} > 1.5`, (value) => value > 1.5);
    case 5:
      return on(`${path} % 2 == 1`, (value) => isOdd(value));
    case 6:
      return { kind: "not", term: on(`${path} == ${bound}`, (value) => isEqual(value, bound)) };
    case 7:
      return on(`${path} in (${bound}, 2)`, (value) => isEqual(value, bound) || isEqual(value, 2n));
    default:
      return on(`${path} == ${bound}`, (value) => isEqual(value, bound));
  }
}

function isOdd(value: Numeric): boolean {
  return typeof value === "bigint" ? value % 2n === 1n : value % 2 === 1;
}

function isEqual(a: Numeric, b: Numeric): boolean {
  return !(a < b) && !(a > b);
}

function drawFlagLeaf(random: Prng, path: string): Condition {
  const isTrue = leaf(path, (value) => value === true, [path]);
  switch (random.int(3)) {
    case 0:
      return isTrue;
    case 1:
      return { kind: "not", term: isTrue };
    default:
      return leaf(`${path} == false`, (value) => value === false, [path]);
  }
}

/** 2026-01-01T00:00:00Z, ns since the epoch. */
const newYearNs = 1_767_225_600_000_000_000n;

function drawDateLeaf(random: Prng, path: string): Condition {
  const text = '"2026-01-01T00:00:00Z"';
  const on = (eql: string, test: (value: bigint) => boolean): Leaf =>
    leaf(eql, (value) => test(value as bigint), [path]);
  switch (random.int(3)) {
    case 0:
      return on(`${path} > ${text}`, (value) => value > newYearNs);
    case 1:
      return on(`${path} <= ${text}`, (value) => value <= newYearNs);
    default:
      return on(`${path} == 1767225601000`, (value) => value === newYearNs + 1_000_000_000n);
  }
}

function drawAddressLeaf(random: Prng, path: string): Condition {
  const on = (eql: string, test: (value: string) => boolean): Leaf =>
    leaf(eql, (value) => test(value as string), [path]);
  switch (random.int(3)) {
    case 0:
      return on(`cidrMatch(${path}, "10.0.0.0/8")`, (value) => value.startsWith("10."));
    case 1:
      return on(`cidrMatch(${path}, "10.0.0.2/32", "fd00::/8")`, (value) => {
        return value === "10.0.0.2" || value.startsWith("fd");
      });
    default:
      return on(`${path} == "10.0.0.1"`, (value) => value === "10.0.0.1");
  }
}

function drawVersionLeaf(random: Prng, path: string): Condition {
  const bound = random.pick(["1.2.0", "1.10.0", "2.0.0"]);
  const on = (operator: string, test: (order: number) => boolean): Leaf =>
    leaf(`${path} ${operator} "${bound}"`, (value) => test(orderOf(String(value), bound)), [path]);
  switch (random.int(3)) {
    case 0:
      return on("<", (order) => order < 0);
    case 1:
      return on(">=", (order) => order >= 0);
    default:
      return on("==", (order) => order === 0);
  }
}

/** Of two versions of three numbers: below 0 where the first is older. */
function orderOf(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  return left.reduce((order, part, index) => order || part - right[index]!, 0);
}
