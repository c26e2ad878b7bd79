/** Ad hoc queries over files: inputs -> order -> query -> results. */
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { type SortedRecord, sortedRecords } from "../collect/jsonl/sorted-records.ts";
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SchemaMode } from "../eql/scope.ts";
import { EventDecoder, type Rejection } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { LogError } from "../log/log-error.ts";
import type { Backend } from "../predicate/contract.ts";
import { FieldInference } from "../schema/infer.ts";
import type { Schema } from "../schema/schema.ts";
import type { QueryItem } from "../study/item.ts";
import { compileQuery, type QueryRun } from "../study/query.ts";
import { CommandFailure } from "./failure.ts";
import { LogInputs } from "./log-inputs.ts";
import { tiebreak } from "./tiebreak.ts";

export interface HuntOptions {
  readonly query: string;
  /** Paths of logs, folders of logs, JSON lines, plain or gzip; `-` for standard input. */
  readonly inputs: readonly string[];
  readonly schema: Schema;
  readonly mode: SchemaMode;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly categoryField?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly tiebreakerField?: string | undefined;
  readonly onProblem: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface HuntResult {
  /** Null where the query did not compile. */
  readonly run: QueryRun | null;
  readonly items: readonly QueryItem[];
  readonly diagnostics: readonly Diagnostic[];
  readonly rejected: number;
  /** Inputs that broke off. */
  readonly brokenInputs: readonly string[];
}

/** Records from whose values the types of unknown fields are taken. */
const sampledRecords = 10_000;

/** Runs the query over all inputs. Throws a CommandFailure where one can't be read at all. */
export async function hunt(options: HuntOptions): Promise<HuntResult> {
  const tally = { rejected: 0, brokenInputs: [] as string[] };
  let logs: LogInputs | null = null;
  try {
    logs = LogInputs.open(options.inputs, options.limits);
    const blocks = openRecords(options, tally, logs);
    const { sample, rest } = await takeSample(blocks);
    const { run, diagnostics } = compileQuery(options.query, {
      ...withoutUndefined(options),
      schema: withSample(options, sample),
    });
    if (run === null) return { run, items: [], diagnostics, ...tally };
    for (const { record, timeNs } of sample) run.push(record, timeNs);
    for await (const block of rest) {
      for (const { record, timeNs } of block) run.push(record, timeNs);
      if (options.signal?.aborted === true) break;
    }
    return { run, items: run.finish(), diagnostics, ...tally };
  } catch (error) {
    const isFailure = error instanceof InputError || error instanceof LogError;
    throw isFailure ? new CommandFailure(error.message, undefined, error) : error;
  } finally {
    logs?.close();
  }
}

interface Tally {
  rejected: number;
  readonly brokenInputs: string[];
}

function openRecords(
  options: HuntOptions,
  tally: Tally,
  logs: LogInputs,
): AsyncIterable<readonly SortedRecord[]> {
  const { schema, limits, timestampField, timestampUnit, tiebreakerField, signal } = options;
  const decoder = new EventDecoder({
    schema,
    layout: createLayout(schema, [], limits),
    limits,
    ...withoutUndefined({ timestampField, timestampUnit }),
  });
  const records = sortedRecords(options.inputs, {
    parser: {
      parse: (line) => decoder.parse(line),
      readsTimestamp: timestampField === undefined || timestampField === "@timestamp",
    },
    limits,
    onReject: (_rejection: Rejection) => {
      tally.rejected += 1;
    },
    onProblem: (message, input) => {
      tally.brokenInputs.push(input);
      options.onProblem(message);
    },
    openTimed: (input) =>
      logs.lines(input, options, ({ file, offset, why }) =>
        options.onProblem(`${file}: offset ${offset}: ${why}`),
      ),
    ...(signal === undefined ? {} : { signal }),
  });
  return tiebreakerField === undefined ? records : tiebreak(records, tiebreakerField);
}

async function takeSample(
  blocks: AsyncIterable<readonly SortedRecord[]>,
): Promise<{ sample: SortedRecord[]; rest: AsyncIterable<readonly SortedRecord[]> }> {
  const iterator = blocks[Symbol.asyncIterator]();
  const sample: SortedRecord[] = [];
  while (sample.length < sampledRecords) {
    const next = await iterator.next();
    if (next.done === true) break;
    sample.push(...next.value);
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  return { sample, rest };
}

/** An open schema learns the fields of the data; a closed one is left as it is. */
function withSample(options: HuntOptions, sample: readonly SortedRecord[]): Schema {
  if (options.mode === "closed") return options.schema;
  const inference = new FieldInference(options.schema);
  for (const { record } of sample) inference.observe(record.value);
  return options.schema.extend(inference.definitions());
}

/** The members that are there, so that a missing one keeps its default. */
function withoutUndefined<Options extends object>(
  options: Options,
): { [Name in keyof Options]: Exclude<Options[Name], undefined> } {
  const members = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as {
    [Name in keyof Options]: Exclude<Options[Name], undefined>;
  };
}
