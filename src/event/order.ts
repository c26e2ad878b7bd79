/** Brings events that come nearly in order into the order (time, arrival). */

/** What can be ordered. */
export interface Timed {
  /** ns since the epoch. */
  readonly timeNs: bigint;
}

/** Items that left the run and stay in its memory for a while. */
const keptItems = 1024;

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
  readonly #horizonNs: bigint | null;
  readonly #emit: Emit<T>;
  /** What came in order, from `#runFrom` on: nearly everything. */
  readonly #run: Held<T>[] = [];
  #runFrom: number = 0;
  /** All else: a binary heap by (time, arrival): the children of `i` are `2i + 1` and `2i + 2`. */
  readonly #heap: Held<T>[] = [];
  #watermarkNs: bigint | null = null;
  #arrivals = 0;

  /** `horizonNs >= 0n`; null where only `advance` and `flush` let items out. */
  constructor(horizonNs: bigint | null, emit: Emit<T>) {
    this.#horizonNs = horizonNs;
    this.#emit = emit;
  }

  /** Items held. */
  get size(): number {
    return this.#heap.length + this.#run.length - this.#runFrom;
  }

  /** The item that is emitted next; null where none is held. */
  get first(): T | null {
    return this.#first?.item ?? null;
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
    const held = { item, timeNs, arrival: this.#arrivals };
    this.#arrivals += 1;
    const last = this.#run[this.#run.length - 1];
    if (last === undefined || last.timeNs <= timeNs) this.#run.push(held);
    else this.#insert(held);
    if (this.#horizonNs !== null) this.advance(timeNs - this.#horizonNs);
  }

  /** Says that nothing older than `watermarkNs` is expected any more, and emits what is due by it. */
  advance(watermarkNs: bigint): void {
    if (this.#watermarkNs === null || watermarkNs > this.#watermarkNs) {
      this.#watermarkNs = watermarkNs;
    }
    for (let first = this.#first; first !== null; first = this.#first) {
      if (first.timeNs > this.#watermarkNs) return;
      this.#emitFirst(first);
    }
  }

  /** Emits everything. Items that come afterwards with an earlier time are late. */
  flush(): void {
    for (let first = this.#first; first !== null; first = this.#first) {
      const { timeNs } = first;
      if (this.#watermarkNs === null || timeNs > this.#watermarkNs) this.#watermarkNs = timeNs;
      this.#emitFirst(first);
    }
  }

  get #first(): Held<T> | null {
    const inRun = this.#run[this.#runFrom];
    const inHeap = this.#heap[0];
    if (inRun === undefined) return inHeap ?? null;
    return inHeap !== undefined && isBefore(inHeap, inRun) ? inHeap : inRun;
  }

  #emitFirst(first: Held<T>): void {
    if (first !== this.#run[this.#runFrom]) this.#removeFirst();
    else this.#leaveRun();
    this.#emit(first.item, first.timeNs);
  }

  #leaveRun(): void {
    this.#runFrom += 1;
    if (this.#runFrom === this.#run.length) this.#run.length = 0;
    else if (this.#runFrom < keptItems || this.#runFrom * 2 < this.#run.length) return;
    else this.#run.splice(0, this.#runFrom);
    this.#runFrom = 0;
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

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
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
