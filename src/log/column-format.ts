/**
 * One column of a block: the values at one path, as a dictionary of distinct values, a dictionary of
 * distinct lists, and one number a row.
 *
 * A row's number is 0 where it has no value there, the number of a value (from 1), or, for several
 * values, that of a list, which follow the values. Values are numbered in four groups: times, integers,
 * ASCII texts, other JSON.
 *
 * ```
 * f64 [integers]   safe integers
 * i64 [times]      ns since the epoch
 * u32 [ascii]      bytes of each text
 * u32 [json]       bytes of each JSON text
 * u32 [lists]      values of each list
 * u32 [members]    the lists' values, one list after the other, by their numbers
 * ...  [rows]      u8, u16 or u32 as `width` says; width 0: every row has the number 1
 * u8  [times]      digits of each time's fraction
 *      ascii bytes, one text after the other
 *      json bytes (UTF-8)
 *      eight zero bytes
 * ```
 */
import type { Section } from "./section.ts";

/** What the directory of a block says about a column. */
export interface ColumnEntry {
  /** Keys with dots between, whether the event nested them or not. */
  readonly path: string;
  readonly times: number;
  readonly integers: number;
  readonly ascii: number;
  readonly json: number;
  readonly lists: number;
  readonly members: number;
  readonly width: 0 | 1 | 2 | 4;
  readonly section: Section;
}

/** Bytes at the end of a column that may be read beside a text. */
export const columnPadding = 8;
