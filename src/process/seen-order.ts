/**
 * Which of the places was seen longest ago. Seeing one only writes a stamp; the oldest are looked up many at a
 * time, when one of them is asked for: what is seen after that can't be older than what was not looked up.
 */
import { assert } from "../base/assert.ts";

/** Stamps that are looked at to guess below which one an eighth of all lies. */
const sampleSize = 256;
const sampledShare = 8;

export class SeenOrder {
  readonly #maxStamp: number;
  /** By place: when it was seen last; 0 where it is not in the order. */
  #stamps: Int32Array = new Int32Array(64);
  #clock: number = 0;
  #newest: number = -1;
  /** Oldest first from `#next` on: pairs of a stamp and its place, packed. */
  #oldest: Float64Array = new Float64Array(0);
  #next: number = 0;

  /** From stamp `maxStamp` on, which is less than 2^31, all are numbered anew. */
  constructor(maxStamp = 0x40000000) {
    this.#maxStamp = maxStamp;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#stamps.byteLength + this.#oldest.byteLength;
  }

  /** The place is the newest from now on; it comes into the order if it was not there. */
  touch(place: number): void {
    if (place === this.#newest) return;
    if (place >= this.#stamps.length) this.#grow(place + 1);
    if (this.#clock === this.#maxStamp) this.#renumber();
    this.#newest = place;
    this.#clock += 1;
    this.#stamps[place] = this.#clock;
  }

  /** The place leaves the order. */
  drop(place: number): void {
    this.#stamps[place] = 0;
    if (this.#newest === place) this.#newest = -1;
  }

  /** The place that was seen longest ago; there must be one. */
  oldest(): number {
    const place = this.#waiting();
    if (place !== -1) return place;
    this.#gather(this.#threshold());
    const found = this.#waiting();
    assert(found !== -1, "an order of places has no oldest");
    return found;
  }

  /** The next of those looked up that was not seen since, or -1. */
  #waiting(): number {
    const span = this.#stamps.length;
    for (; this.#next < this.#oldest.length; this.#next += 1) {
      const packed = this.#oldest[this.#next]!;
      const place = packed % span;
      if (this.#stamps[place] === (packed - place) / span) return place;
    }
    return -1;
  }

  /** A stamp that some are not above. */
  #threshold(): number {
    const stamps = this.#stamps;
    const sample: number[] = [];
    const step = Math.max(1, Math.floor(stamps.length / sampleSize));
    for (let place = 0; place < stamps.length; place += step) {
      if (stamps[place] !== 0) sample.push(stamps[place]!);
    }
    sample.sort((a, b) => a - b);
    return sample[Math.floor(sample.length / sampledShare)] ?? this.#maxStamp;
  }

  /** Looks up all that are not above a stamp. */
  #gather(threshold: number): void {
    const stamps = this.#stamps;
    let count = 0;
    for (const stamp of stamps) if (stamp !== 0 && stamp <= threshold) count += 1;
    const packed = new Float64Array(count);
    let at = 0;
    for (let place = 0; place < stamps.length; place += 1) {
      const stamp = stamps[place]!;
      if (stamp === 0 || stamp > threshold) continue;
      packed[at] = stamp * stamps.length + place;
      at += 1;
    }
    this.#oldest = packed.sort();
    this.#next = 0;
  }

  #renumber(): void {
    this.#gather(this.#maxStamp);
    const span = this.#stamps.length;
    this.#clock = 0;
    for (const packed of this.#oldest) {
      this.#clock += 1;
      this.#stamps[packed % span] = this.#clock;
    }
    assert(this.#clock < this.#maxStamp, "more places than stamps");
    this.#forget();
  }

  #grow(places: number): void {
    const grown = new Int32Array(Math.max(this.#stamps.length * 2, places));
    grown.set(this.#stamps);
    this.#stamps = grown;
    this.#forget();
  }

  #forget(): void {
    this.#oldest = new Float64Array(0);
    this.#next = 0;
  }
}
