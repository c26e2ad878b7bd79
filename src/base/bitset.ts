/**
 * A bitmap: bit `i` lives in word `i >>> 5` at position `i & 31`. A batch bitmap has
 * 1,024 bits in 32 words, so that one predicate's answer for a batch is 128 bytes.
 */

/** Words of 32 bits, lowest bit first. */
export type Bitmap = Uint32Array;

/** An empty bitmap with room for `bits` bits. */
export function createBitmap(bits: number): Bitmap {
  return new Uint32Array((bits + 31) >>> 5);
}

export function setBit(map: Bitmap, index: number): void {
  map[index >>> 5]! |= 0x1 << (index & 31);
}

export function hasBit(map: Bitmap, index: number): boolean {
  return (map[index >>> 5]! & (0x1 << (index & 31))) !== 0;
}

/** Sets the first `count` bits and clears the rest. */
export function fillFirst(map: Bitmap, count: number): void {
  const whole = count >>> 5;
  map.fill(0xffffffff, 0, whole);
  map.fill(0, whole);
  if ((count & 31) !== 0) map[whole] = 2 ** (count & 31) - 1;
}

export function isEmpty(map: Bitmap): boolean {
  for (let i = 0; i < map.length; i += 1) if (map[i] !== 0) return false;
  return true;
}

export function countBits(map: Bitmap): number {
  let count = 0;
  for (let i = 0; i < map.length; i += 1) {
    let word = map[i]!;
    for (; word !== 0; count += 1) word &= word - 1;
  }
  return count;
}

/** The first set bit; -1 where none is. */
export function firstBit(map: Bitmap): number {
  for (let i = 0; i < map.length; i += 1) {
    const word = map[i]!;
    if (word !== 0) return (i << 5) + 31 - Math.clz32(word & -word);
  }
  return -1;
}

/** Calls `visit` with the index of each set bit, ascending. */
export function forEachBit(map: Bitmap, visit: (index: number) => void): void {
  for (let i = 0; i < map.length; i += 1) {
    let word = map[i]!;
    while (word !== 0) {
      const low = word & -word;
      visit((i << 5) + 31 - Math.clz32(low));
      word ^= low;
    }
  }
}
