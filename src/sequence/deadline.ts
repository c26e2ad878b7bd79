/**
 * What has a deadline, soonest first. Most of it goes before its time comes near, so what is due later only
 * lies in a bucket of about a second, where adding and taking out are a step each; a heap sorts the bucket
 * whose time has come.
 */

/** Something with a deadline. Its place belongs to the queue. */
export interface Dated {
  /** The deadline under which it is queued, ns; stable while it is inside. */
  readonly queuedNs: bigint;
  /** Index in its bucket or in the heap; -1 while it is in none. */
  queueIndex: number;
  /** Number of the bucket that its deadline belongs to. */
  queueBucket: number;
}

/** Width of a bucket, ns. */
const bucketNs = 0x40000000;

/** `order` must be a total order by `queuedNs` first, stable while an item is inside. */
export class DeadlineQueue<T extends Dated> {
  /** Items of buckets up to `#nearest`. */
  readonly #near: Heap<T>;
  #nearest: number = Number.NEGATIVE_INFINITY;
  readonly #later: Map<number, T[]> = new Map();
  /** Numbers of the buckets in `#later`, the least first. */
  readonly #numbers: MinNumbers = new MinNumbers();
  /**
   * A time, in ns, before which nothing is due, infinite where nothing is inside: what is taken out may
   * leave it too early until something is asked for.
   */
  bound: number = Number.POSITIVE_INFINITY;

  constructor(order: (a: T, b: T) => number) {
    this.#near = new Heap(order);
  }

  add(item: T): void {
    const timeNs = Number(item.queuedNs);
    const bucket = Math.floor(timeNs / bucketNs);
    if (timeNs - slackNs < this.bound) this.bound = timeNs - slackNs;
    item.queueBucket = bucket;
    if (bucket <= this.#nearest) {
      this.#near.add(item);
      return;
    }
    let items = this.#later.get(bucket);
    if (items === undefined) {
      items = [];
      this.#later.set(bucket, items);
      this.#numbers.add(bucket);
    }
    item.queueIndex = items.length;
    items.push(item);
  }

  /** Takes out an item that is inside. */
  remove(item: T): void {
    if (item.queueBucket <= this.#nearest) {
      this.#near.remove(item);
      return;
    }
    const items = this.#later.get(item.queueBucket)!;
    const last = items.pop()!;
    if (last !== item) {
      items[item.queueIndex] = last;
      last.queueIndex = item.queueIndex;
    }
    item.queueIndex = -1;
  }

  /** The item with the least deadline, if that lies strictly before `timeNs`. */
  due(timeNs: bigint): T | undefined {
    const time = Number(timeNs);
    if (time < this.bound) return undefined;
    const bucket = Math.floor(time / bucketNs);
    for (let next = this.#numbers.least; next <= bucket; next = this.#numbers.least) {
      this.#numbers.removeLeast();
      const items = this.#later.get(next)!;
      this.#later.delete(next);
      this.#nearest = next;
      for (const item of items) this.#near.add(item);
    }
    const { first } = this.#near;
    if (first !== undefined && first.queuedNs < timeNs) return first;
    const soonest = first === undefined ? this.#numbers.least * bucketNs : Number(first.queuedNs);
    this.bound = soonest - slackNs;
    return undefined;
  }
}

/** Doubles near now are 256 ns apart: a deadline can lie a little before its double and its bucket. */
const slackNs = 1024;

/** A binary heap from which anything can be taken out again in O(log n). */
class Heap<T extends Dated> {
  readonly #items: T[] = [];
  readonly #order: (a: T, b: T) => number;

  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.queueIndex = this.#items.length;
    this.#items.push(item);
    this.#rise(item.queueIndex);
  }

  remove(item: T): void {
    const index = item.queueIndex;
    item.queueIndex = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[index] = last;
    last.queueIndex = index;
    this.#rise(index);
    this.#sink(last.queueIndex);
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#order(this.#items[index]!, this.#items[parent]!) >= 0) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      let least = index;
      for (let child = index * 2 + 1; child <= index * 2 + 2; child += 1) {
        if (child >= this.#items.length) break;
        if (this.#order(this.#items[child]!, this.#items[least]!) < 0) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const left = this.#items[a]!;
    const right = this.#items[b]!;
    this.#items[a] = right;
    this.#items[b] = left;
    right.queueIndex = a;
    left.queueIndex = b;
  }
}

/** Numbers, the least at hand: a binary heap. */
class MinNumbers {
  readonly #numbers: number[] = [];

  /** Infinite where there is none. */
  get least(): number {
    return this.#numbers[0] ?? Number.POSITIVE_INFINITY;
  }

  add(number: number): void {
    const numbers = this.#numbers;
    let at = numbers.length;
    numbers.push(number);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (numbers[parent]! <= number) break;
      numbers[at] = numbers[parent]!;
      at = parent;
    }
    numbers[at] = number;
  }

  removeLeast(): void {
    const numbers = this.#numbers;
    const number = numbers.pop();
    if (number === undefined || numbers.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= numbers.length) break;
      if (child + 1 < numbers.length && numbers[child + 1]! < numbers[child]!) child += 1;
      if (numbers[child]! >= number) break;
      numbers[at] = numbers[child]!;
      at = child;
    }
    numbers[at] = number;
  }
}
