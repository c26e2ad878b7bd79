/** All records of several inputs, in the order in which the engine must see them. */
import type { Limits } from "../../base/limits.ts";
import type { DecodedRecord, Rejection } from "../../event/decode.ts";
import { quickTime } from "./quick-time.ts";
import { openLines } from "./read-lines.ts";
import { LineSorter } from "./sorter.ts";
import { untilAborted } from "./until-aborted.ts";

/** A record and the time that it has in the order: its own, or one taken from its neighbours. */
export interface SortedRecord {
  readonly timeNs: bigint;
  readonly record: DecodedRecord;
}

/** What sorting needs of an event decoder. */
export interface RecordParser {
  parse(line: string): DecodedRecord | Rejection;
  /** Whether it takes an ISO text in `@timestamp` for the time of an event, as it usually does. */
  readonly readsTimestamp: boolean;
}

export interface SortedRecordsOptions {
  readonly parser: RecordParser;
  readonly limits: Limits;
  /** Called for each line that is no record; `line` is null where it was too long to be kept. */
  readonly onReject: (rejection: Rejection, line: string | null, input: string) => void;
  /** Called where an input breaks off after some lines were read. */
  readonly onProblem: (message: string, input: string) => void;
  /** Called now and then with the bytes (unpacked) and lines read so far of all inputs. */
  readonly onProgress?: (totalBytes: number, lines: number) => void;
  /** Stops reading: what was read so far is sorted and given out. */
  readonly signal?: AbortSignal;
  /** Records of an input that is no text, with their times; null where it is text. */
  readonly openTimed?: (input: string) => Iterable<TimedLine> | null;
  /** Where temporary files go. */
  readonly folder?: string;
}

/** `timeNs` is the time in the order; null where the line says it. */
export interface TimedLine {
  readonly json: string;
  readonly timeNs: bigint | null;
}

/** Records handed out at once. */
const blockRecords = 1024;

/**
 * Reads `inputs` (paths, `-` for standard input) whole, one after the other, then gives their records
 * out in blocks by (time, arrival): see `LineSorter`. Throws an InputError where an input can't be
 * read at all.
 */
export async function* sortedRecords(
  inputs: readonly string[],
  options: SortedRecordsOptions,
): AsyncGenerator<readonly SortedRecord[]> {
  const sorter = new LineSorter(options.limits, options.folder);
  try {
    let bytesBefore = 0;
    for (const input of inputs) {
      if (options.signal?.aborted === true) break;
      bytesBefore += await readInput(input, sorter, bytesBefore, options);
      sorter.endInput();
    }
    let block: SortedRecord[] = [];
    for (const { timeNs, input, text } of sorter.sorted()) {
      const record = options.parser.parse(text);
      if (record.kind === "rejected") options.onReject(record, text, inputs[input]!);
      else block.push({ timeNs, record });
      if (block.length === blockRecords) {
        yield block;
        block = [];
      }
    }
    if (block.length > 0) yield block;
  } finally {
    sorter.close();
  }
}

async function readInput(
  input: string,
  sorter: LineSorter,
  bytesBefore: number,
  options: SortedRecordsOptions,
): Promise<number> {
  let totalBytes = 0;
  const timed = options.openTimed?.(input) ?? null;
  if (timed !== null) {
    for (const { json, timeNs } of timed) {
      if (timeNs === null) addLine(json, input, sorter, options);
      else sorter.add(json, timeNs);
      totalBytes += json.length + 1;
    }
    options.onProgress?.(bytesBefore + totalBytes, sorter.count);
    return totalBytes;
  }
  for await (const chunk of untilAborted(openLines(input, options.limits), options.signal)) {
    for (const item of chunk.items) {
      if (typeof item === "string") {
        addLine(item, input, sorter, options);
      } else if (item.kind === "broken-input") {
        options.onProblem(item.message, input);
      } else {
        const { kind: code, message } = item;
        options.onReject({ kind: "rejected", code, message }, null, input);
      }
    }
    totalBytes = chunk.totalBytes;
    options.onProgress?.(bytesBefore + totalBytes, sorter.count);
  }
  // An unfinished read of standard input would keep the program alive.
  if (input === "-" && options.signal?.aborted === true) process.stdin.destroy();
  return totalBytes;
}

function addLine(
  line: string,
  input: string,
  sorter: LineSorter,
  { parser, onReject }: SortedRecordsOptions,
): void {
  const timeNs = parser.readsTimestamp ? quickTime(line) : null;
  if (timeNs !== null) {
    sorter.add(line, timeNs);
    return;
  }
  const record = parser.parse(line);
  if (record.kind === "rejected") onReject(record, line, input);
  else sorter.add(line, record.timeNs);
}
