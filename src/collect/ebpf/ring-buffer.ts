/**
 * Reads a BPF ring buffer in place. Layout: include/uapi/linux/bpf.h and kernel/bpf/ringbuf.c: one
 * page with the consumer's position, one with the producer's, then the data, mapped twice in a row.
 * A record has a header of 8 bytes: its length, with a busy and a discarded bit; records begin at
 * multiples of 8.
 */
import { type Mapping, mapMemory } from "./libbpf.ts";

const pageBytes = 4096;
const busyBit = 0x80000000;
const discardBit = 0x40000000;
const headerBytes = 8;
/** The position is told to the kernel after each such part of the ring. */
const publishParts = 8;

/** Takes a record: `size` bytes of `bytes` from `offset`, valid during the call only. */
export type TakeRecord = (offset: number, size: number) => void;

export class RingBuffer {
  /** The data; records lie in it as `take` is told. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #consumed: BigInt64Array;
  readonly #produced: BigInt64Array;
  readonly #sizeBytes: number;
  #isClosed: boolean = false;

  /** `sizeBytes` is the map's size, a power of two. Throws a SourceError. */
  constructor(fd: number, sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#consumer = mapMemory(fd, pageBytes, 0, true);
    this.#producer = mapMemory(fd, pageBytes + 2 * sizeBytes, pageBytes, false);
    this.#consumed = new BigInt64Array(this.#consumer.buffer, 0, 1);
    this.#produced = new BigInt64Array(this.#producer.buffer, 0, 1);
    this.bytes = new Uint8Array(this.#producer.buffer, pageBytes, 2 * sizeBytes);
    this.view = new DataView(this.#producer.buffer, pageBytes, 2 * sizeBytes);
  }

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.#isClosed ? 0 : Number(Atomics.load(this.#produced, 0) - this.#consumed[0]!);
  }

  /** Hands over what was written so far, at most about `maxBytes`; the bytes that were handed over. */
  drain(take: TakeRecord, maxBytes: number): number {
    if (this.#isClosed) return 0;
    const begin = Number(this.#consumed[0]!);
    const end = Math.min(Number(Atomics.load(this.#produced, 0)), begin + maxBytes);
    const publishBytes = this.#sizeBytes / publishParts;
    let published = begin;
    let position = begin;
    while (position < end) {
      const offset = position & (this.#sizeBytes - 1);
      const header = this.view.getUint32(offset, true);
      // It is still being written, and so may be all that follow.
      if ((header & busyBit) !== 0) break;
      const size = header & ~(busyBit | discardBit);
      if ((header & discardBit) === 0) take(offset + headerBytes, size);
      position += (size + headerBytes + 7) & ~7;
      if (position - published >= publishBytes) {
        Atomics.store(this.#consumed, 0, BigInt(position));
        published = position;
      }
    }
    Atomics.store(this.#consumed, 0, BigInt(position));
    return position - begin;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#consumer.unmap();
    this.#producer.unmap();
  }
}
