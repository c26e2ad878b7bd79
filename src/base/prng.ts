/** Seeded random numbers that are the same everywhere: for tests, simulation and generated events. */
import { assert } from "./assert.ts";

/** A small fast counting generator (SFC32: Doty-Humphrey's PractRand family) seeded from one number. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    let state = seed >>> 0;
    const spread = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    for (let i = 0; i < 12; i += 1) this.u32();
  }

  /** A whole number, `0 <= n < 2^32`. */
  u32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A number with 32 random bits, `0 <= x < 1`. */
  float(): number {
    return this.u32() / 0x100000000;
  }

  /** A whole number, `0 <= n < bound`; `1 <= bound <= 2^32`. */
  int(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= 0x100000000, `bad bound ${bound}`);
    return Math.floor(this.float() * bound);
  }

  /** One of `items`, which has at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }
}
