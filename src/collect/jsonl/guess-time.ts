/**
 * Guesses when an event happened from its text alone, without reading the rest of it: far faster than reading
 * it, and right for nearly all logs. Whoever relies on a guess must see it confirmed.
 */
import { parseIso } from "../../base/time.ts";

/** Where times go: ns since the epoch, and the same memory as words (low, high). */
export interface TimeCells {
  readonly longs: BigInt64Array;
  readonly words: Int32Array;
}

export function createTimeCells(length: number): TimeCells {
  const longs = new BigInt64Array(length);
  return { longs, words: new Int32Array(longs.buffer) };
}

const key = '"@timestamp"';
const keyBytes = new TextEncoder().encode(key);
const keyLength = keyBytes.length;
const [quote, backslash, colon, space, dot] = [0x22, 0x5c, 0x3a, 0x20, 0x2e];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [zero, minus, letterT, letterZ] = [0x30, 0x2d, 0x54, 0x5a];
/** Units of texts of dates: `2026-01-02T03:04:05`; of the longest with an offset. */
const secondsLength = 19;
const longestText = 40;
/** Digits of ms since the epoch that are exact. */
const exactDigits = 15;
const nsPerSecond = 1_000_000_000;
/** Of times that 64 bits can hold, those up to about here. */
const latestSeconds = 9_000_000_000;
const wordSpan = 0x100000000;
const fractionUnits = [
  0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1,
] as const;

/** Guesses times of the lines of one piece of memory after the other. */
export class TimeGuesser {
  #bytes: Buffer = Buffer.alloc(0);
  /** The first key from `#searched` on; -1 where there is none. */
  #found: number = -1;
  #searched: number = 0;
  /** The date of the last time, as a number of its digits, and when it began in s since the epoch. */
  #date: number = -1;
  #midnight: number = 0;

  /** The lines that are asked for next lie here; they are best asked for in ascending order. */
  begin({ buffer, byteOffset, length }: Uint8Array): void {
    this.#bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
    this.#found = -1;
    this.#searched = length;
  }

  /** Writes the time of the line `[start, end)` to `cells`; false where there is nothing to guess it from. */
  guess(start: number, end: number, cells: TimeCells, index: number): boolean {
    const at = this.#valueIn(start, end);
    return at !== -1 && this.#readValue(at, end, cells, index);
  }

