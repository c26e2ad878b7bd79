/**
 * The header of a segment: what was known when it was begun. In every version of the format it is
 *
 * ```
 *  0   8  magic
 *  8   4  version of the format
 * 12   4  bytes of the body
 * 16      body: JSON
 *     32  SHA-256 of all before
 * ```
 */
import { Buffer } from "node:buffer";
import { parseJson } from "../base/json.ts";
import type { TimeUnit } from "../base/time.ts";
import { frameMarker, hashBytes, sha256 } from "./frame.ts";
import { LogError } from "./log-error.ts";

export const formatVersion = 1;

/** Begins every segment: a byte that is no UTF-8, a name, and line ends that careless copying changes. */
export const segmentMagic: Buffer = Buffer.from([0x89, 0x4b, 0x4c, 0x4f, 0x47, 0x0d, 0x0a, 0x1a]);

/** Bytes before the body. */
export const headerStart = 16;
const maxBodyBytes = 0x100000;

/** What a log says about where it came from. Null means that it is not known. */
export interface LogOrigin {
  readonly engineVersion: string;
  /** See `schemaHash`. */
  readonly schemaHash: string;
  readonly schemaVersion: string;
  /** Of the rules that ran while it was recorded. */
  readonly rulePackHash: string | null;
  readonly host: { readonly name: string; readonly bootId: string | null } | null;
  /** The wall clock and the monotonic one at the same moment, when the segment was begun. */
  readonly clock: { readonly wallNs: bigint; readonly monotonicNs: bigint } | null;
  /** Which field gave events their time, and what its numbers counted. */
  readonly timestampField: string;
  readonly timestampUnit: TimeUnit;
}

export interface SegmentHeader extends LogOrigin {
  /** 32 hex digits, the same in all segments of a log. */
  readonly logId: string;
  /** From 0. */
  readonly segment: number;
  /** Seal of the last frame of the segment before (or the hash of its header); null in the first. */
  readonly continues: string | null;
}

/** The bytes of a header and their hash; `version` is another one only in tests. */
export function encodeHeader(
  header: SegmentHeader,
  version: number = formatVersion,
): {
  readonly bytes: Buffer;
  readonly hash: string;
} {
  const { host, clock } = header;
  const body = Buffer.from(
    JSON.stringify({
      log_id: header.logId,
      segment: header.segment,
      continues: header.continues,
      engine_version: header.engineVersion,
      schema_version: header.schemaVersion,
      schema_hash: header.schemaHash,
      rule_pack_hash: header.rulePackHash,
      host: host === null ? null : { name: host.name, boot_id: host.bootId },
      clock:
        clock === null
          ? null
          : { wall_ns: String(clock.wallNs), monotonic_ns: String(clock.monotonicNs) },
      timestamp_field: header.timestampField,
      timestamp_unit: header.timestampUnit,
    }),
  );
  const start = Buffer.alloc(headerStart);
  segmentMagic.copy(start);
  start.writeUInt32LE(version, 8);
  start.writeUInt32LE(body.length, 12);
  const hash = sha256(Buffer.concat([start, body]));
  return { bytes: Buffer.concat([start, body, Buffer.from(hash, "hex")]), hash };
}

export type DecodedHeader =
  | {
      readonly kind: "header";
      readonly header: SegmentHeader;
      readonly hash: string;
      readonly end: number;
    }
  | { readonly kind: "damaged"; readonly why: string };

/** Whether the first bytes of a file hold as much as its header says that it has. */
export function isHeaderWithin(bytes: Buffer): boolean {
  if (bytes.length < headerStart) return false;
  return headerStart + bytes.readUInt32LE(12) + hashBytes <= bytes.length;
}

/**
 * Reads the header at the start of a file, of which `bytes` are the first (all of a short one, else the whole
 * header, or a mebibyte and more). Throws a LogError where the file is no log of a version that is known.
 */
export function decodeHeader(bytes: Buffer, path: string): DecodedHeader {
  if (bytes.length === 0)
    throw new LogError("empty", `${path} is empty: a log has a header at least`);
  const hasMagic = bytes.subarray(0, 8).equals(segmentMagic);
  if (bytes.length < headerStart) {
    if (hasMagic || segmentMagic.subarray(0, bytes.length).equals(bytes.subarray(0, 8)))
      throw cut(path);
    throw notALog(path);
  }
  const bodyEnd = headerStart + bytes.readUInt32LE(12);
  const end = bodyEnd + hashBytes;
  const isWhole = bodyEnd <= maxBodyBytes && end <= bytes.length;
  const hash = isWhole ? hashOf(bytes, bodyEnd) : "";
  if (isWhole && bytes.toString("hex", bodyEnd, end) === hash) {
    return decodeBody(bytes, bodyEnd, hash, hasMagic, path);
  }
  if (!hasMagic) throw notALog(path);
  if (!isWhole && !bytes.includes(frameMarker, headerStart)) throw cut(path);
  return { kind: "damaged", why: "the header of the segment does not match its checksum" };
}

/** The hash over the header as if its magic were right. */
function hashOf(bytes: Buffer, bodyEnd: number): string {
  return sha256(Buffer.concat([segmentMagic, bytes.subarray(8, bodyEnd)]));
}

function decodeBody(
  bytes: Buffer,
  bodyEnd: number,
  hash: string,
  hasMagic: boolean,
  path: string,
): DecodedHeader {
  const version = bytes.readUInt32LE(8);
  if (version > formatVersion) {
    throw new LogError(
      "newer-version",
      `${path} is a log of format ${version}; this version of kestrel reads up to ${formatVersion}`,
    );
  }
  if (!hasMagic) return { kind: "damaged", why: "the first bytes of the segment are damaged" };
  const header = readBody(bytes.toString("utf8", headerStart, bodyEnd));
  if (header === null) throw new LogError("unreadable", `${path}: the header is incomplete`);
  return { kind: "header", header, hash, end: bodyEnd + hashBytes };
}

function readBody(text: string): SegmentHeader | null {
  const parsed = parseJson(text);
  if (parsed.kind === "error") return null;
  const body = parsed.value as unknown as RawBody;
  const { host, clock } = body;
  try {
    return {
      logId: body.log_id,
      segment: body.segment,
      continues: body.continues,
      engineVersion: body.engine_version,
      schemaVersion: body.schema_version,
      schemaHash: body.schema_hash,
      rulePackHash: body.rule_pack_hash,
      host: host === null ? null : { name: host.name, bootId: host.boot_id },
      clock:
        clock === null
          ? null
          : { wallNs: BigInt(clock.wall_ns), monotonicNs: BigInt(clock.monotonic_ns) },
      timestampField: body.timestamp_field,
      timestampUnit: body.timestamp_unit,
    };
  } catch {
    return null;
  }
}

interface RawBody {
  readonly log_id: string;
  readonly segment: number;
  readonly continues: string | null;
  readonly engine_version: string;
  readonly schema_version: string;
  readonly schema_hash: string;
  readonly rule_pack_hash: string | null;
  readonly host: { readonly name: string; readonly boot_id: string | null } | null;
  readonly clock: { readonly wall_ns: string; readonly monotonic_ns: string } | null;
  readonly timestamp_field: string;
  readonly timestamp_unit: TimeUnit;
}

function notALog(path: string): LogError {
  return new LogError("not-a-log", `${path} is no kestrel log: it does not begin like one`);
}

function cut(path: string): LogError {
  return new LogError("cut-header", `${path} is cut off within the header of the segment`);
}
