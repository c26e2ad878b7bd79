/**
 * Sorted runs of records on disk, and their merge. All runs lie one after the other in one temporary
 * file, so that any number of them needs one file handle. A record is
 *
 * ```
 * time     i64 little-endian   ns since the epoch
 * arrival  f64 little-endian   number of the record in arrival order
 * input    u32 little-endian   number of the input that it came from
 * length   u32 little-endian   bytes of text
 * text     UTF-8               the record's JSON
 * ```
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../base/assert.ts";

/** A record as the sort sees it. */
export interface SortEntry {
  readonly timeNs: bigint;
  readonly arrival: number;
  /** Number of the input that it came from. */
  readonly input: number;
  readonly text: string;
}

/** Whether `a` comes before `b`: by time, then arrival. */
export function comesBefore(
  a: Pick<SortEntry, "timeNs" | "arrival">,
  b: Pick<SortEntry, "timeNs" | "arrival">,
): boolean {
  return a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.arrival < b.arrival);
}

const headerBytes = 24;
const writeBytes = 0x100000;
const blockBytes = 0x10000;

interface Run {
  readonly start: number;
  readonly end: number;
  /** Overrides the times of a run whose records had none when they were written. */
  readonly time: { ns: bigint | null } | null;
}

/** The runs of one sort. Owns a temporary folder, which `close` (or the end of the process) removes. */
export class SortRuns {
  readonly #folder: string;
  readonly #handle: number;
  readonly #runs: Run[] = [];
  readonly #remove: () => void;
  #buffer: Buffer = Buffer.allocUnsafe(writeBytes);
  #sizeBytes = 0;
  #open = true;

  /** Throws what the file system says when there is no room for a temporary file. */
  constructor(parentFolder: string = tmpdir()) {
    this.#folder = mkdtempSync(join(parentFolder, "kestrel-sort-"));
    this.#remove = () => rmSync(this.#folder, { recursive: true, force: true });
    process.once("exit", this.#remove);
    this.#handle = openSync(join(this.#folder, "runs"), "w+", 0o600);
  }

  /**
   * Writes a run. `entries` are in order; with `time` they are in arrival order, and all have the
   * time that stands in `time.ns` when the merge begins.
   */
  add(entries: Iterable<SortEntry>, time: { ns: bigint | null } | null = null): void {
    const start = this.#sizeBytes;
    let filled = 0;
    for (const { timeNs, arrival, input, text } of entries) {
      const length = Buffer.byteLength(text, "utf8");
      if (filled + headerBytes + length > this.#buffer.length) {
        this.#write(filled);
        filled = 0;
        if (headerBytes + length > this.#buffer.length) {
          this.#buffer = Buffer.allocUnsafe(headerBytes + length);
        }
      }
      const at = filled;
      this.#buffer.writeBigInt64LE(timeNs, at);
      this.#buffer.writeDoubleLE(arrival, at + 8);
      this.#buffer.writeUInt32LE(input, at + 16);
      this.#buffer.writeUInt32LE(length, at + 20);
      this.#buffer.write(text, at + headerBytes, "utf8");
      filled = at + headerBytes + length;
    }
    this.#write(filled);
    this.#runs.push({ start, end: this.#sizeBytes, time });
  }

  /** All records of all runs in order. */
  *merge(): Generator<SortEntry> {
    const heap = new EntryHeap();
    for (const run of this.#runs) {
      const reader = new RunReader(this.#handle, run);
      const entry = reader.next();
      if (entry !== null) heap.push({ entry, reader });
    }
    for (let top = heap.top; top !== undefined; top = heap.top) {
      yield top.entry;
      const entry = top.reader.next();
      if (entry === null) heap.pop();
      else heap.replaceTop({ entry, reader: top.reader });
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#handle);
    this.#remove();
    process.off("exit", this.#remove);
  }

  /** Appends the first `sizeBytes` bytes of the buffer to the file. */
  #write(sizeBytes: number): void {
    for (let done = 0; done < sizeBytes; ) {
      const place = this.#sizeBytes + done;
      done += writeSync(this.#handle, this.#buffer, done, sizeBytes - done, place);
    }
    this.#sizeBytes += sizeBytes;
  }
}

class RunReader {
  readonly #handle: number;
  readonly #run: Run;
  #offset: number;
  /** What was read and not yet taken is from `#at` to `#end`. */
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  constructor(handle: number, run: Run) {
    this.#handle = handle;
    this.#run = run;
    this.#offset = run.start;
  }

  next(): SortEntry | null {
    if (!this.#need(headerBytes)) return null;
    const length = this.#block.readUInt32LE(this.#at + 20);
    assert(this.#need(headerBytes + length), "a sort run is cut off");
    const at = this.#at;
    this.#at += headerBytes + length;
    return {
      timeNs: this.#run.time?.ns ?? this.#block.readBigInt64LE(at),
      arrival: this.#block.readDoubleLE(at + 8),
      input: this.#block.readUInt32LE(at + 16),
      text: this.#block.toString("utf8", at + headerBytes, this.#at),
    };
  }

  /** Whether `bytes` bytes are at hand, after reading on if they were not. */
  #need(bytes: number): boolean {
    const rest = this.#end - this.#at;
    if (rest >= bytes) return true;
    const wanted = Math.min(Math.max(bytes - rest, blockBytes), this.#run.end - this.#offset);
    if (rest + wanted < bytes) return false;
    if (rest + wanted > this.#block.length) {
      const block = Buffer.allocUnsafe(Math.max(rest + wanted, blockBytes * 2));
      this.#block.copy(block, 0, this.#at, this.#end);
      this.#block = block;
    } else {
      this.#block.copyWithin(0, this.#at, this.#end);
    }
    this.#at = 0;
    this.#end = rest + wanted;
    for (let filled = rest; filled < this.#end; ) {
      const count = readSync(this.#handle, this.#block, filled, this.#end - filled, this.#offset);
      assert(count > 0, "a sort run is cut off");
      filled += count;
      this.#offset += count;
    }
    return true;
  }
}

interface HeapItem {
  readonly entry: SortEntry;
  readonly reader: RunReader;
}

/** A binary heap with the first entry on top. */
class EntryHeap {
  readonly #items: HeapItem[] = [];

  get top(): HeapItem | undefined {
    return this.#items[0];
  }

  push(item: HeapItem): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!comesBefore(item.entry, items[parent]!.entry)) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.replaceTop(last);
  }

  replaceTop(item: HeapItem): void {
    const items = this.#items;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= items.length) break;
      const right = items[child + 1];
      if (right !== undefined && comesBefore(right.entry, items[child]!.entry)) child += 1;
      if (!comesBefore(items[child]!.entry, item.entry)) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = item;
  }
}
