/** Which roots to look at, by class and profile of a row: lists of numbers one after the other in one piece of memory. */

const startProfiles = 64;
const startClasses = 16;
const startRoots = 64;

export class RootLists {
  /** A list is its length and then its roots. */
  roots: Int32Array = new Int32Array(startRoots);
  /** The list at 0 is empty, as most are. */
  #filled: number = 1;
  /** Where the list is, plus 1; 0 where there is none yet. By class, `#profiles` each. */
  #places: Int32Array = new Int32Array(0);
  #profiles: number = 0;

  /** Bytes that it holds. */
  get bytes(): number {
    return this.roots.byteLength + this.#places.byteLength;
  }

  /** Where the list begins in `roots`; -1 where it was not added yet. */
  find(rowClass: number, profile: number): number {
    const at = rowClass * this.#profiles + profile;
    return profile < this.#profiles && at < this.#places.length ? this.#places[at]! - 1 : -1;
  }

  /** Adds the first `count` of `from`; returns where they are. */
  add(rowClass: number, profile: number, from: Int32Array, count: number): number {
    this.#makePlace(rowClass, profile);
    let at = 0;
    if (count > 0) {
      at = this.#filled;
      this.#filled += count + 1;
      if (this.#filled > this.roots.length) this.roots = grown(this.roots, this.#filled * 2);
      this.roots[at] = count;
      this.roots.set(from.subarray(0, count), at + 1);
    }
    this.#places[rowClass * this.#profiles + profile] = at + 1;
    return at;
  }

  /** Forgets all lists. */
  clear(): void {
    this.#filled = 1;
    this.#places = new Int32Array(0);
    this.#profiles = 0;
    this.roots = new Int32Array(startRoots);
  }

  #makePlace(rowClass: number, profile: number): void {
    if (profile >= this.#profiles) this.#widen(Math.max(startProfiles, (profile + 1) * 2));
    const wanted = (rowClass + 1) * this.#profiles;
    if (wanted <= this.#places.length) return;
    this.#places = grown(this.#places, Math.max(startClasses * this.#profiles, wanted * 2));
  }

  /** Moves all places apart, so that each class has room for more profiles. */
  #widen(profiles: number): void {
    const known = this.#profiles;
    const classes = known === 0 ? 0 : this.#places.length / known;
    const places = new Int32Array(classes * profiles);
    for (let i = 0; i < classes; i += 1) {
      places.set(this.#places.subarray(i * known, (i + 1) * known), i * profiles);
    }
    this.#places = places;
    this.#profiles = profiles;
  }
}

function grown(numbers: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(numbers);
  return larger;
}
