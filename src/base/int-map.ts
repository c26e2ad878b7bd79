/** A map from positive integers to integers that are not negative: two words an entry, nothing to collect. */

const startSlots = 64;
/** Words up to which a map that is full grows by four times, so that a new one seldom moves what it holds. */
const quickWords = 0x10000;
/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
export const hashFactor = 0x9e3779b1;

export class IntMap {
  /** Open addressing: pairs of a key (0 is free) and its value. At most half of the slots are taken. */
  #slots: Int32Array = new Int32Array(startSlots * 2);
  /** What a hash is shifted by to become the number of a slot. */
  #shift: number = 32 - Math.log2(startSlots);
  #size: number = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** The value of `key`, `0 < key < 2^31`; -1 where it has none. */
  get(key: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (Math.imul(key, hashFactor) >>> this.#shift) << 1;
    for (; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] === key) return slots[slot + 1]!;
    }
    return -1;
  }

  set(key: number, value: number): void {
    const slots = this.#slots;
    const slot = this.#slotOf(slots, key);
    slots[slot + 1] = value;
    if (slots[slot] === key) return;
    slots[slot] = key;
    this.#size += 1;
    if (this.#size * 4 > slots.length) this.#grow();
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#slots = new Int32Array(startSlots * 2);
    this.#shift = 32 - Math.log2(startSlots);
  }

  /** Where `key` is, or can be put. */
  #slotOf(slots: Int32Array, key: number): number {
    const mask = slots.length - 1;
    let slot = (Math.imul(key, hashFactor) >>> this.#shift) << 1;
    while (slots[slot] !== 0 && slots[slot] !== key) slot = (slot + 2) & mask;
    return slot;
  }

  #grow(): void {
    const known = this.#slots;
    const doublings = known.length <= quickWords ? 2 : 1;
    const slots = new Int32Array(known.length << doublings);
    this.#shift -= doublings;
    for (let i = 0; i < known.length; i += 2) {
      const key = known[i]!;
      if (key === 0) continue;
      const slot = this.#slotOf(slots, key);
      slots[slot] = key;
      slots[slot + 1] = known[i + 1]!;
    }
    this.#slots = slots;
  }
}
