/**
 * The payload of a block of records:
 *
 * ```
 * u32  bytes of the directory as stored
 * u32  bytes of the directory unpacked (equal: it is not packed)
 *      directory: JSON
 *      sections, which the directory places by their offsets from here on
 * ```
 */
import type { Section } from "./section.ts";

/** A column in the directory: `ColumnEntry` without names. */
export type RawColumn = readonly [
  path: string,
  times: number,
  integers: number,
  ascii: number,
  json: number,
  lists: number,
  members: number,
  width: 0 | 1 | 2 | 4,
  section: Section,
];

export interface Directory {
  readonly rows: number;
  /** i64 a row: ns since the epoch, never going back. */
  readonly times: Section;
  /** u8 a row, as in a batch: 0 event, 1 gap, 2 heartbeat; null where all are events. */
  readonly kinds: Section | null;
  /** u8 a row: 1 where the columns lack something of the row, and its text must be read. */
  readonly unusual: Section | null;
  /** u32 a row: bytes of its JSON text. */
  readonly lengths: Section;
  /** Texts of so many rows, one after the other. */
  readonly pages: readonly (readonly [rows: number, section: Section])[];
  /** The longest text of a row in bytes, and the deepest nesting. */
  readonly longest: number;
  readonly depth: number;
  readonly columns: readonly RawColumn[];
  /** Values of event.category in the block; null: any. */
  readonly categories: readonly string[] | null;
  /** u32 each, ascending: FNV-1a of the values of process.entity_id; null: any. */
  readonly entities: Section | null;
}

/** Bytes before the directory. */
export const directoryStart = 8;

/** FNV-1a for 32 bits (Fowler, Noll, Vo) of a text's UTF-8, byte by byte. */
export function entityHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
