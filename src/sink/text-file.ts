/** Text to a file, a record at a time: a failure to write is counted, never thrown. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";

/** Characters that are collected before they are written. */
const bufferChars = 0x10000;

/** Records in a file that was emptied when it was opened, unless it was to be kept. `close` gives the handle back. */
export class TextFile {
  /** Records that are whole in the file. */
  written: number = 0;
  /** Records that could not be written. */
  lost: number = 0;
  #handle: number | null;
  #pending: string[] = [];
  #pendingChars = 0;
  /** Bytes of whole records: where the file is cut back to after a write that failed midway. */
  #goodBytes = 0;

  /** Creates or empties `path`; with "append" what is there is kept. Throws what the file system says when that fails. */
  constructor(path: string, start: "empty" | "append" = "empty") {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND } = constants;
    const truncate = start === "empty" ? O_TRUNC : 0;
    this.#handle = openSync(path, O_WRONLY | O_CREAT | O_APPEND | truncate, 0o644);
    if (start === "append") this.#goodBytes = fstatSync(this.#handle).size;
  }

  /** Bytes of whole records that are in the file. */
  get sizeBytes(): number {
    return this.#goodBytes;
  }

  /** Flushes, and waits until the disk has all. */
  sync(): void {
    this.flush();
    if (this.#handle === null) return;
    try {
      fsyncSync(this.#handle);
    } catch {
      // A pipe or device, or a disk that fails: the records were taken by the system.
    }
  }

  /** Takes one record with its line end; it may be held until `flush`. */
  write(text: string): void {
    if (this.#handle === null) {
      this.lost += 1;
      return;
    }
    this.#pending.push(text);
    this.#pendingChars += text.length;
    if (this.#pendingChars >= bufferChars) this.flush();
  }

  flush(): void {
    if (this.#handle === null || this.#pending.length === 0) return;
    const records = this.#pending.map((text) => Buffer.from(text, "utf8"));
    this.#pending = [];
    this.#pendingChars = 0;
    const done = writeAll(this.#handle, Buffer.concat(records));
    let whole = 0;
    let wholeBytes = 0;
    while (whole < records.length && wholeBytes + records[whole]!.length <= done) {
      wholeBytes += records[whole]!.length;
      whole += 1;
    }
    this.written += whole;
    this.lost += records.length - whole;
    this.#goodBytes += wholeBytes;
    if (done > wholeBytes) cutBack(this.#handle, this.#goodBytes);
  }

  /** Flushes; a second call does nothing. */
  close(): void {
    this.flush();
    if (this.#handle === null) return;
    try {
      closeSync(this.#handle);
    } catch {
      // The records are written or counted already; nothing can be done about the handle.
    }
    this.#handle = null;
  }
}

/** Writes as much as goes; the number of bytes that did. */
function writeAll(handle: number, bytes: Buffer): number {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(handle, bytes, done);
  } catch {
    // A full disk or a reader that went away: the caller counts what is missing.
  }
  return done;
}

/** Takes half a record off the end; a pipe or device can't, and keeps it. */
function cutBack(handle: number, sizeBytes: number): void {
  try {
    ftruncateSync(handle, sizeBytes);
  } catch {
    // Not a regular file.
  }
}
