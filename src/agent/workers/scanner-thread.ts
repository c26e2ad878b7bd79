/** The thread that reads inputs, scans their lines into batches of the ring and tells of each. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { type LineBlock, openLineBlocks } from "../../collect/jsonl/line-blocks.ts";
import { InputError } from "../../collect/jsonl/read-bytes.ts";
import type { BatchFill } from "../../event/decode.ts";
import { StringTable } from "../../event/string-table.ts";
import { TextsPublisher } from "../../event/text-mirror.ts";
import { Schema } from "../../schema/schema.ts";
import { BatchFiller } from "../batch-filler.ts";
import { batchSizes } from "../evaluation.ts";
import { RingWriter } from "./batch-ring.ts";
import type { Parcel, RejectedLine, ScannerMessage, ScannerSetup } from "./messages.ts";

class ScannerThread {
  readonly #setup: ScannerSetup;
  readonly #send: (message: ScannerMessage) => void;
  readonly #strings: StringTable;
  readonly #publisher: TextsPublisher;
  readonly #ring: RingWriter;
  readonly #filler: BatchFiller;
  readonly #utf8: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8", { ignoreBOM: true });
  // Of the parcel at hand.
  #rejections: RejectedLine[] = [];
  #broken: { message: string; input: string }[] = [];
  #progress: Parcel["progress"] = null;

  constructor(setup: ScannerSetup, send: (message: ScannerMessage) => void) {
    this.#setup = setup;
    this.#send = send;
    this.#strings = new StringTable(setup.limits.stringTableBytes);
    this.#publisher = new TextsPublisher(this.#strings);
    this.#ring = new RingWriter(setup.ring, setup.layout, this.#strings, setup.readers);
    this.#filler = new BatchFiller({
      schema: new Schema(setup.schema.version, setup.schema.fields),
      limits: setup.limits,
      timestampField: setup.timestampField,
      timestampUnit: setup.timestampUnit,
      nextBatchSize: batchSizes(setup),
      batch: this.#ring.batch,
      onBatch: (_batch, fill) => {
        this.#hand(fill);
        return this.#ring.batch;
      },
    });
  }

  async run(): Promise<void> {
    let bytesBefore = 0;
    let records = 0;
    for (const input of this.#setup.inputs) {
      let totalBytes = 0;
      this.#filler.beginInput();
      for await (const block of openLineBlocks(input, this.#setup.limits)) {
        this.#scan(block, input);
        totalBytes = block.totalBytes;
        records += block.count;
        if (!this.#filler.isInOrder) {
          this.#send({ kind: "disorder" });
          return;
        }
        this.#progress = { totalBytes: bytesBefore + totalBytes, records };
        // The bytes are overwritten by the next block.
        this.#filler.cut();
      }
      bytesBefore += totalBytes;
    }
    this.#send({ kind: "end" });
  }

  #scan(block: LineBlock, input: string): void {
    const { bytes, starts, ends } = block;
    this.#filler.scan(block, (rejection, index) => {
      const line = this.#setup.keepsRejects
        ? this.#utf8.decode(bytes.subarray(starts[index]!, ends[index]!))
        : null;
      this.#rejections.push({ rejection, line, input });
    });
    for (const { kind, message } of block.problems) {
      if (kind === "broken-input") this.#broken.push({ message, input });
      else {
        const rejection = { kind: "rejected", code: kind, message } as const;
        this.#rejections.push({ rejection, line: null, input });
      }
    }
  }

  #hand(fill: BatchFill): void {
    const given = this.#ring.give(fill);
    this.#send({
      kind: "parcel",
      ...given,
      texts: this.#publisher.publish(),
      rejections: this.#rejections,
      broken: this.#broken,
      evaluated: this.#filler.evaluated,
      dropped: this.#filler.dropped,
      progress: this.#progress,
    });
    this.#rejections = [];
    this.#broken = [];
    this.#progress = null;
    this.#strings.trim();
    this.#ring.next();
  }
}

assert(parentPort !== null, "this is the main thread");
const port = parentPort;
try {
  await new ScannerThread(workerData as ScannerSetup, (message) => port.postMessage(message)).run();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  port.postMessage({ kind: "unreadable", message: error.message } satisfies ScannerMessage);
}
