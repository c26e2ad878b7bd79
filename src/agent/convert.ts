/** Recordings from one form to another: log, JSON lines, Parquet. */

import { Buffer } from "node:buffer";
import { closeSync, openSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { systemReason } from "../base/system-reason.ts";
import type { SortedRecord } from "../collect/jsonl/sorted-records.ts";
import { LogError } from "../log/log-error.ts";
import { segmentsOf } from "../log/log-paths.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Damage } from "../log/segment-file.ts";
import { CommandFailure } from "./failure.ts";
import { LogInputs, type TimestampOptions } from "./log-inputs.ts";
import { type LogKeeping, loadRedactor, openLogOutput } from "./log-output.ts";
import { type OrderedRecordsOptions, orderedRecords } from "./ordered-records.ts";

export interface ConvertOptions extends Omit<OrderedRecordsOptions, "onReject"> {
  /** Its extension says what is written: `.klog`, `.jsonl`, `.jsonl.gz`, `.ndjson` or `.parquet`. */
  readonly output: string;
  readonly keeping: LogKeeping;
  readonly engineVersion: string;
}

/** What a conversion came to. */
export interface ConvertSummary {
  readonly events: number;
  readonly records: number;
  readonly rejected: number;
  readonly damaged: readonly Damage[];
  readonly broken_inputs: readonly string[];
}

/** Something that takes records in order. `write` and `close` throw the system's errors. */
export interface RecordOutput {
  write(records: readonly SortedRecord[]): void;
  close(): void;
}

/** Throws a CommandFailure where an input can't be read or the output can't be written. */
export async function convert(options: ConvertOptions): Promise<ConvertSummary> {
  if (options.inputs.includes(options.output)) {
    throw new CommandFailure("the output is one of the inputs");
  }
  const summary = { events: 0, records: 0, rejected: 0, damaged: [] as Damage[] };
  const broken: string[] = [];
  const records = orderedRecords({
    ...options,
    onReject: () => {
      summary.rejected += 1;
    },
    onDamage: (damage) => {
      summary.damaged.push(damage);
      options.onDamage(damage);
    },
    onProblem: (message, input) => {
      broken.push(input);
      options.onProblem(message, input);
    },
  });
  let output: RecordOutput | null = null;
  try {
    const known = { ...options, ...knownTimestamps(options) };
    for await (const block of records) {
      output ??= await openOutput(known);
      output.write(block);
      summary.records += block.length;
      for (const { record } of block) if (record.kind === "event") summary.events += 1;
    }
    output ??= await openOutput(known);
  } catch (error) {
    throw writeFailure(error, options.output);
  }
  closeOutput(output, options.output);
  return { ...summary, broken_inputs: broken };
}

/** A log keeps which field gave its events their time. */
function knownTimestamps(options: ConvertOptions): TimestampOptions {
  const logs = LogInputs.open(options.inputs, options.limits);
  logs.close();
  return logs.timestampOptions(options) ?? options;
}

function closeOutput(output: RecordOutput, path: string): void {
  try {
    output.close();
  } catch (error) {
    throw writeFailure(error, path);
  }
}

function writeFailure(error: unknown, path: string): unknown {
  if (error instanceof LogError) return new CommandFailure(error.message, undefined, error);
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
}

async function openOutput(options: ConvertOptions): Promise<RecordOutput> {
  const { output: path, keeping, schema } = options;
  if (path.endsWith(".klog")) return openKlog(options);
  const redactor = loadRedactor(keeping.redactFile);
  if (path.endsWith(".parquet")) {
    // Its library would be loaded with every command.
    const { ParquetOutput } = await import("./parquet-output.ts");
    return new ParquetOutput(path, schema, options.limits, redactor);
  }
  if (/\.(jsonl|ndjson|json)$/.test(path)) return new LinesOutput(path, redactor, (text) => text);
  if (/\.(jsonl|ndjson|json)\.gz$/.test(path)) {
    return new LinesOutput(path, redactor, (text) => gzipSync(text));
  }
  throw new CommandFailure(
    `${path}: the extension must be .klog, .jsonl, .jsonl.gz or .parquet, which says what is written`,
  );
}

function openKlog(options: ConvertOptions): RecordOutput {
  const { output: path, keeping } = options;
  if (segmentsOf(path).length > 0) {
    throw new CommandFailure(`${path} exists: a log is never overwritten`);
  }
  let failure: string | null = null;
  const log = openLogOutput({
    sync: "interval",
    segmentBytes: Number.POSITIVE_INFINITY,
    ...withoutUndefined(keeping),
    path,
    limits: options.limits,
    schema: options.schema,
    engineVersion: options.engineVersion,
    rulePackHash: null,
    timestampField: options.timestampField,
    timestampUnit: options.timestampUnit,
    isLive: false,
    blockSeconds: Number.POSITIVE_INFINITY,
    segmentSeconds: Number.POSITIVE_INFINITY,
    onLoss: (message) => {
      failure ??= message;
    },
  });
  const check = (): void => {
    if (failure !== null) throw new CommandFailure(failure);
  };
  return {
    write: (records) => {
      for (const { record, timeNs } of records) log.write(record, timeNs);
      check();
    },
    close: () => {
      log.close();
      check();
    },
  };
}

function withoutUndefined(keeping: LogKeeping): LogKeeping {
  return Object.fromEntries(Object.entries(keeping).filter(([, value]) => value !== undefined));
}

/** Bytes of text written (and packed) together. */
const pieceChars = 0x100000;

class LinesOutput implements RecordOutput {
  readonly #fd: number;
  readonly #redactor: Redactor | undefined;
  readonly #pack: (text: Buffer) => Buffer;
  #lines: string[] = [];
  #chars: number = 0;

  constructor(path: string, redactor: Redactor | undefined, pack: (text: Buffer) => Buffer) {
    this.#fd = openSync(path, "w");
    this.#redactor = redactor;
    this.#pack = pack;
  }

  write(records: readonly SortedRecord[]): void {
    for (const { record } of records) {
      const { json } = this.#redactor?.redact(record) ?? record;
      this.#lines.push(`${json}\n`);
      this.#chars += json.length;
    }
    if (this.#chars >= pieceChars) this.#flush();
  }

  close(): void {
    try {
      if (this.#lines.length > 0) this.#flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  #flush(): void {
    const bytes = this.#pack(Buffer.from(this.#lines.join("")));
    this.#lines = [];
    this.#chars = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}
