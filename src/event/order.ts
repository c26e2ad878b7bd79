/** Brings events that come nearly in order into the order (time, arrival). */

/** What can be ordered. */
export interface Timed {
  /** ns since the epoch. */
  readonly timeNs: bigint;
}

/** Takes an item in its turn; `timeNs` is its time, or the watermark's if it came late. */
export type Emit<T> = (item: T, timeNs: bigint) => void;

/**
 * Holds items until the greatest time seen is a horizon past them. What is emitted never goes
 * back in time: an item older than the watermark (greatest time less horizon, or what `advance` said)
 * is late, and takes the watermark's time.
 */
export class ReorderBuffer<T extends Timed> {
  /** Items that came late so far. */
  late = 0;
  readonly #horizonNs: bigint;
  readonly #emit: Emit<T>;
  /** Binary heap by (time, arrival): the children of `i` are `2i + 1` and `2i + 2`. */
  readonly #heap: Held<T>[] = [];
  #watermarkNs: bigint | null = null;
  #arrivals = 0;

  /** `horizonNs >= 0n`. */
  constructor(horizonNs: bigint, emit: Emit<T>) {
    this.#horizonNs = horizonNs;
    this.#emit = emit;
  }

  /** Items held. */
  get size(): number {
    return this.#heap.length;
  }

  /** The item that is emitted next; null where none is held. */
  get first(): T | null {
    return this.#heap[0]?.item ?? null;
  }

  /** The time before which every item is late, ns; null before the first item. */
  get watermarkNs(): bigint | null {
    return this.#watermarkNs;
  }

  /** Takes an item in, and emits what is due by it. */
  push(item: T): void {
    let { timeNs } = item;
    if (this.#watermarkNs !== null && timeNs < this.#watermarkNs) {
      this.late += 1;
      timeNs = this.#watermarkNs;
    }
    this.#insert({ item, timeNs, arrival: this.#arrivals });
    this.#arrivals += 1;
    this.advance(timeNs - this.#horizonNs);
  }

  /** Says that nothing older than `watermarkNs` is expected any more, and emits what is due by it. */
  advance(watermarkNs: bigint): void {
    if (this.#watermarkNs === null || watermarkNs > this.#watermarkNs) {
      this.#watermarkNs = watermarkNs;
    }
    while (this.#heap.length > 0 && this.#heap[0]!.timeNs <= this.#watermarkNs) this.#emitFirst();
  }

  /** Emits everything. Items that come afterwards with an earlier time are late. */
  flush(): void {
    while (this.#heap.length > 0) {
      const { timeNs } = this.#heap[0]!;
      if (this.#watermarkNs === null || timeNs > this.#watermarkNs) this.#watermarkNs = timeNs;
      this.#emitFirst();
    }
  }

  #emitFirst(): void {
    const { item, timeNs } = this.#removeFirst();
    this.#emit(item, timeNs);
  }

  #insert(held: Held<T>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(held);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(held, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = held;
  }

  #removeFirst(): Held<T> {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

interface Held<T> {
  readonly item: T;
  readonly timeNs: bigint;
  readonly arrival: number;
}

function isBefore<T>(a: Held<T>, b: Held<T>): boolean {
  return a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.arrival < b.arrival);
}
