/**
 * A ring of batches in shared memory: one thread fills them in turn, several read each of them. A slot is
 * filled anew when all readers are done with it, so the filling thread waits where readers lag behind.
 */
import { Batch, type EvidenceReader } from "../../event/batch.ts";
import { copyBatch } from "../../event/batch-copy.ts";
import type { BatchFill } from "../../event/decode.ts";
import type { BatchLayout } from "../../event/layout.ts";
import type { StringTable, Texts } from "../../event/string-table.ts";
import type { Parcel } from "./messages.ts";

export interface RingMemory {
  /** By slot: how many readers are not done with it. */
  readonly pending: SharedArrayBuffer;
  /** By slot: columns, then where each row's line begins and ends. */
  readonly slots: readonly SharedArrayBuffer[];
}

/** More than a scanner needs to stay ahead; each slot has a batch's size. */
const slotCount = 4;
const startLineBytes = 0x100000;

export function createRing(layout: BatchLayout): RingMemory {
  const bytes = layout.byteLength + layout.capacity * 8;
  return {
    pending: new SharedArrayBuffer(slotCount * 4),
    slots: Array.from({ length: slotCount }, () => new SharedArrayBuffer(bytes)),
  };
}

interface Slot {
  readonly batch: Batch;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

function viewSlots(memory: RingMemory, layout: BatchLayout, strings: Texts): readonly Slot[] {
  return memory.slots.map((bytes) => ({
    batch: new Batch(layout, strings, { json: () => "{}" }, bytes),
    starts: new Int32Array(bytes, layout.byteLength, layout.capacity),
    ends: new Int32Array(bytes, layout.byteLength + layout.capacity * 4, layout.capacity),
  }));
}

/** The side of the thread that fills. */
export class RingWriter {
  readonly #pending: Int32Array;
  readonly #slots: readonly Slot[];
  /** By slot: grows with the batches. */
  readonly #lines: SharedArrayBuffer[];
  readonly #readers: number;
  #at: number = 0;

  constructor(memory: RingMemory, layout: BatchLayout, strings: StringTable, readers: number) {
    this.#pending = new Int32Array(memory.pending);
    this.#slots = viewSlots(memory, layout, strings);
    this.#lines = this.#slots.map(() => new SharedArrayBuffer(startLineBytes));
    this.#readers = readers;
  }

  /** The batch to fill; its slot is free. */
  get batch(): Batch {
    return this.#slots[this.#at]!.batch;
  }

  /** Gives the slot at hand to the readers; what it holds is told by what is returned. */
  give(fill: BatchFill): Pick<Parcel, "slot" | "count" | "used" | "gaps" | "extents" | "lines"> {
    const slot = this.#at;
    const { batch, starts, ends } = this.#slots[slot]!;
    this.#copyLines(fill.evidence.pieces(batch.count, starts, ends));
    Atomics.store(this.#pending, slot, this.#readers);
    return {
      slot,
      count: batch.count,
      used: batch.used.slice(),
      gaps: new Map(batch.gaps),
      extents: fill.writer.extents,
      lines: this.#lines[slot]!,
    };
  }

  /** Goes on to the next slot, for which it waits; the thread's events are not heard meanwhile. */
  next(): void {
    this.#at = (this.#at + 1) % this.#slots.length;
    for (;;) {
      const pending = Atomics.load(this.#pending, this.#at);
      if (pending === 0) return;
      Atomics.wait(this.#pending, this.#at, pending);
    }
  }

  #copyLines(pieces: readonly Uint8Array[]): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > this.#lines[this.#at]!.byteLength) {
      this.#lines[this.#at] = new SharedArrayBuffer(length * 2);
    }
    const bytes = new Uint8Array(this.#lines[this.#at]!);
    let end = 0;
    for (const piece of pieces) {
      bytes.set(piece, end);
      end += piece.length;
    }
  }
}

/** The side of an engine. */
export class RingReader {
  readonly #pending: Int32Array;
  readonly #slots: readonly Slot[];
  readonly #lines: SlotLines = new SlotLines();

  constructor(memory: RingMemory, layout: BatchLayout, texts: Texts) {
    this.#pending = new Int32Array(memory.pending);
    this.#slots = viewSlots(memory, layout, texts);
  }

  /** Copies the parcel's batch into `target`, whose evidence is valid until `release`. */
  read(parcel: Parcel, target: Batch): void {
    const { batch, starts, ends } = this.#slots[parcel.slot]!;
    batch.count = parcel.count;
    batch.used.set(parcel.used);
    batch.gaps.clear();
    for (const [row, gap] of parcel.gaps) batch.gaps.set(row, gap);
    copyBatch(batch, target, parcel.extents);
    this.#lines.point(new Uint8Array(parcel.lines), starts, ends);
    target.evidence = this.#lines;
  }

  /** Nothing of the parcel is read any more. */
  release(parcel: Parcel): void {
    Atomics.sub(this.#pending, parcel.slot, 1);
    Atomics.notify(this.#pending, parcel.slot);
  }
}

class SlotLines implements EvidenceReader {
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  #bytes: Uint8Array = new Uint8Array(0);
  #starts: Int32Array = new Int32Array(0);
  #ends: Int32Array = new Int32Array(0);

  point(bytes: Uint8Array, starts: Int32Array, ends: Int32Array): void {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#ends = ends;
  }

  json(row: number): string {
    return this.#utf8.decode(this.#bytes.subarray(this.#starts[row]!, this.#ends[row]!));
  }
}
