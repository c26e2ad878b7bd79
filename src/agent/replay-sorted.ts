/**
 * Replays inputs in any order: first every line is read for its time alone, then the lines are fetched in
 * the order of time. Only where they lie is held in memory.
 */
import { setImmediate as turn } from "node:timers/promises";
import { type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineIndex } from "../collect/jsonl/line-index.ts";
import { type FetchedLines, LineStore } from "../collect/jsonl/line-store.ts";
import type { TimedLine } from "../collect/jsonl/sorted-records.ts";
import { type TimedBlock, timedBlocks } from "../collect/jsonl/timed-blocks.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import type { Gap } from "../event/batch.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import { LineTimes } from "./line-times.ts";
import type { LogInputs } from "./log-inputs.ts";
import { isWithin, Pace } from "./pace.ts";
import { Pipeline } from "./pipeline.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";
import { SliceGaps } from "./slice-gaps.ts";

/** Lines fetched at once. */
const blockLines = 2048;

export async function replaySorted(
  options: ReplayOptions,
  rejects: RejectFile,
  logs: LogInputs,
): Promise<Evaluation> {
  const { sinks, signal } = options;
  const tally = new InputTally(rejects);
  const pipeline = new Pipeline({
    ...options,
    nextBatchSize: batchSizes(options),
    onAlert: (alert) => {
      for (const sink of sinks) sink.write(alert);
    },
  });
  const store = new LineStore();
  try {
    const { index, gapLines } = await indexLines(options, logs, tally, store);
    const order = index.inOrder();
    const gaps = new SliceGaps(options, pipeline);
    for (const [line, gap] of gapLines) {
      const timeNs = index.timeNs(line);
      if (!isWithin(timeNs, options)) gaps.add(gap, timeNs);
    }
    gaps.tellEarly();
    let newestNs: bigint | null = null;
    const pace = new Pace(options.speed, signal);
    for (let first = 0; first < order.length && !isAborted(signal); first += blockLines) {
      const last = Math.min(order.length, first + blockLines);
      const lines = { index, order, first, last, ...store.fetch(index, order, first, last) };
      newestNs = (await evaluateLines(lines, pipeline, pace, options)) ?? newestNs;
      options.onProgress?.({ phase: "evaluate", done: last, records: order.length });
      await Promise.all(sinks.map((sink) => sink.flush()));
      await turn();
    }
    gaps.tellLate(newestNs);
  } finally {
    store.close();
  }
  pipeline.finish();
  return { totals: pipeline, tally, costs: () => pipeline.engine.costs };
}

interface IndexedLines {
  readonly index: LineIndex;
  /** By line: the gap it tells of. */
  readonly gapLines: ReadonlyMap<number, Gap>;
}

async function indexLines(
  options: ReplayOptions,
  logs: LogInputs,
  tally: InputTally,
  store: LineStore,
): Promise<IndexedLines> {
  const { signal, limits } = options;
  const index = new LineIndex();
  const gapLines = new Map<number, Gap>();
  const times = new LineTimes({ ...options, schema: options.rules.schema });
  let bytesBefore = 0;
  for (const input of options.inputs) {
    if (isAborted(signal)) break;
    let totalBytes = 0;
    let isOpen = false;
    const lines = logs.lines(input, options, (damage) => tally.damage(damage));
    const blocks = lines === null ? openLineBlocks(input, limits) : blocksOfLog(lines);
    for await (const block of untilAborted(blocks, signal)) {
      if (!isOpen && lines === null) store.openInput(input);
      else if (!isOpen) store.openCopy();
      isOpen = true;
      addLines(block, input, { index, times, gapLines, store, tally });
      totalBytes = block.totalBytes;
      const records = index.count;
      options.onProgress?.({ phase: "read", totalBytes: bytesBefore + totalBytes, records });
    }
    // An unfinished read of standard input would keep the program alive.
    if (input === "-" && isAborted(signal)) process.stdin.destroy();
    bytesBefore += totalBytes;
    index.endInput();
  }
  return { index, gapLines };
}

/** Read a block at a time, so that signals are heard. */
async function* blocksOfLog(lines: Iterable<TimedLine>): AsyncGenerator<TimedBlock> {
  for (const block of timedBlocks(lines)) {
    yield block;
    await turn();
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

interface Intake {
  readonly index: LineIndex;
  readonly times: LineTimes;
  readonly gapLines: Map<number, Gap>;
  readonly store: LineStore;
  readonly tally: InputTally;
}

function addLines(block: LineBlock | TimedBlock, input: string, intake: Intake): void {
  const { index, times, gapLines, store, tally } = intake;
  const { bytes, starts, ends, count } = block;
  const knownTimes = "times" in block ? block.times : null;
  const shift = store.keep(block);
  for (let i = 0; i < count; i += 1) {
    const [start, end] = [starts[i]!, ends[i]!];
    const result = times.read(bytes, start, end);
    if (typeof result === "object" && result !== null) {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
      tally.reject(result, text, input);
      continue;
    }
    const { gap } = times;
    if (gap !== undefined) gapLines.set(index.count, gap);
    index.add(knownTimes?.[i] ?? result, start + shift, end - start);
  }
  for (const { kind, message } of block.problems) {
    if (kind === "broken-input") tally.breakOff(message, input);
    else tally.reject({ kind: "rejected", code: kind, message }, null, input);
  }
}

interface LinesInOrder extends FetchedLines {
  readonly index: LineIndex;
  readonly order: Uint32Array;
  /** The lines are `order[first, last)`. */
  readonly first: number;
  readonly last: number;
}

/** Resolves to the time of the last line that lies in the slice; null where none does. */
async function evaluateLines(
  { index, order, first, last, bytes, starts }: LinesInOrder,
  pipeline: Pipeline,
  pace: Pace,
  options: ReplayOptions,
): Promise<bigint | null> {
  let newestNs: bigint | null = null;
  for (let i = first; i < last; i += 1) {
    const line = order[i]!;
    const timeNs = index.timeNs(line);
    if (!isWithin(timeNs, options)) continue;
    if (pace.delays(timeNs)) {
      pipeline.flush();
      await pace.reach(timeNs);
    }
    if (isAborted(options.signal)) break;
    const start = starts[i - first]!;
    pipeline.scanAt(bytes, start, start + index.length(line), timeNs);
    newestNs = timeNs;
  }
  // The bytes are overwritten by the next lines.
  pipeline.flush();
  return newestNs;
}
