/** Pieces of a payload, packed where that pays. */
import { Buffer } from "node:buffer";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { LogError } from "./log-error.ts";

/** Where a piece lies in the payload: offset, stored bytes, bytes unpacked. Equal sizes: not packed. */
export type Section = readonly [offset: number, storedBytes: number, rawBytes: number];

/** Unpacking costs a fixed time a piece, which smaller pieces are not worth. */
const minPackedBytes = 512;
/** Pieces are packed where at least a quarter is saved. */
const worthwhile = 0.75;

/** Collects the pieces of a payload. */
export class SectionWriter {
  readonly #pieces: Uint8Array[] = [];
  #offset: number = 0;

  add(raw: Uint8Array): Section {
    const stored = pack(raw);
    const section = [this.#offset, stored.length, raw.length] as const;
    this.#pieces.push(stored);
    this.#offset += stored.length;
    return section;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** Packed bytes, or `raw` itself where packing does not pay. */
export function pack(raw: Uint8Array): Uint8Array {
  if (raw.length < minPackedBytes) return raw;
  const packed = deflateRawSync(raw, { level: 6 });
  return packed.length <= raw.length * worthwhile ? packed : raw;
}

/** The bytes of a piece whose payload's pieces begin at `base`. Throws a LogError. */
export function readSection(payload: Buffer, base: number, section: Section): Buffer {
  const [offset, storedBytes, rawBytes] = section;
  const start = base + offset;
  const end = start + storedBytes;
  if (!(offset >= 0 && storedBytes >= 0 && end <= payload.length)) {
    throw new LogError("unreadable", "a section lies outside of its block");
  }
  return unpack(payload.subarray(start, end), rawBytes);
}

/** More than any section holds; less than what harms. */
const maxRawBytes = 0x20000000;

/** Undoes `pack`. Throws a LogError where `rawBytes` are not what comes out. */
export function unpack(stored: Buffer, rawBytes: number): Buffer {
  if (stored.length === rawBytes) return stored;
  if (rawBytes > maxRawBytes) throw new LogError("unreadable", "a section is too large");
  try {
    // A chunk that is filled to its last byte would be followed by another one.
    const chunkSize = Math.max(64, Math.min(rawBytes + 1, 0x1000000));
    const raw = inflateRawSync(stored, { chunkSize, maxOutputLength: Math.max(1, rawBytes) });
    if (raw.length === rawBytes) return raw;
  } catch (error) {
    throw new LogError("unreadable", "a section can't be unpacked", error);
  }
  throw new LogError("unreadable", "a section has another size than its block says");
}
