/** Lines of a file or of standard input, a chunk at a time. */
import type { Limits } from "../../base/limits.ts";
import { type LineItem, LineSplitter } from "./line-splitter.ts";
import { InputError, openBytes } from "./read-bytes.ts";

/** Lines that were read together, and the bytes that have been read so far (unpacked). */
export interface LineChunk {
  readonly items: readonly LineItem[];
  readonly totalBytes: number;
}

/**
 * The lines of `input`, a path or `-` for standard input, unpacked where they are gzip. Throws an
 * InputError where nothing can be read; a failure after that is the last item, kind `broken-input`.
 */
export async function* openLines(input: string, limits: Limits): AsyncGenerator<LineChunk> {
  const splitter = new LineSplitter(limits);
  let totalBytes = 0;
  try {
    for await (const bytes of openBytes(input)) {
      totalBytes += bytes.length;
      const items = splitter.push(bytes);
      if (items.length > 0) yield { items, totalBytes };
    }
  } catch (error) {
    if (!(error instanceof InputError) || totalBytes === 0) throw error;
    const problem = { kind: "broken-input", message: error.message } as const;
    yield { items: [...splitter.end(), problem], totalBytes };
    return;
  }
  const items = splitter.end();
  if (items.length > 0) yield { items, totalBytes };
}
