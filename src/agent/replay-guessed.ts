/**
 * Replays files in any order as `replaySorted` does, but with times that are guessed instead of read, which
 * takes a fraction of the time. Each is confirmed when its line is evaluated, and alerts are held back until all
 * are.
 */
import { setImmediate as turn } from "node:timers/promises";
import { createTimeCells } from "../collect/jsonl/guess-time.ts";
import { type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineClock } from "../collect/jsonl/line-clock.ts";
import { LineIndex } from "../collect/jsonl/line-index.ts";
import { LineStore } from "../collect/jsonl/line-store.ts";
import type { TimedLines } from "../collect/jsonl/timed-lines.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import { HeldAlerts } from "./held-alerts.ts";
import { lineTimeReader } from "./line-times.ts";
import { areGuessesRight } from "./order-check.ts";
import { Pipeline } from "./pipeline.ts";
import { Refusals } from "./refusals.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";

/** Lines fetched at once. */
const blockLines = 2048;

/** Resolves to null, with no alert raised, where some time can't be guessed or was guessed wrongly. */
export async function replayGuessed(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  const { sinks, signal, limits } = options;
  const check = { ...options, schema: options.rules.schema };
  const tally = new InputTally(rejects);
  const refusals = new Refusals(tally);
  const held = new HeldAlerts(options);
  const store = new LineStore();
  try {
    const lines = await indexLines(options, store, refusals);
    if (lines === null) return null;
    const pipeline = new Pipeline({
      ...options,
      nextBatchSize: batchSizes(options),
      onAlert: (alert) => held.take(alert),
    });
    const order = lines.index.inOrder();
    for (let first = 0; first < order.length && signal?.aborted !== true; first += blockLines) {
      const part = order.subarray(first, first + blockLines);
      if (!evaluate(lines, part, store, pipeline, refusals, options)) return null;
      if (refusals.units > limits.heldAlertBytes) return null;
      if (held.isFull && !(await areGuessesRight(check))) return null;
      if (held.isFull) held.release();
      const done = first + part.length;
      options.onProgress?.({ phase: "evaluate", done, records: order.length });
      await Promise.all(sinks.map((sink) => sink.flush()));
      await turn();
    }
    refusals.tell(Number.POSITIVE_INFINITY);
    pipeline.finish();
    held.release();
    return { totals: pipeline, tally, costs: () => pipeline.engine.costs };
  } finally {
    store.close();
  }
}

interface GuessedLines {
  readonly index: LineIndex;
  /** Lines that have no time of their own. */
  readonly untimed: ReadonlySet<number>;
}

async function indexLines(
  options: ReplayOptions,
  store: LineStore,
  refusals: Refusals,
): Promise<GuessedLines | null> {
  const { limits, signal, rules } = options;
  const index = new LineIndex();
  const untimed = new Set<number>();
  const clock = new LineClock(lineTimeReader({ ...options, schema: rules.schema }));
  let bytesBefore = 0;
  for (const input of options.inputs) {
    let totalBytes = 0;
    let isOpen = false;
    clock.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits), signal)) {
      if (!isOpen) store.openInput(input);
      isOpen = true;
      if (!addLines(block, input, { index, untimed, clock, store, refusals })) return null;
      totalBytes = block.totalBytes;
      const records = index.count;
      options.onProgress?.({ phase: "read", totalBytes: bytesBefore + totalBytes, records });
    }
    bytesBefore += totalBytes;
    index.endInput();
  }
  return { index, untimed };
}

interface Intake {
  readonly index: LineIndex;
  readonly untimed: Set<number>;
  readonly clock: LineClock;
  readonly store: LineStore;
  readonly refusals: Refusals;
}

function addLines(block: LineBlock, input: string, intake: Intake): boolean {
  const { index, untimed, clock, store, refusals } = intake;
  const { bytes, starts, ends, count } = block;
  const cells = createTimeCells(1);
  const shift = store.keep(block);
  clock.begin(block);
  for (let i = 0; i < count; i += 1) {
    const [start, end] = [starts[i]!, ends[i]!];
    const time = clock.read(i, cells, 0);
    if (time === "unknown") return false;
    if (typeof time === "object") {
      refusals.add(time, { bytes, start, end, input }, index.count - 0.5);
      continue;
    }
    if (time === "untimed") untimed.add(index.count);
    index.add(cells.longs[0]!, start + shift, end - start);
  }
  clock.end();
  refusals.addProblems(block.problems, input, index.count);
  return true;
}

/** Evaluates some of the lines, in their order; false where one has another time than was guessed. */
function evaluate(
  { index, untimed }: GuessedLines,
  order: Uint32Array,
  store: LineStore,
  pipeline: Pipeline,
  refusals: Refusals,
  { inputs }: ReplayOptions,
): boolean {
  const count = order.length;
  const { bytes, starts } = store.fetch(index, order, 0, count);
  const times = createTimeCells(count);
  const lines: TimedLines = {
    ...{ bytes, starts, count },
    ends: starts.map((start, i) => start + index.length(order[i]!)),
    times: times.words,
    untimed: Uint8Array.from(order, (line) => (untimed.has(line) ? 1 : 0)),
  };
  for (let i = 0; i < count; i += 1) times.longs[i] = index.timeNs(order[i]!);
  pipeline.scan(lines, (rejection, i) => {
    const input = inputs[index.input(order[i]!)]!;
    const place = { bytes, start: starts[i]!, end: lines.ends[i]!, input };
    refusals.add(rejection, place, order[i]!);
  });
  // The bytes are overwritten by the next lines.
  pipeline.flush();
  return pipeline.isInOrder;
}
