/**
 * Records that wait for a receiver, oldest first. With a folder they are in files of it as well, and
 * are there again after a restart: `00000001.spool` and so on, a JSON text a line.
 */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Bytes of records after which another file is begun. */
const segmentBytes = 0x100000;

interface Segment {
  readonly path: string;
  /** Records of it that were not dropped yet. */
  records: number;
  sizeBytes: number;
}

export class Spool {
  readonly #limitBytes: number;
  readonly #folder: string | null;
  #records: string[] = [];
  /** Index of the oldest record that was not dropped. */
  #head = 0;
  #sizeBytes = 0;
  readonly #segments: Segment[] = [];
  #unsaved: string[] = [];
  #number = 0;

  /** Reads what an earlier run left in `folder`. Throws what the file system says where it can't be used. */
  constructor(limitBytes: number, folder?: string) {
    this.#limitBytes = limitBytes;
    this.#folder = folder ?? null;
    if (folder !== undefined) this.#load(folder);
  }

  get isEmpty(): boolean {
    return this.#head === this.#records.length;
  }

  /** Takes a record; false where there is no room for it. */
  push(record: string): boolean {
    const sizeBytes = Buffer.byteLength(record);
    if (this.#sizeBytes + sizeBytes > this.#limitBytes) return false;
    this.#records.push(record);
    this.#sizeBytes += sizeBytes;
    if (this.#folder !== null) this.#unsaved.push(record);
    return true;
  }

  /** The oldest records, `count` at most. */
  peek(count: number): readonly string[] {
    return this.#records.slice(this.#head, this.#head + count);
  }

  /** The oldest `count` records are delivered or given up. */
  drop(count: number): void {
    this.sync();
    for (let i = 0; i < count; i += 1) {
      this.#sizeBytes -= Buffer.byteLength(this.#records[this.#head]!);
      this.#records[this.#head] = "";
      this.#head += 1;
    }
    if (this.#head > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    this.#dropSegments(count);
  }

  /** Puts new records into the folder. Where the disk refuses, they stay in memory. */
  sync(): void {
    if (this.#folder === null || this.#unsaved.length === 0) return;
    const text = this.#unsaved.map((record) => `${JSON.stringify(record)}\n`).join("");
    const segment = this.#segment(this.#folder);
    segment.records += this.#unsaved.length;
    segment.sizeBytes += text.length;
    this.#unsaved = [];
    try {
      appendFileSync(segment.path, text, { mode: 0o600 });
    } catch {
      // A full disk: a restart would lose them, a receiver that comes back does not.
    }
  }

  /** How many records are lost by ending now: none that the folder keeps. */
  close(): number {
    this.sync();
    const left = this.#records.length - this.#head;
    if (this.#folder === null) return left;
    this.#rewriteFirst();
    return 0;
  }

  #segment(folder: string): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.sizeBytes < segmentBytes) return last;
    this.#number += 1;
    const path = join(folder, `${String(this.#number).padStart(8, "0")}.spool`);
    const segment: Segment = { path, records: 0, sizeBytes: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #dropSegments(count: number): void {
    let left = count;
    while (left > 0 && this.#segments.length > 0) {
      const first = this.#segments[0]!;
      const taken = Math.min(left, first.records);
      first.records -= taken;
      left -= taken;
      if (first.records > 0) return;
      rmSync(first.path, { force: true });
      this.#segments.shift();
    }
  }

  /** The first file may begin with records that are delivered; a crash sends those once more. */
  #rewriteFirst(): void {
    const first = this.#segments[0];
    if (first === undefined) return;
    const text = this.peek(first.records)
      .map((record) => `${JSON.stringify(record)}\n`)
      .join("");
    try {
      writeFileSync(`${first.path}.new`, text, { mode: 0o600 });
      renameSync(`${first.path}.new`, first.path);
    } catch {
      // The old file still has them all.
    }
  }

  #load(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const names = readdirSync(folder).filter((name) => /^\d{8}\.spool$/.test(name));
    for (const name of names.sort()) {
      const path = join(folder, name);
      const records = readFileSync(path, "utf8").split("\n").flatMap(readRecord);
      this.#number = Number(name.slice(0, 8));
      const sizeBytes = records.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
      // Full, so that nothing is appended to a line that a crash cut off.
      this.#segments.push({ path, records: records.length, sizeBytes: segmentBytes });
      this.#records.push(...records);
      this.#sizeBytes += sizeBytes;
    }
  }
}

/** The record of a line; none where a crash cut it off. */
function readRecord(line: string): readonly string[] {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === "string" ? [record] : [];
  } catch {
    return [];
  }
}
