/** What all speed is held against: reading a file in chunks and JSON.parse of each line, and nothing else. */
import { closeSync, openSync, readSync } from "node:fs";
import { monotonicMs } from "../../src/base/clock.ts";

const defaultChunkBytes = 0x40000;
const lineFeed = 0x0a;

/** Parses every line of the file; resolves to the ms it took. */
export async function parsePass(path: string): Promise<number> {
  const startMs = monotonicMs();
  parseFile(path);
  return monotonicMs() - startMs;
}

/** The number of lines parsed; the file is read `chunkBytes` at a time. */
export function parseFile(path: string, chunkBytes: number = defaultChunkBytes): number {
  const file = openSync(path, "r");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let carried: Buffer = Buffer.alloc(0);
  let lines = 0;
  try {
    for (;;) {
      const chunk = buffer.subarray(0, readSync(file, buffer, 0, chunkBytes, null));
      if (chunk.length === 0) break;
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
        JSON.parse(lineOf(carried, chunk, start, end));
        if (carried.length > 0) carried = Buffer.alloc(0);
        lines += 1;
        start = end + 1;
      }
      carried = Buffer.concat([carried, chunk.subarray(start)]);
    }
  } finally {
    closeSync(file);
  }
  return lines;
}

function lineOf(carried: Buffer, chunk: Buffer, start: number, end: number): string {
  if (carried.length === 0) return chunk.toString("utf8", start, end);
  return Buffer.concat([carried, chunk.subarray(start, end)]).toString("utf8");
}
