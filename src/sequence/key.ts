/** Join keys: the tuples of values under which an event takes part in a sequence or sample. */
import type { KeyPlan } from "../ir/plan.ts";
import type { SequenceEvent } from "./contract.ts";

/** One tuple of join key values. */
export interface Key {
  /** Equal for equal tuples only; tells null from every text. */
  readonly id: string;
  readonly values: readonly (string | null)[];
  /** Of the table that it was looked up in last (key-table.ts): what it found, and when it found nothing. */
  holders: object | null;
  absentAt: number;
}

/** The tuples of one event, and how many more there would have been without the limit. */
export interface KeySet {
  /** In key order (`compareKeys`), each once. */
  readonly keys: readonly Key[];
  readonly cut: number;
}

/** Makes the keys of an event once for all steps and rules that join by the same fields. */
export class KeyReader {
  readonly #limit: number;
  readonly #bySignature: Map<string, EventKeys> = new Map();

  /** At most `limit` combinations of one event. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What reads the keys of events by these fields; the same for equal fields. */
  of(plans: readonly KeyPlan[]): EventKeys {
    const signature = JSON.stringify(plans);
    const known = this.#bySignature.get(signature) ?? new EventKeys(plans, this.#limit);
    this.#bySignature.set(signature, known);
    return known;
  }
}

/** The keys of events by one list of fields, which many events have in common with one before. */
export class EventKeys {
  readonly #plans: readonly KeyPlan[];
  readonly #limit: number;
  /** Order of the event that `#keys` are of. */
  #order: number = -1;
  #keys: KeySet = noKeys;
  /** Keys by the number of their event, of one generation of its texts. */
  readonly #byNumber: Map<number, KeySet> = new Map();
  #generation: number = -1;
  /** Small numbers for the ids of the first of three fields: mostly a host, of which there are few. */
  readonly #firsts: Map<number, number> = new Map();

  constructor(plans: readonly KeyPlan[], limit: number) {
    this.#plans = plans;
    this.#limit = limit;
  }

  read(event: SequenceEvent): KeySet {
    if (this.#order !== event.order) {
      this.#order = event.order;
      this.#keys = this.#find(event);
    }
    return this.#keys;
  }

  #find(event: SequenceEvent): KeySet {
    if (this.#generation !== event.generation || this.#byNumber.size >= maxKnownKeys) {
      this.#byNumber.clear();
      this.#firsts.clear();
      this.#generation = event.generation;
    }
    const number = this.#numberOf(event);
    if (number === -1) return keysOf(this.#plans, event, this.#limit);
    let keys = this.#byNumber.get(number);
    if (keys === undefined) {
      keys = keysOf(this.#plans, event, this.#limit);
      this.#byNumber.set(number, keys);
    }
    return keys;
  }

  /** A number for the values of at most three key fields, or -1. */
  #numberOf(event: SequenceEvent): number {
    const plans = this.#plans;
    const { length } = plans;
    const first = idOf(plans[0], event);
    if (first === -1 || length > 3) return -1;
    if (length < 2) return first;
    const second = idOf(plans[1], event);
    if (second === -1) return -1;
    if (length === 2) return first * packedIds + second;
    const third = idOf(plans[2], event);
    if (third === -1 || second >= smallIds || third >= smallIds) return -1;
    const small = this.#smallOf(first);
    return small === -1 ? -1 : (small * smallIds + second) * smallIds + third;
  }

  #smallOf(first: number): number {
    let small = this.#firsts.get(first);
    if (small === undefined) {
      small = this.#firsts.size;
      if (small === maxFirsts) return -1;
      this.#firsts.set(first, small);
    }
    return small;
  }
}

/** Keys that are remembered for one list of fields. */
const maxKnownKeys = 0x1000;
/** Ids below this can be packed into one number, two at a time. */
const packedIds = 0x4000000;
/** Two ids below this and one below `maxFirsts` can be packed into one number. */
const smallIds = 0x400000;
const maxFirsts = 0x200;

/** The number of a field's value, below `packedIds`, or -1; 0 without a field. */
function idOf(plan: KeyPlan | undefined, event: SequenceEvent): number {
  if (plan === undefined || plan.alwaysNull) return 0;
  const id = event.textId(plan.field);
  return id < packedIds ? id : -1;
}

const noKeys: KeySet = { keys: [], cut: 0 };

/**
 * Every combination of the values of the key fields, each once, the first `limit` of them in the
 * order of the event's values. A field without a value is null where its key is optional; else the
 * event takes no part.
 */
export function keysOf(plans: readonly KeyPlan[], event: SequenceEvent, limit: number): KeySet {
  if (plans.length === 1) {
    const values = valuesOf(plans[0]!, event);
    if (values.length === 0) return noKeys;
    if (values.length === 1) return { keys: [createKey(values)], cut: 0 };
  }
  const choices: (readonly (string | null)[])[] = [];
  let total = 1;
  for (const plan of plans) {
    const values = valuesOf(plan, event);
    if (values.length === 0) return noKeys;
    choices.push(values);
    total *= values.length;
  }
  if (total === 1) return { keys: [createKey(choices.map((values) => values[0]!))], cut: 0 };
  const count = Math.min(total, limit);
  const keys: Key[] = [];
  for (let i = 0; i < count; i += 1) keys.push(createKey(combination(choices, i)));
  return { keys: keys.sort(compareKeys), cut: total - count };
}

/** Position by position: null first, then by UTF-16 units. */
export function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < a.values.length; i += 1) {
    const left = a.values[i] ?? null;
    const right = b.values[i] ?? null;
    if (left === right) continue;
    if (left === null) return -1;
    if (right === null) return 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

export function createKey(values: readonly (string | null)[]): Key {
  if (values.length === 1) return noted(singleId(values[0]!), values);
  let id = "";
  for (const value of values) id += value === null ? "-" : `${value.length}:${value}`;
  return noted(id, values);
}

function noted(id: string, values: readonly (string | null)[]): Key {
  return { id, values, holders: null, absentAt: -1 };
}

/** The value itself wherever that can't be taken for null or for a text that was marked. */
function singleId(value: string | null): string {
  if (value === null) return "-";
  return value.startsWith("-") || value.startsWith("=") ? `=${value}` : value;
}

function valuesOf(plan: KeyPlan, event: SequenceEvent): readonly (string | null)[] {
  if (plan.alwaysNull) return [null];
  const texts = event.keyTexts(plan.field);
  if (texts.length === 0) return plan.optional ? [null] : [];
  return texts.length === 1 ? texts : [...new Set(texts)];
}

/** The combination with that number, where the last field's values vary fastest. */
function combination(
  choices: readonly (readonly (string | null)[])[],
  number: number,
): (string | null)[] {
  const values: (string | null)[] = new Array(choices.length).fill(null);
  let rest = number;
  for (let i = choices.length - 1; i >= 0; i -= 1) {
    const options = choices[i]!;
    values[i] = options[rest % options.length] ?? null;
    rest = Math.floor(rest / options.length);
  }
  return values;
}
