/** A map that holds at most so many entries; beyond that, the one that was set longest ago is forgotten. */
export class BoundedMap<K, V> {
  readonly #entries: Map<K, V> = new Map();
  readonly #limit: number;

  /** `limit` is at least 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) {
      this.#entries.delete(this.#entries.keys().next().value as K);
    }
    this.#entries.set(key, value);
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }
}
