/** The index of a segment: what is in which block. The payload of the footer, or made from the blocks. */
import { Buffer } from "node:buffer";
import { entityHash } from "./block-format.ts";
import { LogError } from "./log-error.ts";
import { pack, unpack } from "./section.ts";

/** One block. */
export interface IndexEntry {
  readonly number: number;
  /** Of the block's head in the file. */
  readonly offset: number;
  readonly rows: number;
  readonly events: number;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Values of event.category; null: any. */
  readonly categories: readonly string[] | null;
  /** `entityHash` of the values of process.entity_id, ascending; null: any. */
  readonly entities: Uint32Array | null;
}

/** Which records are wanted; what is not given does not matter. */
export interface Slice {
  readonly fromNs?: bigint | undefined;
  /** Records of that very moment are wanted as well. */
  readonly toNs?: bigint | undefined;
  readonly category?: string | undefined;
  /** A value of process.entity_id. */
  readonly entity?: string | undefined;
}

/** Ends a segment that was closed: bytes of the footer's frame, then this. */
const footerMagic: Buffer = Buffer.from("KLOGEND\n");
export const trailerBytes = 12;

/**
 * The payload of a footer: u32 bytes unpacked, u32 bytes stored, JSON, then the trailer: u32 bytes of
 * the whole frame and `KLOGEND\n`, by which the footer is found from the end of the file.
 */
export function encodeFooter(entries: readonly IndexEntry[], headBytes: number): Buffer {
  const raw = Buffer.from(
    JSON.stringify(
      entries.map((entry) => [
        entry.number,
        entry.offset,
        entry.rows,
        entry.events,
        String(entry.fromNs),
        String(entry.toNs),
        entry.categories,
        entry.entities === null ? null : base64Of(entry.entities),
      ]),
    ),
  );
  const stored = pack(raw);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(raw.length, 0);
  sizes.writeUInt32LE(stored.length, 4);
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeUInt32LE(headBytes + sizes.length + stored.length + trailerBytes, 0);
  footerMagic.copy(trailer, 4);
  return Buffer.concat([sizes, stored, trailer]);
}

/** Bytes of the footer's frame, from the last bytes of a file; null where it has none. */
export function footerFrameBytes(lastBytes: Buffer): number | null {
  if (lastBytes.length < trailerBytes) return null;
  const trailer = lastBytes.subarray(-trailerBytes);
  return trailer.subarray(4).equals(footerMagic) ? trailer.readUInt32LE(0) : null;
}

/** Undoes `encodeFooter`. Throws a LogError. */
export function decodeFooter(payload: Buffer): IndexEntry[] {
  if (payload.length < 8 + trailerBytes)
    throw new LogError("unreadable", "the footer is too short");
  const stored = payload.subarray(8, 8 + payload.readUInt32LE(4));
  const raw = unpack(stored, payload.readUInt32LE(0));
  try {
    return (JSON.parse(raw.toString("utf8")) as RawEntry[]).map(
      ([number, offset, rows, events, from, to, categories, entities]) => ({
        number,
        offset,
        rows,
        events,
        fromNs: BigInt(from),
        toNs: BigInt(to),
        categories,
        entities: entities === null ? null : numbersOf(entities),
      }),
    );
  } catch (error) {
    throw new LogError("unreadable", "the footer can't be read", error);
  }
}

type RawEntry = [
  number: number,
  offset: number,
  rows: number,
  events: number,
  from: string,
  to: string,
  categories: string[] | null,
  entities: string | null,
];

/** Whether a block may hold something of the slice. */
export function mayHold(entry: IndexEntry, slice: Slice): boolean {
  if (slice.fromNs !== undefined && entry.toNs < slice.fromNs) return false;
  if (slice.toNs !== undefined && entry.fromNs > slice.toNs) return false;
  const { category, entity } = slice;
  if (category !== undefined && entry.categories !== null && !entry.categories.includes(category)) {
    return false;
  }
  return entity === undefined || entry.entities === null || includes(entry.entities, entity);
}

function includes(hashes: Uint32Array, entity: string): boolean {
  return hashes.includes(entityHash(entity));
}

function base64Of(numbers: Uint32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("base64");
}

function numbersOf(base64: string): Uint32Array {
  const bytes = Buffer.from(base64, "base64");
  const numbers = new Uint32Array(bytes.length >> 2);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = bytes.readUInt32LE(i * 4);
  return numbers;
}
