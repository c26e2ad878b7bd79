/** A live source into a log: lines as they come -> order -> log. */
import { monotonicMs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import { followLines } from "../collect/jsonl/follow.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { EventDecoder } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { Schema } from "../schema/schema.ts";
import { CommandFailure } from "./failure.ts";
import { Intake } from "./intake.ts";
import { horizonMs, LiveOrder } from "./live-order.ts";
import { openRejectFile } from "./reject-file.ts";

export interface RecordOptions {
  /** Path of a growing file of JSON lines; `-` for standard input. */
  readonly input: string;
  /** It is closed at the end. */
  readonly log: LogWriter;
  readonly schema: Schema;
  readonly limits: Limits;
  readonly rejectFile?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly onProblem: (message: string) => void;
  /** Ends the recording. */
  readonly signal: AbortSignal;
}

/** What a recording came to. */
export interface RecordSummary {
  readonly events: number;
  readonly rejected: number;
  readonly late: number;
  /** Records (events, gaps, heartbeats) that were acknowledged; that could not be written. */
  readonly recorded: number;
  readonly lost: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly broken_inputs: readonly string[];
}

/**
 * Follows `input` until its end, until `signal` is aborted or until the log can't be written, and
 * resolves to the summary. Throws a CommandFailure where the input can't be opened.
 */
export async function record(options: RecordOptions): Promise<RecordSummary> {
  const startMs = monotonicMs();
  const { limits, signal, log, schema } = options;
  const decoder = new EventDecoder({
    schema,
    layout: createLayout(schema, [], limits),
    limits,
    ...(options.timestampField === undefined ? {} : { timestampField: options.timestampField }),
    ...(options.timestampUnit === undefined ? {} : { timestampUnit: options.timestampUnit }),
  });
  const rejects = openRejectFile(options.rejectFile);
  let events = 0;
  const order = new LiveOrder(horizonMs, (entry, timeNs) => {
    if (entry.kind === "event") events += 1;
    log.write(entry, timeNs);
  });
  const intake = new Intake(options, (line) => decoder.parse(line), order, rejects);
  try {
    for await (const items of followLines(options.input, {
      limits,
      signal,
      onNotice: options.onProblem,
    })) {
      if (items.length === 0) order.idle(monotonicMs());
      else for (const item of items) intake.take(item);
      log.tick();
      if (log.lost > 0) break;
    }
    order.flush();
  } catch (error) {
    throw error instanceof InputError ? new CommandFailure(error.message, undefined, error) : error;
  } finally {
    log.close();
    rejects.close();
  }
  return {
    events,
    rejected: intake.rejected,
    late: order.late,
    recorded: log.acknowledged,
    lost: log.lost,
    blocks: log.blocks,
    bytes: log.sizeBytes,
    seconds: Math.round(monotonicMs() - startMs) / 1000,
    interrupted: signal.aborted,
    broken_inputs: intake.isBroken ? [options.input] : [],
  };
}
