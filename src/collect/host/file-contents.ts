/**
 * SHA-256 and entropy of files, read beside the events: one file at a time, in slices, so that no
 * event waits. What is not known yet is simply absent from events; later events of the file have it.
 */
import { createHash, type Hash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import type { Limits } from "../../base/limits.ts";
import type { FileFacts } from "./activity.ts";

export interface FileContent {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** Of the first 4 KiB, bits per byte, 0 to 8. */
  readonly entropy: number;
}

export interface ContentCounters {
  /** Files that were read whole. */
  read: number;
  /** Larger than `hashFileBytes`. */
  tooLarge: number;
  /** Not read because `hashQueue` files were waiting. */
  dropped: number;
  /** Gone, refused, or another file by the time they were read. */
  missed: number;
}

interface Job {
  readonly key: string;
  readonly paths: readonly string[];
  readonly facts: FileFacts;
}

const sliceBytes = 0x10000;
const entropyBytes = 4096;
/** Whoever puts a pipe in the place of a file must not make the reader wait for its other end. */
const openFlags: number = constants.O_RDONLY | constants.O_NONBLOCK;

export class FileContents {
  readonly counters: ContentCounters = { read: 0, tooLarge: 0, dropped: 0, missed: 0 };
  readonly #limits: Pick<Limits, "hashFileBytes" | "hashQueue" | "hashFiles">;
  readonly #onRead: () => void;
  /** Null: not to be had. */
  readonly #known: Map<string, FileContent | null> = new Map();
  readonly #queue: Map<string, Job> = new Map();
  #running: Promise<void> | null = null;
  #isClosed: boolean = false;

  /** `onRead` is called, outside of any event, when a content has become known. */
  constructor(
    limits: Pick<Limits, "hashFileBytes" | "hashQueue" | "hashFiles">,
    onRead: () => void,
  ) {
    this.#limits = limits;
    this.#onRead = onRead;
  }

  /** What is known of the file with that key. */
  find(key: string): FileContent | null {
    return this.#known.get(key) ?? null;
  }

  /**
   * Asks for a file to be read. `paths` are tried in turn; one counts only if it leads to the inode
   * that `facts` describe, unchanged.
   */
  request(key: string, paths: readonly string[], facts: FileFacts): void {
    if (this.#isClosed || this.#known.has(key) || this.#queue.has(key)) return;
    if ((facts.sizeBytes ?? 0) > this.#limits.hashFileBytes) {
      this.counters.tooLarge += 1;
      this.#remember(key, null);
    } else if (this.#queue.size >= this.#limits.hashQueue) {
      this.counters.dropped += 1;
    } else {
      this.#queue.set(key, { key, paths, facts });
      this.#running ??= this.#run();
    }
  }

  /** Resolves when no file is waiting to be read. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Reads nothing more; a file that is being read is let go of. */
  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
  }

  async #run(): Promise<void> {
    for (const job of this.#queue.values()) {
      const content = await this.#read(job);
      this.#queue.delete(job.key);
      if (this.#isClosed) break;
      this.#remember(job.key, content);
      if (content === null) this.counters.missed += 1;
      else {
        this.counters.read += 1;
        this.#onRead();
      }
    }
    this.#running = null;
  }

  #remember(key: string, content: FileContent | null): void {
    if (this.#known.size >= this.#limits.hashFiles) {
      this.#known.delete(this.#known.keys().next().value!);
    }
    this.#known.set(key, content);
  }

  async #read({ paths, facts }: Job): Promise<FileContent | null> {
    for (const path of paths) {
      const file = await open(path, openFlags).catch(() => null);
      if (file === null) continue;
      try {
        if (await isFile(file, facts)) {
          const content = await this.#readAll(file);
          // What was written while it was read belongs to no state of the file.
          if (content !== null && (await isFile(file, facts))) return content;
        }
      } catch {
        // A file that can't be read on, for example on a file system that went away, has no content.
      } finally {
        await file.close().catch(() => undefined);
      }
    }
    return null;
  }

  /** Null if closed meanwhile, or if there is more than may be read. */
  async #readAll(file: FileHandle): Promise<FileContent | null> {
    const hash: Hash = createHash("sha256");
    const slice = Buffer.alloc(sliceBytes);
    let entropy = 0;
    for (let total = 0; ; ) {
      const { bytesRead } = await file.read(slice, 0, sliceBytes, total);
      if (this.#isClosed || total > this.#limits.hashFileBytes) return null;
      if (bytesRead === 0) return { sha256: hash.digest("hex"), entropy };
      if (total === 0) entropy = entropyOf(slice.subarray(0, Math.min(bytesRead, entropyBytes)));
      hash.update(slice.subarray(0, bytesRead));
      total += bytesRead;
    }
  }
}

/** What tells one state of a file from all others; null where the sensor can't tell enough. */
export function fileKeyOf({ device, inode, ctimeNs, sizeBytes }: FileFacts): string | null {
  if (inode === null || ctimeNs === null || sizeBytes === null) return null;
  return `${device ?? ""}:${inode}:${ctimeNs}:${sizeBytes}`;
}

/** Shannon entropy in bits per byte; 0 for no bytes. */
export function entropyOf(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]! += 1;
  let entropy = 0;
  for (const count of counts) {
    if (count > 0) entropy -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return entropy;
}

/** Whether the open file is a regular one and the one that was seen, in the same state. */
async function isFile(file: FileHandle, facts: FileFacts): Promise<boolean> {
  const stats = await file.stat({ bigint: true });
  return (
    stats.isFile() &&
    stats.ino === facts.inode &&
    stats.ctimeNs === facts.ctimeNs &&
    Number(stats.size) === facts.sizeBytes
  );
}
