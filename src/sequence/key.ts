/** Join keys: the tuples of values under which an event takes part in a sequence or sample. */
import type { KeyPlan } from "../ir/plan.ts";
import type { SequenceEvent } from "./contract.ts";

/** One tuple of join key values. */
export interface Key {
  /** Equal for equal tuples only; tells null from every text. */
  readonly id: string;
  readonly values: readonly (string | null)[];
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
  readonly #bySignature: Map<string, CachedKeys> = new Map();
  readonly #byPlans: Map<readonly KeyPlan[], CachedKeys> = new Map();

  /** At most `limit` combinations of one event. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  read(plans: readonly KeyPlan[], event: SequenceEvent): KeySet {
    const cached = this.#byPlans.get(plans) ?? this.#register(plans);
    if (cached.order !== event.order) {
      cached.order = event.order;
      cached.keys = this.#known(plans, cached, event);
    }
    return cached.keys;
  }

  /** The keys, which many events have in common with one before. */
  #known(plans: readonly KeyPlan[], cached: CachedKeys, event: SequenceEvent): KeySet {
    const number = numberOf(plans, event);
    if (number === -1) return keysOf(plans, event, this.#limit);
    if (cached.generation !== event.generation || cached.byNumber.size >= maxKnownKeys) {
      cached.byNumber.clear();
      cached.generation = event.generation;
    }
    let keys = cached.byNumber.get(number);
    if (keys === undefined) {
      keys = keysOf(plans, event, this.#limit);
      cached.byNumber.set(number, keys);
    }
    return keys;
  }

  #register(plans: readonly KeyPlan[]): CachedKeys {
    const signature = JSON.stringify(plans);
    const cached = this.#bySignature.get(signature) ?? {
      order: -1,
      keys: noKeys,
      generation: -1,
      byNumber: new Map<number, KeySet>(),
    };
    this.#bySignature.set(signature, cached);
    this.#byPlans.set(plans, cached);
    return cached;
  }
}

interface CachedKeys {
  /** Order of the event that they are of. */
  order: number;
  keys: KeySet;
  /** Keys by `numberOf` the event, of one generation of its texts. */
  generation: number;
  readonly byNumber: Map<number, KeySet>;
}

/** Keys that are remembered for one list of fields. */
const maxKnownKeys = 0x800;
/** Text ids below this can be packed into one number, two at a time. */
const packedIds = 0x4000000;

/** A number for the texts of at most two key fields, or -1. */
function numberOf(plans: readonly KeyPlan[], event: SequenceEvent): number {
  if (plans.length > 2) return -1;
  let number = 0;
  for (const { field, alwaysNull } of plans) {
    const id = alwaysNull ? 0 : event.textId(field);
    if (id < 0 || id >= packedIds) return -1;
    number = number * packedIds + id;
  }
  return number;
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
  if (values.length === 1) return { id: singleId(values[0]!), values };
  let id = "";
  for (const value of values) id += value === null ? "-" : `${value.length}:${value}`;
  return { id, values };
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
