/** Sizes as people write them. */

const mebibyte = 0x100000;

const unitBytes: ReadonlyMap<string, number> = new Map([
  ["", mebibyte],
  ["k", 0x400],
  ["m", mebibyte],
  ["g", 0x40000000],
]);

/**
 * The bytes of a size such as `64MB`, `512K` or `2 GiB`, in powers of 1024; a number alone counts MiB, as in other flags. Null
 * where it is none.
 */
export function parseSize(text: string): number | null {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,6})?) ?(?:([kmg])(?:i?b)?)?$/i.exec(text) ?? [];
  if (number === undefined) return null;
  return Math.floor(Number(number) * unitBytes.get((unit ?? "").toLowerCase())!);
}
