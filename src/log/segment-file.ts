/** One file of a log, read frame by frame; what is damaged is named and stepped over. */
import { Buffer } from "node:buffer";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodeFooter, footerFrameBytes, type IndexEntry, trailerBytes } from "./footer.ts";
import { decodeHead, type FrameHead, frameKinds, frameMarker, headBytes, sha256 } from "./frame.ts";
import { systemError } from "./log-error.ts";
import { decodeHeader, isHeaderWithin, type SegmentHeader } from "./segment-header.ts";

/** Something in a segment that can't be believed. */
export interface Damage {
  /** Path of the segment. */
  readonly file: string;
  /** Number of the block in its segment; null for the header. */
  readonly block: number | null;
  /** Where it begins in the file. */
  readonly offset: number;
  readonly why: string;
  /** Whether the file ends in it, as it does when a writer is killed. */
  readonly isTail: boolean;
  /** What its head says, where that is intact. */
  readonly head: FrameHead | null;
}

export type SegmentItem =
  | {
      readonly kind: "block";
      readonly head: FrameHead;
      readonly offset: number;
      readonly payload: Buffer;
    }
  | {
      readonly kind: "footer";
      readonly head: FrameHead;
      readonly offset: number;
      readonly payload: Buffer;
    }
  | { readonly kind: "damage"; readonly damage: Damage };

/** Bytes read at once while a frame is looked for. */
const scanBytes = 0x100000;
/** Enough for any header; for nearly all. */
const headerBytes = 0x110000;
const usualHeaderBytes = 0x1000;

