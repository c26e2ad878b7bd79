/** A heap of what has a deadline, from which anything can be taken out again in O(log n). */

/** Something with a deadline; `heapIndex` belongs to the heap, -1 while it is in none. */
export interface Dated {
  heapIndex: number;
}

/** A binary heap; `order` must be a total order that is stable while an item is inside. */
export class DeadlineHeap<T extends Dated> {
  readonly #items: T[] = [];
  readonly #order: (a: T, b: T) => number;

  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  /** The least item, or undefined. */
  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.heapIndex = this.#items.length;
    this.#items.push(item);
    this.#rise(item.heapIndex);
  }

  /** Takes out an item that is inside. */
  remove(item: T): void {
    const index = item.heapIndex;
    item.heapIndex = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[index] = last;
    last.heapIndex = index;
    this.#rise(index);
    this.#sink(last.heapIndex);
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
    right.heapIndex = a;
    left.heapIndex = b;
  }
}
