/** Live sources into a log: bus -> order -> log. */
import { monotonicMs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { BusInput } from "../bus/bus.ts";
import { EventDecoder } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { Schema } from "../schema/schema.ts";
import { Feed } from "./feed.ts";
import { openRejectFile } from "./reject-file.ts";

export interface RecordOptions {
  /** Sources that are attached; the recording closes them. */
  readonly inputs: readonly BusInput[];
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
  /** Lost by a source, or dropped because the queue was full. */
  readonly dropped: number;
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
 * Follows the sources until they end, until `signal` is aborted or until the log can't be written, and
 * resolves to the summary. Throws a CommandFailure where a source can't be read.
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
  const feed = new Feed({
    ...options,
    sieve: null,
    windowMs: 0,
    rejects,
    parse: (line) => decoder.parse(line),
    take: (entry, timeNs) => {
      if (entry.kind === "event") events += 1;
      log.write(entry, timeNs);
    },
    settle: async () => {
      log.tick();
      return log.lost === 0;
    },
  });
  try {
    await feed.run();
  } finally {
    log.close();
    rejects.close();
  }
  return {
    events,
    rejected: feed.rejected,
    dropped: feed.sources.reduce((sum, source) => sum + source.lost + source.dropped, 0),
    late: feed.late,
    recorded: log.acknowledged,
    lost: log.lost,
    blocks: log.blocks,
    bytes: log.sizeBytes,
    seconds: Math.round(monotonicMs() - startMs) / 1000,
    interrupted: signal.aborted,
    broken_inputs: feed.brokenInputs,
  };
}
