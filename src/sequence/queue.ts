/** A first-in first-out queue whose items keep the number under which they were added. */

/** Numbers run from `first` (inclusive) to `end` (exclusive); adding and dropping is O(1). */
export class Queue<T> {
  #items: T[] = [];
  /** Index in `#items` of the first item. */
  #head = 0;
  #first = 0;

  /** The number of the oldest item; equal to `end` when the queue is empty. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next item gets. */
  get end(): number {
    return this.#first + this.length;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The item with that number; `first <= number < end`. */
  at(number: number): T {
    return this.#items[this.#head + number - this.#first]!;
  }

  /** The oldest item, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Removes the oldest item and returns it, or undefined. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#head += 1;
    this.#first += 1;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The items numbered `start` to `end` (exclusive), as a list of their own. */
  slice(start: number, end: number): T[] {
    const offset = this.#head - this.#first;
    return this.#items.slice(offset + start, offset + end);
  }
}
