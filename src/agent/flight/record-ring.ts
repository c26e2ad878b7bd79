/**
 * The last records of a stream, as bytes in one piece of memory of fixed size; the oldest go when a new one needs
 * their room. A record is
 *
 * ```
 *  0   4  bytes of its text; `skipped` where what follows, up to the end of the memory, holds nothing
 *  8   8  its time, ns since the epoch
 * 16      its JSON text as UTF-8, filled up to a multiple of 16
 * ```
 */
import { Buffer } from "node:buffer";

const headBytes = 16;
const skipped = 0xffffffff;
/** A UTF-16 unit has at most so many bytes of UTF-8. */
const unitBytes = 3;
/** A text that may take less than this part of the ring is not measured before it is written. */
const smallPart = 64;

/** Where a record lies: its text is `bytes[start, end)`, until records are added. */
export interface RingRecord {
  /** Counted from 0 over all records that were ever added. */
  readonly number: number;
  readonly timeNs: bigint;
  readonly start: number;
  readonly end: number;
}

export class RecordRing {
  /** What it takes, all told. */
  readonly sizeBytes: number;
  readonly bytes: Buffer;
  /** Numbers of the oldest record that is held and of the next one that comes. */
  first: number = 0;
  next: number = 0;
  /** Bytes that records have taken since the beginning. */
  writtenBytes: number = 0;
  readonly #words: Uint32Array;
  readonly #times: BigInt64Array;
  /** Where the next record goes, and where the oldest one lies; the same where there is none or no room. */
  #head = 0;
  #tail = 0;

  /** `sizeBytes` is rounded down to a multiple of 16. The system gives the memory when it is first used. */
  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes - (sizeBytes % headBytes);
    const memory = new ArrayBuffer(this.sizeBytes);
    this.bytes = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
    this.#times = new BigInt64Array(memory);
  }

  /** Records that are held. */
  get count(): number {
    return this.next - this.first;
  }

  /** Takes a record, whose text may come in parts; false, with nothing changed, where it is larger than the ring. */
  add(json: string | readonly string[], timeNs: bigint): boolean {
    const parts = typeof json === "string" ? [json] : json;
    const needed = headBytes + aligned(this.#roomFor(parts));
    if (needed > this.sizeBytes) return false;
    const at = this.#makeRoom(needed);
    let end = at + headBytes;
    for (const part of parts) end += this.bytes.write(part, end, "utf8");
    const written = end - at - headBytes;
    this.#words[at >>> 2] = written;
    this.#times[(at + 8) >>> 3] = timeNs;
    const taken = headBytes + aligned(written);
    this.#head = at + taken;
    this.writtenBytes += taken;
    this.next += 1;
    return true;
  }

  /** The records from `number` on, at most `max`, oldest first. Nothing may be added while they are read. */
  *records(number: number, max: number = Number.POSITIVE_INFINITY): Generator<RingRecord> {
    let at = this.#tail;
    let left = max;
    for (let i = this.first; i < this.next && left > 0; i += 1) {
      if (i > this.first) at = this.#after(at);
      if (i < number) continue;
      const start = at + headBytes;
      const end = start + this.#words[at >>> 2]!;
      yield { number: i, timeNs: this.#times[(at + 8) >>> 3]!, start, end };
      left -= 1;
    }
  }

  text({ start, end }: Pick<RingRecord, "start" | "end">): string {
    return this.bytes.toString("utf8", start, end);
  }

  /** Bytes that a text may take; those that it takes where that is much for this ring. */
  #roomFor(parts: readonly string[]): number {
    let units = 0;
    for (const part of parts) units += part.length;
    const most = units * unitBytes;
    if (most * smallPart <= this.sizeBytes) return most;
    return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  }

  /** Frees `needed` bytes in one piece and returns where they begin. */
  #makeRoom(needed: number): number {
    for (;;) {
      if (this.first === this.next) {
        this.#tail = 0;
        return 0;
      }
      if (this.#head > this.#tail) {
        if (this.sizeBytes - this.#head >= needed) return this.#head;
        if (this.#head < this.sizeBytes) this.#words[this.#head >>> 2] = skipped;
        this.#head = 0;
      } else if (this.#tail - this.#head >= needed) {
        return this.#head;
      } else {
        this.#tail = this.#after(this.#tail);
        this.first += 1;
      }
    }
  }

  /** Where the record after the one at `at` lies. */
  #after(at: number): number {
    const next = at + headBytes + aligned(this.#words[at >>> 2]!);
    return next === this.sizeBytes || this.#words[next >>> 2] === skipped ? 0 : next;
  }
}

function aligned(bytes: number): number {
  return (bytes + headBytes - 1) & -headBytes;
}
