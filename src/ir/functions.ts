/** The meaning of EQL's functions and operators on values. Names are lower case here. */
import { foldCase } from "../base/case-folding.ts";
import { formatIso } from "../base/time.ts";
import type { Scalar, Value, ValueType } from "./value.ts";

/** What a function needs to know beside its arguments. */
export interface CallContext {
  /** Static type of the result; `long` means integer arithmetic. */
  readonly type: ValueType;
  /** Static types of the arguments. */
  readonly argTypes: readonly ValueType[];
  /** Whether the form with the tilde was called. */
  readonly insensitive: boolean;
}

export type FunctionMeaning = (args: readonly Value[], context: CallContext) => Value;

/** By lower-case name. */
export const functionMeanings: ReadonlyMap<string, FunctionMeaning> = new Map([
  [
    "add",
    strict(
      arithmetic(
        (a, b) => a + b,
        (a, b) => a + b,
      ),
    ),
  ],
  [
    "subtract",
    strict(
      arithmetic(
        (a, b) => a - b,
        (a, b) => a - b,
      ),
    ),
  ],
  [
    "multiply",
    strict(
      arithmetic(
        (a, b) => a * b,
        (a, b) => a * b,
      ),
    ),
  ],
  [
    "divide",
    strict(
      arithmetic(
        (a, b) => a / b,
        (a, b) => (b === 0n ? null : a / b),
      ),
    ),
  ],
  [
    "modulo",
    strict(
      arithmetic(
        (a, b) => (b === 0 ? null : a % b),
        (a, b) => (b === 0n ? null : a % b),
      ),
    ),
  ],
  ["negate", strict(([value], context) => fit(-toBig(value!), -Number(value), context))],
  ["between", between],
  [
    "concat",
    strict((args, context) => args.map((arg, i) => textOf(arg, context.argTypes[i])).join("")),
  ],
  ["endswith", strict(folding(([text, end]) => text!.endsWith(end!)))],
  ["fold", strict(([text]) => foldCase(String(text)))],
  ["indexof", indexOf],
  ["length", strict(([text]) => String(text).length)],
  ["number", number],
  ["startswith", strict(folding(([text, start]) => text!.startsWith(start!)))],
  ["string", strict(([value], context) => textOf(value!, context.argTypes[0]))],
  [
    "stringcontains",
    strict(folding(([text, part]) => text !== "" && part !== "" && text!.includes(part!))),
  ],
  ["substring", substring],
]);

/** The text of a value, as `string()` and `concat()` make it. */
export function textOf(value: Scalar, type: ValueType | undefined): string {
  if (type === "date" && typeof value === "bigint") return formatIso(value);
  return String(value);
}

type Strict = (args: readonly Scalar[], context: CallContext) => Value;

/** Null if any argument is null. */
function strict(meaning: Strict): FunctionMeaning {
  return (args, context) => {
    if (args.includes(null)) return null;
    return meaning(args as readonly Scalar[], context);
  };
}

function folding(meaning: (args: readonly string[]) => Value): Strict {
  return (args, context) => {
    const texts = args.map(String);
    return meaning(context.insensitive ? texts.map(foldCase) : texts);
  };
}

function arithmetic(
  doubles: (a: number, b: number) => number | null,
  longs: (a: bigint, b: bigint) => bigint | null,
): Strict {
  return ([left, right], context) => {
    if (context.type === "long") {
      const result = longs(toBig(left!), toBig(right!));
      return result === null ? null : long(result);
    }
    const result = doubles(Number(left), Number(right));
    return result === null ? null : finite(result);
  };
}

function fit(asLong: bigint, asDouble: number, context: CallContext): Value {
  return context.type === "long" ? long(asLong) : finite(asDouble);
}

function toBig(value: Scalar): bigint {
  return typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(Number(value)) : 0n;
}

/** A long in its canonical form, or null where it does not fit 64 bits. */
export function long(value: bigint): number | bigint | null {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** Null for what is no number; minus zero becomes zero. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}

/** `between(source, left, right, greedy = false)`. */
function between(args: readonly Value[], context: CallContext): Value {
  const [source, left, right, greedy] = args;
  if (source == null || left == null || right == null || greedy === null) return null;
  const text = String(source);
  if (text === "") return "";
  const fold = context.insensitive ? foldCase : String;
  const haystack = fold(text);
  const start = haystack.indexOf(fold(String(left)));
  if (start === -1) return null;
  const from = start + String(left).length;
  const end =
    greedy === true
      ? haystack.lastIndexOf(fold(String(right)))
      : haystack.indexOf(fold(String(right)), from);
  return end < from ? null : text.slice(from, end);
}

/** `indexOf(source, part, start = 0)`; a null start is 0, a negative one too. */
function indexOf(args: readonly Value[], context: CallContext): Value {
  const [source, part, start] = args;
  if (source == null || part == null) return null;
  const fold = context.insensitive ? foldCase : String;
  const text = fold(String(source));
  const from = Math.max(0, Number(start ?? 0));
  if (from > text.length) return null;
  const at = text.indexOf(fold(String(part)), from);
  return at === -1 ? null : at;
}

/** `substring(source, start = 0, end = length)`; negative positions count from the end. */
function substring([source, start, end]: readonly Value[]): Value {
  if (source == null) return null;
  return String(source).slice(Number(start ?? 0), end == null ? undefined : Number(end));
}

/** `number(text, base = 10)`; `0x` makes it hexadecimal; null where the text is no number. */
function number([source, base]: readonly Value[]): Value {
  if (source == null) return null;
  const text = String(source).trim();
  const match = /^([+-]?)(0[xX])?(.+)$/.exec(text);
  if (match === null) return null;
  const radix = match[2] === undefined ? Number(base ?? 10) : 16;
  const digits = match[3]!;
  const negative = match[1] === "-";
  if (radix === 10 && /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits) && !/^\d+$/.test(digits)) {
    return finite(Number(text));
  }
  const whole = parseDigits(digits.toLowerCase(), radix);
  return whole === null ? null : long(negative ? -whole : whole);
}

function parseDigits(digits: string, radix: number): bigint | null {
  if (!Number.isInteger(radix) || radix < 2 || radix > 36) return null;
  // Longer texts can't fit 64 bits in any base; the bound keeps the work constant.
  if (digits.length > 64 + 16) return null;
  let value = 0n;
  for (const digit of digits) {
    const worth = Number.parseInt(digit, 36);
    if (Number.isNaN(worth) || worth >= radix) return null;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return value;
}
