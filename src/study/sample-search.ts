/**
 * `sample` over a whole input: for each key that every filter has, in ascending order with null
 * first, distinct events, one per filter, chosen by backtracking in event order.
 */
import { forEachBit } from "../base/bitset.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import { RowEvent } from "../engine/row-event.ts";
import type { Batch } from "../event/batch.ts";
import type { KeyPlan, SamplePlan } from "../ir/plan.ts";
import type { Evaluator } from "../predicate/contract.ts";
import type { Schema } from "../schema/schema.ts";
import type { QueryItem } from "./item.ts";

type Key = readonly (string | null)[];

interface Candidate {
  readonly order: number;
  readonly json: string;
}

interface KeyedCandidates {
  readonly key: Key;
  /** By filter, in event order. */
  readonly filters: readonly Candidate[][];
}

export class SampleSearch {
  readonly #plan: SamplePlan;
  readonly #evaluator: Evaluator;
  readonly #schema: Schema;
  readonly #event: RowEvent = new RowEvent();
  readonly #found: Map<string, KeyedCandidates> = new Map();
  #rows: number = 0;

  constructor(plan: SamplePlan, evaluator: Evaluator, schema: Schema) {
    this.#plan = plan;
    this.#evaluator = evaluator;
    this.#schema = schema;
  }

  process(batch: Batch): void {
    this.#evaluator.begin(batch);
    this.#event.begin(batch);
    for (const [filter, { predicate, keys }] of this.#plan.filters.entries()) {
      forEachBit(this.#evaluator.evaluate(predicate), (row) => {
        this.#event.move(row, this.#rows + row);
        for (const key of this.#keys(keys)) this.#add(filter, key);
      });
    }
    this.#rows += batch.count;
  }

  /** All samples, at most `perKey` for a key. */
  finish(perKey: number): QueryItem[] {
    return [...this.#found.values()]
      .filter(({ filters }) => filters.every((candidates) => candidates.length > 0))
      .sort((a, b) => this.#compareKeys(a.key, b.key))
      .flatMap(({ key, filters }) =>
        samples(filters, perKey).map((events) => ({ events, keys: key, summary: null })),
      );
  }

  #add(filter: number, key: Key): void {
    const text = JSON.stringify(key);
    const entry = this.#found.get(text) ?? { key, filters: this.#plan.filters.map(() => []) };
    entry.filters[filter]!.push({ order: this.#event.order, json: this.#event.evidence() });
    this.#found.set(text, entry);
  }

  /** Every combination of the event's key values. */
  #keys(plans: readonly KeyPlan[]): Key[] {
    let keys: Key[] = [[]];
    for (const plan of plans) {
      const texts = plan.alwaysNull ? [] : [...new Set(this.#event.keyTexts(plan.field))];
      const values = texts.length > 0 ? texts : plan.optional ? [null] : [];
      keys = keys.flatMap((key) => values.map((value) => [...key, value]));
    }
    return keys;
  }

  #compareKeys(a: Key, b: Key): number {
    for (const [index, left] of a.entries()) {
      const order = this.#compareKey(left, b[index]!, index);
      if (order !== 0) return order;
    }
    return 0;
  }

  #compareKey(left: string | null, right: string | null, index: number): number {
    if (left === null || right === null) return Number(left !== null) - Number(right !== null);
    const { field, alwaysNull } = this.#plan.filters[0]!.keys[index]!;
    const type = alwaysNull ? "keyword" : this.#schema.field(field).type;
    if (type === "long" || type === "double") return Number(left) - Number(right);
    return compareByCodePoint(left, right);
  }
}

/** Up to `count` different choices of distinct events, one per filter. */
function samples(filters: readonly Candidate[][], count: number): string[][] {
  const found: string[][] = [];
  const chosen: Candidate[] = [];
  const choose = (filter: number): void => {
    if (filter === filters.length) {
      found.push(chosen.map((candidate) => candidate.json));
      return;
    }
    for (const candidate of filters[filter]!) {
      if (found.length >= count) return;
      if (chosen.some((other) => other.order === candidate.order)) continue;
      chosen.push(candidate);
      choose(filter + 1);
      chosen.pop();
    }
  };
  choose(0);
  return found;
}
