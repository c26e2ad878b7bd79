/** Lines that come as text, with their times, as blocks of bytes. */
import { Buffer } from "node:buffer";
import type { LineBlock } from "./line-blocks.ts";
import type { TimedLine } from "./sorted-records.ts";

export interface TimedBlock extends LineBlock {
  /** The time of line `i` in the order; null where the line says it. */
  readonly times: readonly (bigint | null)[];
}

/** A block ends after so many lines, or so many characters (UTF-16 units). */
const blockLines = 2048;
const blockCharacters = 0x100000;
/** Bytes that can be read after the last line. */
const spareBytes = "\n\0\0\0\0";

export function* timedBlocks(lines: Iterable<TimedLine>): Generator<TimedBlock> {
  let offset = 0;
  let held: TimedLine[] = [];
  let characters = 0;
  for (const line of lines) {
    held.push(line);
    characters += line.json.length;
    if (held.length < blockLines && characters < blockCharacters) continue;
    const block = blockOf(held, offset);
    yield block;
    offset = block.totalBytes;
    held = [];
    characters = 0;
  }
  if (held.length > 0) yield blockOf(held, offset);
}

function blockOf(lines: readonly TimedLine[], offset: number): TimedBlock {
  const count = lines.length;
  const [starts, ends] = [new Int32Array(count), new Int32Array(count)];
  let at = 0;
  for (const [i, { json }] of lines.entries()) {
    starts[i] = at;
    ends[i] = at + Buffer.byteLength(json);
    at = ends[i]! + 1;
  }
  return {
    bytes: Buffer.from(lines.map(({ json }) => json).join("\n") + spareBytes),
    starts,
    ends,
    count,
    offset,
    problems: [],
    totalBytes: offset + at,
    times: lines.map(({ timeNs }) => timeNs),
  };
}
