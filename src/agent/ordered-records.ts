/** Records of logs and of lines in their final order, for commands that don't run rules. */
import type { Limits } from "../base/limits.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { type SortedRecord, sortedRecords } from "../collect/jsonl/sorted-records.ts";
import { EventDecoder, type Rejection } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { LogError } from "../log/log-error.ts";
import type { Damage } from "../log/segment-file.ts";
import type { Schema } from "../schema/schema.ts";
import { CommandFailure } from "./failure.ts";
import { LogInputs, type TimestampOptions } from "./log-inputs.ts";
import { isWithin, type TimeSlice } from "./pace.ts";

export interface OrderedRecordsOptions extends TimestampOptions, TimeSlice {
  readonly inputs: readonly string[];
  readonly schema: Schema;
  readonly limits: Limits;
  readonly onReject: (rejection: Rejection) => void;
  /** An input broke off. */
  readonly onProblem: (message: string, input: string) => void;
  readonly onDamage: (damage: Damage) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Throws a CommandFailure where an input can't be read at all. */
export async function* orderedRecords(
  options: OrderedRecordsOptions,
): AsyncGenerator<readonly SortedRecord[]> {
  let logs: LogInputs | null = null;
  try {
    logs = LogInputs.open(options.inputs, options.limits);
    const known = { ...options, ...logs.timestampOptions(options) };
    const isDirect = logs.isAll && logs.timestampOptions(options) !== null && logs.isInOrder();
    const blocks = isDirect ? fromLogs(logs, known) : fromAll(logs, known);
    for await (const block of blocks) {
      yield block.filter(({ timeNs }) => isWithin(timeNs, options));
    }
  } catch (error) {
    const isFailure = error instanceof InputError || error instanceof LogError;
    throw isFailure ? new CommandFailure(error.message, undefined, error) : error;
  } finally {
    logs?.close();
  }
}

/** Records handed out at once. */
const blockRecords = 1024;

async function* fromLogs(
  logs: LogInputs,
  options: OrderedRecordsOptions,
): AsyncGenerator<readonly SortedRecord[]> {
  const decoder = createDecoder(options);
  let block: SortedRecord[] = [];
  for (const input of options.inputs) {
    for (const { json, timeNs } of logs.lines(input, options, options.onDamage) ?? []) {
      const record = decoder.parse(json);
      if (record.kind === "rejected") options.onReject(record);
      else block.push({ record, timeNs: timeNs ?? record.timeNs ?? 0n });
      if (block.length < blockRecords) continue;
      yield block;
      if (options.signal?.aborted === true) return;
      block = [];
    }
  }
  if (block.length > 0) yield block;
}

function fromAll(
  logs: LogInputs,
  options: OrderedRecordsOptions,
): AsyncGenerator<readonly SortedRecord[]> {
  const decoder = createDecoder(options);
  const { signal, timestampField } = options;
  return sortedRecords(options.inputs, {
    parser: {
      parse: (line) => decoder.parse(line),
      readsTimestamp: timestampField === undefined || timestampField === "@timestamp",
    },
    limits: options.limits,
    onReject: options.onReject,
    onProblem: options.onProblem,
    openTimed: (input) => logs.lines(input, options, options.onDamage),
    ...(signal === undefined ? {} : { signal }),
  });
}

function createDecoder(options: OrderedRecordsOptions): EventDecoder {
  const { schema, limits, timestampField, timestampUnit } = options;
  return new EventDecoder({
    schema,
    layout: createLayout(schema, [], limits),
    limits,
    ...(timestampField === undefined ? {} : { timestampField }),
    ...(timestampUnit === undefined ? {} : { timestampUnit }),
  });
}