  /** Where the value of `@timestamp` begins; -1 where none is to be seen. */
  #valueIn(start: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === openBrace && this.#isKey(start + 1)) {
      return this.#valueAfter(start + 1 + keyLength);
    }
    const last = this.#lastValue(end);
    if (last !== -1) return last;
    const first = this.#search(start);
    if (first === -1 || first >= end) return -1;
    const second = bytes.indexOf(key, first + keyLength, "latin1");
    const isOnly = second === -1 || second >= end;
    const at = isOnly ? first : this.#outerKey(start, end);
    return at === -1 ? -1 : this.#valueAfter(at + keyLength);
  }

  /** The value of the last member if that is a text; its object is the one that ends with the line. */
  #lastValue(end: number): number {
    const bytes = this.#bytes;
    if (bytes[end - 1] !== closeBrace || bytes[end - 2] !== quote) return -1;
    for (let at = end - 3; at > end - longestText; at -= 1) {
      if (bytes[at] !== quote) continue;
      let before = at - 1;
      if (bytes[before] === space) before -= 1;
      return bytes[before] === colon && this.#isKey(before - keyLength) ? at : -1;
    }
    return -1;
  }

  #isKey(at: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < keyLength; i += 1) if (bytes[at + i] !== keyBytes[i]) return false;
    return true;
  }

  #valueAfter(keyEnd: number): number {
    const bytes = this.#bytes;
    let at = keyEnd;
    if (bytes[at] === space) at += 1;
    if (bytes[at] !== colon) return -1;
    at += 1;
    return bytes[at] === space ? at + 1 : at;
  }

  /** The first key from `start` on, be it in a later line; lines without one cost no search each. */
  #search(start: number): number {
    const isKnown = start >= this.#searched && (this.#found === -1 || this.#found >= start);
    if (!isKnown) {
      this.#found = this.#bytes.indexOf(key, start, "latin1");
      this.#searched = start;
    }
    return this.#found;
  }

  /** Of several keys on a line the first that is the event's own, and no one's within it. */
  #outerKey(start: number, end: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === quote) {
        if (depth === 1 && this.#isKey(at)) return at;
        at += 1;
        while (at < end && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
      } else if (byte === openBrace || byte === openBracket) depth += 1;
      else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    }
    return -1;
  }

  #readValue(at: number, end: number, cells: TimeCells, index: number): boolean {
    const bytes = this.#bytes;
    if (bytes[at] !== quote) return this.#readMs(at, end, cells, index);
    if (this.#readUsual(at + 1, cells, index)) return true;
    const close = bytes.indexOf(quote, at + 1);
    if (close === -1 || close >= end || close - at > longestText) return false;
    const timeNs = parseIso(bytes.toString("latin1", at + 1, close));
    if (timeNs === null) return false;
    cells.longs[index] = timeNs;
    return true;
  }

  /** `2026-01-02T03:04:05.678901234Z`, after its quote. */
  #readUsual(at: number, cells: TimeCells, index: number): boolean {
    const bytes = this.#bytes;
    if (bytes[at + 4] !== minus || bytes[at + 10] !== letterT || bytes[at + 13] !== colon) {
      return false;
    }
    const seconds = this.#secondsAt(at);
    let fraction = 0;
    let next = at + secondsLength;
    if (bytes[next] === dot) {
      next += 1;
      const first = next;
      if (!isDigit(bytes[first]!)) return false;
      for (; isDigit(bytes[next]!) && next < first + 9; next += 1) {
        fraction = fraction * 10 + bytes[next]! - zero;
      }
      fraction *= fractionUnits[next - first]!;
    }
    if (bytes[next] !== letterZ || bytes[next + 1] !== quote) return false;
    return writeTime(seconds, fraction, cells.words, index);
  }

  /** Seconds since the epoch of `2026-01-02T03:04:05`; negative where that is none or too long ago. */
  #secondsAt(at: number): number {
    const bytes = this.#bytes;
    const [hour, minute] = [twoDigits(bytes, at + 11), twoDigits(bytes, at + 14)];
    const second = twoDigits(bytes, at + 17);
    if (!(hour < 24 && minute < 60 && second < 60)) return -1;
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
    const date = (year * 100 + twoDigits(bytes, at + 5)) * 100 + twoDigits(bytes, at + 8);
    if (date !== this.#date) {
      const midnight = parseIso(`${bytes.toString("latin1", at, at + 10)}T00:00:00Z`);
      if (midnight === null) return -1;
      this.#date = date;
      this.#midnight = Number(midnight / 1_000_000_000n);
    }
    return this.#midnight + hour * 3600 + minute * 60 + second;
  }

  /** A number of ms. */
  #readMs(at: number, end: number, cells: TimeCells, index: number): boolean {
    const bytes = this.#bytes;
    let ms = 0;
    let next = at;
    for (; next < end && isDigit(bytes[next]!); next += 1) ms = ms * 10 + bytes[next]! - zero;
    const isWhole = bytes[next] !== dot && ((bytes[next] ?? 0) | 0x20) !== 0x65;
    if (next === at || next - at > exactDigits || !isWhole) return false;
    return writeTime(Math.floor(ms / 1000), (ms % 1000) * 1_000_000, cells.words, index);
  }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte < zero + 10;
}

/** The number of two digits; 100 or more where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]!, bytes[at + 1]!];
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + ones - zero : 1_000_000;
}

/** Writes a time as two words, without making a long of it; false where it has no room there. */
function writeTime(seconds: number, fraction: number, words: Int32Array, index: number): boolean {
  if (seconds < 0 || seconds > latestSeconds) return false;
  const low = (Math.imul(seconds, nsPerSecond) + fraction) | 0;
  // The product is inexact by less than half a unit of the high word.
  const high = Math.round((seconds * nsPerSecond + fraction - (low >>> 0)) / wordSpan);
  words[index * 2] = low;
  words[index * 2 + 1] = high;
  return true;
}
