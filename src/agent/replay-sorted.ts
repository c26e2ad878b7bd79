/** Replays inputs in any order: all are read and sorted first. */
import { setImmediate as turn } from "node:timers/promises";
import { type RecordParser, sortedRecords } from "../collect/jsonl/sorted-records.ts";
import { Evaluation } from "./evaluation.ts";
import type { LogInputs } from "./log-inputs.ts";
import { isWithin, Pace } from "./pace.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";

/** Blocks of records between two turns of the event loop, in which signals and errors are heard. */
const blocksPerTurn = 8;

export async function replaySorted(
  options: ReplayOptions,
  rejects: RejectFile,
  logs: LogInputs,
): Promise<Evaluation> {
  const { signal, onProgress, sinks } = options;
  const evaluation = new Evaluation(options, rejects, (alert) => {
    for (const sink of sinks) sink.write(alert);
  });
  const { pipeline } = evaluation;
  const parser: RecordParser = {
    parse: (line) => pipeline.parse(line),
    readsTimestamp: options.timestampField === undefined || options.timestampField === "@timestamp",
  };
  let records = 0;
  const blocks = sortedRecords(options.inputs, {
    parser,
    limits: options.limits,
    onReject: (rejection, line, input) => evaluation.reject(rejection, line, input),
    onProblem: (message, input) => evaluation.breakOff(message, input),
    openTimed: (input) => logs.lines(input, options, (damage) => evaluation.damage(damage)),
    onProgress: (totalBytes, count) => {
      records = count;
      onProgress?.({ phase: "read", totalBytes, records: count });
    },
    ...(signal === undefined ? {} : { signal }),
  });
  let done = 0;
  let turns = 0;
  const pace = new Pace(options.speed, signal);
  for await (const block of blocks) {
    for (const { record, timeNs } of block) {
      if (!isWithin(timeNs, options)) continue;
      if (pace.delays(timeNs)) {
        pipeline.flush();
        await pace.reach(timeNs);
      }
      if (signal?.aborted === true) break;
      pipeline.push(record, timeNs);
    }
    done += block.length;
    turns += 1;
    if (turns % blocksPerTurn === 0) {
      onProgress?.({ phase: "evaluate", done, records });
      await Promise.all(sinks.map((sink) => sink.flush()));
      await turn();
    }
    if (signal?.aborted === true) break;
  }
  pipeline.finish();
  return evaluation;
}
