/**
 * A frame: what a segment consists of after its header. All numbers are little-endian.
 *
 * ```
 *   0   8  marker
 *   8   4  kind: 1 a block of records, 2 the footer
 *  12   4  number in the segment, from 0
 *  16  16  id of the log
 *  32   4  bytes of the payload
 *  36   4  records in it
 *  40   4  of which events (the rest are gaps and heartbeats)
 *  44   4  zero
 *  48   8  time of the first record, ns since the epoch, signed
 *  56   8  time of the last record
 *  64  32  seal of the frame before; in the first frame the hash of the segment's header
 *  96  32  SHA-256 of the payload
 * 128  32  seal: SHA-256 of the 128 bytes before
 * 160      payload
 * ```
 *
 * A seal covers the payload (through its hash) and all frames before it (through their seals).
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

export const frameKinds = { block: 1, footer: 2 } as const;

export const headBytes = 160;

/** Begins every frame. Holds bytes that no UTF-8 text has. */
export const frameMarker: Buffer = Buffer.from([0xf5, 0x4b, 0x4c, 0x46, 0x0d, 0x0a, 0xc0, 0xff]);

/** Bytes of a SHA-256, and of the id of a log. */
export const hashBytes = 32;
export const logIdBytes = 16;

export interface FrameHead {
  /** See `frameKinds`. */
  readonly kind: number;
  readonly number: number;
  /** 16 bytes as hex digits. */
  readonly logId: string;
  readonly payloadBytes: number;
  readonly rows: number;
  readonly events: number;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** As hex digits. */
  readonly previous: string;
  readonly payloadHash: string;
  readonly seal: string;
}

/** What a writer chooses of a frame; the rest follows from it. */
export type FrameFacts = Omit<FrameHead, "payloadBytes" | "payloadHash" | "seal">;

/** The bytes of a frame and its seal. */
export function encodeFrame(
  facts: FrameFacts,
  payload: Uint8Array,
): { readonly bytes: Buffer; readonly seal: string } {
  const bytes = Buffer.alloc(headBytes + payload.length);
  frameMarker.copy(bytes, 0);
  bytes.writeUInt32LE(facts.kind, 8);
  bytes.writeUInt32LE(facts.number, 12);
  bytes.write(facts.logId, 16, "hex");
  bytes.writeUInt32LE(payload.length, 32);
  bytes.writeUInt32LE(facts.rows, 36);
  bytes.writeUInt32LE(facts.events, 40);
  bytes.writeBigInt64LE(facts.fromNs, 48);
  bytes.writeBigInt64LE(facts.toNs, 56);
  bytes.write(facts.previous, 64, "hex");
  bytes.set(payload, headBytes);
  bytes.write(sha256(payload), 96, "hex");
  const seal = sha256(bytes.subarray(0, 128));
  bytes.write(seal, 128, "hex");
  return { bytes, seal };
}

/** The head at the start of `bytes`, or null where there is none whose seal holds. */
export function decodeHead(bytes: Buffer): FrameHead | null {
  if (bytes.length < headBytes || bytes.compare(frameMarker, 0, 8, 0, 8) !== 0) return null;
  const seal = bytes.toString("hex", 128, headBytes);
  if (sha256(bytes.subarray(0, 128)) !== seal) return null;
  return {
    kind: bytes.readUInt32LE(8),
    number: bytes.readUInt32LE(12),
    logId: bytes.toString("hex", 16, 32),
    payloadBytes: bytes.readUInt32LE(32),
    rows: bytes.readUInt32LE(36),
    events: bytes.readUInt32LE(40),
    fromNs: bytes.readBigInt64LE(48),
    toNs: bytes.readBigInt64LE(56),
    previous: bytes.toString("hex", 64, 96),
    payloadHash: bytes.toString("hex", 96, 128),
    seal,
  };
}

/** SHA-256 as 64 lower-case hex digits, by the system's library: logs are hashed whole. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
