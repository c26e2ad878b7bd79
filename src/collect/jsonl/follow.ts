/** Follows a growing file, or standard input until it ends. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Limits } from "../../base/limits.ts";
import { type LineItem, LineSplitter } from "./line-splitter.ts";
import { InputError } from "./read-bytes.ts";
import { openLines } from "./read-lines.ts";

export interface FollowOptions {
  readonly limits: Limits;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** ms between two looks at the file. */
  readonly pollMs?: number;
  /** Called when the file was cut off or replaced by another one. */
  readonly onNotice?: (message: string) => void;
}

const defaultPollMs = 100;
const readBytes = 0x40000;

/**
 * The lines of `input` as they come. For a path: what is there, then what is appended; a file that
 * shrinks is read again from its start, one that is replaced under its name is read to its end before
 * its successor. A last line without a line feed waits for the rest. Yields an empty list whenever
 * there was nothing new, so that the caller can let time pass. For `-`: until the end of standard
 * input. Throws an InputError where the file can't be opened at first.
 */
export function followLines(input: string, options: FollowOptions): AsyncGenerator<LineItem[]> {
  return input === "-" ? followStandardInput(options) : new FileFollower(input, options).lines();
}

async function* followStandardInput(options: FollowOptions): AsyncGenerator<LineItem[]> {
  const { signal } = options;
  const chunks = openLines("-", options.limits);
  const aborted = new Promise<null>((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
    if (signal.aborted) resolve(null);
  });
  try {
    let next = chunks.next();
    while (!signal.aborted) {
      const idle = delay(options.pollMs ?? defaultPollMs, "idle" as const, { ref: false });
      const result = await Promise.race([next, idle, aborted]);
      if (result === null) return;
      if (result === "idle") {
        yield [];
        continue;
      }
      if (result.done === true) return;
      yield [...result.value.items];
      next = chunks.next();
    }
  } finally {
    process.stdin.destroy();
  }
}

class FileFollower {
  readonly #path: string;
  readonly #options: FollowOptions;
  #splitter: LineSplitter;
  #handle: FileHandle | null = null;
  #inode = 0;
  #offset = 0;

  constructor(path: string, options: FollowOptions) {
    this.#path = path;
    this.#options = options;
    this.#splitter = new LineSplitter(options.limits);
  }

  async *lines(): AsyncGenerator<LineItem[]> {
    const { signal, pollMs = defaultPollMs } = this.#options;
    try {
      await this.#openFirst();
      while (!signal.aborted) {
        const bytes = await this.#read();
        if (bytes.length > 0) {
          yield this.#splitter.push(bytes);
          continue;
        }
        yield await this.#checkFile();
        await pause(pollMs, signal);
      }
      yield this.#splitter.end();
    } finally {
      await this.#handle?.close();
    }
  }

  async #openFirst(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      throw new InputError(this.#path, error);
    }
    if ((await this.#handle?.stat())?.isDirectory() === true) {
      throw new InputError(this.#path, new Error("it is a folder"));
    }
  }

  async #open(): Promise<void> {
    const handle = await open(this.#path, "r");
    await this.#handle?.close();
    this.#handle = handle;
    this.#inode = (await handle.stat()).ino;
    this.#offset = 0;
  }

  async #read(): Promise<Buffer> {
    if (this.#handle === null) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(readBytes);
    const { bytesRead } = await this.#handle.read(buffer, 0, readBytes, this.#offset);
    this.#offset += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** After the end was reached: the last line of a file that was replaced, if there is one. */
  async #checkFile(): Promise<LineItem[]> {
    const found = await stat(this.#path).catch(() => null);
    if (found === null) return [];
    if (found.ino !== this.#inode) return this.#changeOver();
    if (found.size < this.#offset) {
      this.#options.onNotice?.(`${this.#path} was cut off: reading it from its start`);
      this.#offset = 0;
      this.#splitter = new LineSplitter(this.#options.limits);
    }
    return [];
  }

  async #changeOver(): Promise<LineItem[]> {
    const items: LineItem[] = [];
    // What was written between the last read and the renaming.
    for (let bytes = await this.#read(); bytes.length > 0; bytes = await this.#read()) {
      items.push(...this.#splitter.push(bytes));
    }
    try {
      await this.#open();
    } catch {
      // Gone again: the next look finds what came in its place.
      return items;
    }
    items.push(...this.#splitter.end());
    this.#splitter = new LineSplitter(this.#options.limits);
    this.#options.onNotice?.(`${this.#path} was replaced: following the new file`);
    return items;
  }
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
