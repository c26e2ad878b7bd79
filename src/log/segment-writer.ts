/** Writes one file of a log; nothing that was written is ever changed. */
import type { Buffer } from "node:buffer";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { BuiltBlock } from "./block-builder.ts";
import { encodeFooter, type IndexEntry } from "./footer.ts";
import { encodeFrame, frameKinds, headBytes } from "./frame.ts";
import { encodeHeader, type SegmentHeader } from "./segment-header.ts";

export class SegmentWriter {
  readonly header: SegmentHeader;
  /** Bytes in the file. */
  sizeBytes: number = 0;
  /** Seal of the last frame, or hash of the header before the first. */
  seal: string;
  readonly #fd: number;
  readonly #index: IndexEntry[] = [];

  /**
   * Creates the file, which must not exist. It gets its name when its header is in it, so that a log never
   * has a file without one. Throws the system's error.
   */
  constructor(path: string, header: SegmentHeader, isSynced: boolean) {
    this.header = header;
    const draft = `${path}.new`;
    this.#fd = openSync(draft, "w");
    const { bytes, hash } = encodeHeader(header);
    this.seal = hash;
    try {
      this.#append(bytes);
      if (isSynced) this.sync();
      if (existsSync(path)) throw new Error("another program writes this log");
      renameSync(draft, path);
      if (isSynced) syncFolder(dirname(path));
    } catch (error) {
      closeSync(this.#fd);
      rmSync(draft, { force: true });
      throw error;
    }
  }

  /** Blocks in the file. */
  get blocks(): number {
    return this.#index.length;
  }

  /** Appends a block whole, or throws the system's error and leaves the file as it was. */
  write(block: BuiltBlock): void {
    const { rows, events, fromNs, toNs, categories, entities } = block;
    const number = this.#index.length;
    const offset = this.sizeBytes;
    this.#frame(frameKinds.block, block.payload, { rows, events, fromNs, toNs });
    this.#index.push({ number, offset, rows, events, fromNs, toNs, categories, entities });
  }

  /** What was written is on the disk when this returns. */
  sync(): void {
    fsyncSync(this.#fd);
  }

  /** Ends the file with its index. Throws the system's error; it is closed all the same. */
  close(isSynced: boolean): void {
    try {
      const payload = encodeFooter(this.#index, headBytes);
      this.#frame(frameKinds.footer, payload, { rows: 0, events: 0, fromNs: 0n, toNs: 0n });
      if (isSynced) this.sync();
    } finally {
      closeSync(this.#fd);
    }
  }

  #frame(
    kind: number,
    payload: Buffer,
    facts: Pick<BuiltBlock, "rows" | "events" | "fromNs" | "toNs">,
  ): void {
    const { logId } = this.header;
    const { bytes, seal } = encodeFrame(
      { kind, number: this.#index.length, logId, previous: this.seal, ...facts },
      payload,
    );
    this.#append(bytes);
    this.seal = seal;
  }

  #append(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at, bytes.length - at, this.sizeBytes + at);
      }
    } catch (error) {
      // A reader would take half a frame for one that was cut off by a crash.
      ftruncateSync(this.#fd, this.sizeBytes);
      throw error;
    }
    this.sizeBytes += bytes.length;
  }
}

/** A new file is only there after a crash when its folder was written as well. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
