/** Numbers of places by hash: two words an entry. Several places may have one hash; the caller knows which one it means. */

const startSlots = 64;
/** Of eight slots, how many are taken at most: so that twice as many slots as places are enough. */
const fullEighths = 5;

export class PlaceIndex {
  /** Open addressing: pairs of a hash and the place plus one; 0 is free. */
  #slots: Int32Array = new Int32Array(startSlots * 2);
  /** What a hash is shifted by to become the number of a slot. */
  #shift: number = 32 - Math.log2(startSlots);
  #size: number = 0;
  /** Where `next` goes on. */
  #cursor: number = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** A place with that hash, a word whose upper bits must be well mixed; -1 where there is none. */
  first(hash: number): number {
    return this.#seek(hash, (hash >>> this.#shift) << 1);
  }

  /** Another place with the hash that `first` was asked for, or -1; nothing may have changed since. */
  next(hash: number): number {
    return this.#seek(hash, (this.#cursor + 2) & (this.#slots.length - 1));
  }

  add(hash: number, place: number): void {
    this.#put(this.#slots, hash, place + 1);
    this.#size += 1;
    if (this.#size * 16 > this.#slots.length * fullEighths) this.#grow();
  }

  /** Puts another place where `place` was, which must be there. */
  replace(hash: number, place: number, other: number): void {
    const slot = this.#slotOf(hash, place);
    if (slot !== -1) this.#slots[slot + 1] = other + 1;
  }

  /** Takes the place out, if it is there. */
  remove(hash: number, place: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let free = this.#slotOf(hash, place);
    if (free === -1) return;
    this.#size -= 1;
    // What follows moves up, unless it would come before where its hash belongs.
    for (let slot = (free + 2) & mask; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      const home = (slots[slot]! >>> this.#shift) << 1;
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      slots[free] = slots[slot]!;
      slots[free + 1] = slots[slot + 1]!;
      free = slot;
    }
    slots[free + 1] = 0;
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#slots = new Int32Array(startSlots * 2);
    this.#shift = 32 - Math.log2(startSlots);
  }

  #seek(hash: number, from: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = from; ; slot = (slot + 2) & mask) {
      const entry = slots[slot + 1]!;
      if (entry === 0) return -1;
      if (slots[slot] === hash) {
        this.#cursor = slot;
        return entry - 1;
      }
    }
  }

  #slotOf(hash: number, place: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash >>> this.#shift) << 1;
    for (; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] === hash && slots[slot + 1] === place + 1) return slot;
    }
    return -1;
  }

  #put(slots: Int32Array, hash: number, entry: number): void {
    const mask = slots.length - 1;
    let slot = (hash >>> this.#shift) << 1;
    while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
    slots[slot] = hash;
    slots[slot + 1] = entry;
  }

  #grow(): void {
    const known = this.#slots;
    const slots = new Int32Array(known.length * 2);
    this.#shift -= 1;
    for (let i = 0; i < known.length; i += 2) {
      if (known[i + 1] !== 0) this.#put(slots, known[i]!, known[i + 1]!);
    }
    this.#slots = slots;
  }
}