export class SegmentFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Null where it is damaged. */
  readonly header: SegmentHeader | null;
  /** After `items` has run: seal of the last frame with an intact head, or the hash of the header. */
  lastSeal: string | null;
  /** What the next frame must continue from; null where that is not known. */
  #chain: string | null;
  readonly #headerDamage: string | null;
  readonly #headerEnd: number;
  readonly #payloadLimit: number;
  readonly #fd: number;
  #logId: string | null;

  /** Opens the file. Throws a LogError where it can't be read or is no log. */
  constructor(path: string, payloadLimit: number) {
    this.path = path;
    this.#payloadLimit = payloadLimit;
    try {
      this.#fd = openSync(path, "r");
    } catch (error) {
      throw systemError("read", path, error);
    }
    try {
      this.sizeBytes = fstatSync(this.#fd).size;
      const decoded = decodeHeader(this.#readStart(), path);
      const isIntact = decoded.kind === "header";
      this.header = isIntact ? decoded.header : null;
      this.lastSeal = isIntact ? decoded.hash : null;
      this.#chain = this.lastSeal;
      this.#logId = isIntact ? decoded.header.logId : null;
      this.#headerDamage = isIntact ? null : decoded.why;
      this.#headerEnd = isIntact ? decoded.end : (this.#findFrame(0)?.offset ?? this.sizeBytes);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /**
   * Everything in the file in order. Payloads are those whose hash is right. Blocks that are not wanted
   * are neither read nor checked.
   */
  *items(isWanted: (head: FrameHead) => boolean = () => true): Generator<SegmentItem> {
    if (this.#headerDamage !== null) yield this.#damage(null, 0, this.#headerDamage, null, false);
    let offset = this.#headerEnd;
    let number = 0;
    while (offset < this.sizeBytes) {
      const head = this.#headAt(offset);
      if (head === null) {
        const next = this.#findFrame(offset + 1);
        yield this.#badHead(number, offset, next !== null);
        if (next === null) return;
        offset = next.offset;
        number = Math.max(number + 1, next.head.number);
        continue;
      }
      const { items, end } = this.#frame(head, offset, number, isWanted(head));
      yield* items;
      offset = end;
      number = Math.max(number, head.number + 1);
    }
  }

  /** The heads of the blocks in order, as far as they are intact; nothing else is read. */
  *heads(): Generator<FrameHead> {
    for (let offset = this.#headerEnd; offset < this.sizeBytes; ) {
      const found = this.#headAt(offset);
      const next = found === null ? this.#findFrame(offset + 1) : { offset, head: found };
      if (next === null) return;
      if (next.head.kind === frameKinds.block) yield next.head;
      offset = next.offset + headBytes + next.head.payloadBytes;
    }
  }

  /** The blocks by the footer; null where the file was not closed or its footer is damaged. */
  index(): IndexEntry[] | null {
    const bytes = footerFrameBytes(this.#read(this.sizeBytes - trailerBytes, trailerBytes));
    if (bytes === null || bytes > this.sizeBytes) return null;
    const offset = this.sizeBytes - bytes;
    const head = this.#headAt(offset);
    if (head?.kind !== frameKinds.footer) return null;
    const payload = this.#read(offset + headBytes, head.payloadBytes);
    return sha256(payload) === head.payloadHash ? decodeFooter(payload) : null;
  }

  /** The payload of the block whose head is at `offset`; null where it is damaged. */
  payloadAt(offset: number): Buffer | null {
    const head = this.#headAt(offset);
    if (head === null || head.payloadBytes > this.#payloadLimit) return null;
    const payload = this.#read(offset + headBytes, head.payloadBytes);
    return sha256(payload) === head.payloadHash ? payload : null;
  }

  #frame(
    head: FrameHead,
    offset: number,
    number: number,
    isWanted: boolean,
  ): { items: SegmentItem[]; end: number } {
    const items: SegmentItem[] = [];
    const start = offset + headBytes;
    const end = start + head.payloadBytes;
    if (head.number < number) {
      const why = `the block has the number ${head.number}, which was there before`;
      return { items: [this.#damage(number, offset, why, head, false)], end };
    }
    if (head.number > number) {
      const why = `blocks ${number} to ${head.number - 1} are missing`;
      items.push(this.#damage(number, offset, why, null, false));
    }
    if (end > this.sizeBytes) {
      const why = "the block was not finished: the file ends within it";
      items.push(this.#damage(head.number, offset, why, head, true));
      return { items, end: this.sizeBytes };
    }
    const isChained = this.#chain === null || this.#chain === head.previous;
    this.#chain = head.seal;
    this.lastSeal = head.seal;
    if (!isWanted && head.kind === frameKinds.block) return { items, end };
    const payload = this.#read(start, head.payloadBytes);
    const kind = head.kind === frameKinds.block ? "block" : "footer";
    const isGap = items.length > 0;
    if (sha256(payload) !== head.payloadHash) {
      const why = `the content of the ${kind} does not match its checksum`;
      items.push(this.#damage(head.number, offset, why, head, false));
    } else if (!isChained && !isGap) {
      const why = "the hash chain is broken: it does not continue from the block before";
      items.push(this.#damage(head.number, offset, why, head, false));
    } else items.push({ kind, head, offset, payload });
    return { items, end };
  }

  #badHead(number: number, offset: number, hasNext: boolean): SegmentItem {
    // What follows can't be tied to what was before.
    this.#chain = null;
    if (hasNext) {
      return this.#damage(number, offset, "the head of the block is damaged", null, false);
    }
    const left = this.sizeBytes - offset;
    const why =
      left < headBytes
        ? "the block was not finished: the file ends within its head"
        : "the head of the block is damaged, and no other block follows";
    return this.#damage(number, offset, why, null, true);
  }

  #damage(
    block: number | null,
    offset: number,
    why: string,
    head: FrameHead | null,
    isTail: boolean,
  ): SegmentItem {
    return { kind: "damage", damage: { file: this.path, block, offset, why, isTail, head } };
  }

  #headAt(offset: number): FrameHead | null {
    const head = decodeHead(this.#read(offset, headBytes));
    if (head === null || head.payloadBytes > this.#payloadLimit) return null;
    if (this.#logId !== null && head.logId !== this.#logId) return null;
    this.#logId = head.logId;
    return head;
  }

  /** The first frame whose marker is at `from` or after it. */
  #findFrame(from: number): { readonly offset: number; readonly head: FrameHead } | null {
    for (let at = from; at < this.sizeBytes; at += scanBytes) {
      const bytes = this.#read(at, scanBytes + frameMarker.length - 1);
      for (let i = bytes.indexOf(frameMarker); i !== -1; i = bytes.indexOf(frameMarker, i + 1)) {
        const head = this.#headAt(at + i);
        if (head !== null) return { offset: at + i, head };
      }
    }
    return null;
  }

  /** The header and what else of the file it takes to tell what is wrong with it. */
  #readStart(): Buffer {
    const bytes = this.#read(0, usualHeaderBytes);
    return isHeaderWithin(bytes) ? bytes : this.#read(0, headerBytes);
  }

  /** As many bytes as there are. */
  #read(offset: number, count: number): Buffer {
    const start = Math.max(0, offset);
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(count, this.sizeBytes - start)));
    let filled = 0;
    try {
      while (filled < buffer.length) {
        const read = readSync(this.#fd, buffer, filled, buffer.length - filled, start + filled);
        if (read === 0) break;
        filled += read;
      }
    } catch (error) {
      throw systemError("read", this.path, error);
    }
    return buffer.subarray(0, filled);
  }
}
