/** Reads the usual form of a timestamp, `2026-01-02T03:04:05.678901234Z`, from bytes. */

const [zero, nine, dash, colon, dot] = [0x30, 0x39, 0x2d, 0x3a, 0x2e];
const [upperT, upperZ] = [0x54, 0x5a];

/** Days before each month in a year that is not a leap year. */
const daysBefore: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** Days of each month in such a year. */
const daysIn: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** One reader remembers the second it read last: neighbouring events share it more often than not. */
export class TimeReader {
  #second: number = -1;
  #secondNs: bigint = 0n;

  /**
   * ns since the epoch of `bytes[start, end)`, or null where it has another form or is no time (the
   * 29th of February is left to the general reader): then nothing is said about it.
   */
  read(bytes: Uint8Array, start: number, end: number): bigint | null {
    const length = end - start;
    if (length < 20 || length > 30 || bytes[end - 1] !== upperZ) return null;
    if (bytes[start + 4] !== dash || bytes[start + 7] !== dash) return null;
    if (bytes[start + 10] !== upperT || bytes[start + 13] !== colon) return null;
    if (bytes[start + 16] !== colon) return null;
    const year = digits(bytes, start, 4);
    const month = digits(bytes, start + 5, 2);
    const day = digits(bytes, start + 8, 2);
    const hour = digits(bytes, start + 11, 2);
    const minute = digits(bytes, start + 14, 2);
    const second = digits(bytes, start + 17, 2);
    if (year < 1970 || year > 2199 || month < 1 || month > 12) return null;
    if (day < 1 || day > daysIn[month - 1]!) return null;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
      return null;
    const fraction = fractionNs(bytes, start + 19, end - 1);
    if (fraction < 0) return null;
    const seconds = dayNumber(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#secondNs = BigInt(seconds) * 1_000_000_000n;
    }
    return fraction === 0 ? this.#secondNs : this.#secondNs + BigInt(fraction);
  }
}

/** The number of `count` digits, or -1 (or less) where one is none. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i += 1) {
    const byte = bytes[i]!;
    if (byte < zero || byte > nine) return -1;
    value = value * 10 + byte - zero;
  }
  return value;
}

/** `.678` up to nine digits, in ns; 0 for nothing, -1 for anything else. */
function fractionNs(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  const count = end - start - 1;
  if (bytes[start] !== dot || count < 1 || count > 9) return -1;
  const value = digits(bytes, start + 1, count);
  return value < 0 ? -1 : value * 10 ** (9 - count);
}

/** Days since 1970-01-01, for years 1970 to 2199. */
function dayNumber(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const leapDay = isLeap && month > 2 ? 1 : 0;
  // Up to the end of 1969 there were 477 leap days.
  return (year - 1970) * 365 + leapDays - 477 + daysBefore[month - 1]! + leapDay + day - 1;
}
