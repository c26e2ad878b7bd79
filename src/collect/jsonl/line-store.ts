/** Lines of inputs at hand by where they lie: in the files themselves, or in a copy of what is unpacked. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LineBlock } from "./line-blocks.ts";
import type { LineIndex } from "./line-index.ts";
import { mergeRuns } from "./merge-runs.ts";

/** Lines that were fetched together; valid until the next ones are. */
export interface FetchedLines {
  readonly bytes: Uint8Array;
  /** Where the lines asked for start, in the order in which they were asked for. */
  readonly starts: Int32Array;
}

/** Ranges closer than this are read as one. */
const gapBytes = 0x4000;

/** Owns file handles and a temporary folder, which `close` (or the end of the process) gives back. */
export class LineStore {
  readonly #parentFolder: string;
  readonly #handles: number[] = [];
  #folder: string | null = null;
  /** Bytes written to the copy of the input at hand; -1 where the file itself is read. */
  #copied: number = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #remove: () => void = () => this.#removeFolder();

  /** Copies go to a new folder in `parentFolder`, if any are made. */
  constructor(parentFolder: string = tmpdir()) {
    this.#parentFolder = parentFolder;
  }

  /** The next input. Throws what the file system says. */
  openInput(path: string): void {
    if (!isPlainFile(path)) {
      this.openCopy();
      return;
    }
    this.#copied = -1;
    this.#handles.push(openSync(path, "r"));
  }

  /** The next input, which is no file of lines: all of it is copied. */
  openCopy(): void {
    this.#copied = 0;
    this.#handles.push(openSync(this.#copyPath(), "wx+", 0o600));
  }

  /** Keeps the lines of a block at hand; returns what to add to a line's start for its offset. */
  keep(block: LineBlock): number {
    if (this.#copied === -1) return block.offset;
    if (block.count === 0) return 0;
    const start = block.starts[0]!;
    const end = block.ends[block.count - 1]! + 1;
    const shift = this.#copied - start;
    writeAll(this.#handles.at(-1)!, block.bytes.subarray(start, end));
    this.#copied += end - start;
    return shift;
  }

  /** Reads the lines `order[first, last)` of the index. */
  fetch(index: LineIndex, order: Uint32Array, first: number, last: number): FetchedLines {
    const starts = new Int32Array(last - first);
    // Lines lie in runs for the most part.
    const places = mergeRuns(starts.length, (a, b) => {
      const [left, right] = [order[first + a]!, order[first + b]!];
      const inputs = index.input(left) - index.input(right);
      return inputs > 0 || (inputs === 0 && index.offset(left) > index.offset(right));
    });
    let filled = 0;
    for (let at = 0; at < places.length; ) {
      const line = order[first + places[at]!]!;
      const [input, from] = [index.input(line), index.offset(line)];
      let to = from;
      for (; at < places.length; at += 1) {
        const next = order[first + places[at]!]!;
        if (index.input(next) !== input || index.offset(next) > to + gapBytes) break;
        starts[places[at]!] = filled + index.offset(next) - from;
        to = Math.max(to, index.offset(next) + index.length(next) + 1);
      }
      this.#read(input, from, filled, to - from);
      filled += to - from;
    }
    return { bytes: this.#bytes, starts };
  }

  close(): void {
    for (const handle of this.#handles.splice(0)) closeSync(handle);
    this.#removeFolder();
  }

  /** Reads `length` bytes, or as many as there are (a last line has no line end), to `at`. */
  #read(input: number, offset: number, at: number, length: number): void {
    if (at + length > this.#bytes.length) {
      const larger = new Uint8Array((at + length) * 2);
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    let done = 0;
    while (done < length) {
      const count = readSync(
        this.#handles[input]!,
        this.#bytes,
        at + done,
        length - done,
        offset + done,
      );
      if (count === 0) break;
      done += count;
    }
    this.#bytes.fill(0x0a, at + done, at + length);
  }

  #copyPath(): string {
    if (this.#folder === null) {
      this.#folder = mkdtempSync(join(this.#parentFolder, "kestrel-lines-"));
      process.once("exit", this.#remove);
    }
    return join(this.#folder, `${this.#handles.length}`);
  }

  #removeFolder(): void {
    if (this.#folder === null) return;
    rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
    process.off("exit", this.#remove);
  }
}

/** Whether the path names a file that can be read anywhere and is not packed. */
function isPlainFile(path: string): boolean {
  if (path === "-" || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const head = new Uint8Array(2);
  const handle = openSync(path, "r");
  try {
    readSync(handle, head, 0, 2, 0);
  } finally {
    closeSync(handle);
  }
  return head[0] !== 0x1f || head[1] !== 0x8b;
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
}
