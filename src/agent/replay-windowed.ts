/**
 * Replays files whose lines are in order or nearly so, as they are read: lines are held back until newer ones
 * have come, so that those which are a little late take their place. Alerts are held back until the end has
 * shown that no line is later than that, and that each has the time that was guessed for it.
 */
import { setImmediate as turn } from "node:timers/promises";
import { blockBytes, type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineWindow, type OrderedLines } from "../collect/jsonl/line-window.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import { HeldAlerts } from "./held-alerts.ts";
import { lineTimeReader } from "./line-times.ts";
import { fitWindow } from "./order-check.ts";
import { Pipeline } from "./pipeline.ts";
import { Refusals } from "./refusals.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";

/** Resolves to null, with no alert raised, where the window does not bring the inputs in order. */
export async function replayWindowed(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  const check = { ...options, schema: options.rules.schema };
  const { limits, signal } = options;
  const held = new HeldAlerts(options);
  const replay = new WindowedReplay(options, rejects, held);
  const kept = Math.ceil(limits.windowBytes / blockBytes);
  let bytesBefore = 0;
  for (const input of options.inputs) {
    let totalBytes = 0;
    replay.window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits, kept), signal)) {
      if (!replay.take(block, input)) return null;
      if (held.isFull && !(await fitWindow(check))) return null;
      if (held.isFull) held.release();
      totalBytes = block.totalBytes;
      const records = replay.window.arrivals - replay.window.size;
      options.onProgress?.({ phase: "read", totalBytes: bytesBefore + totalBytes, records });
      await Promise.all(options.sinks.map((sink) => sink.flush()));
      await turn();
    }
    bytesBefore += totalBytes;
  }
  if (!replay.finish(signal?.aborted === true)) return null;
  held.release();
  const { pipeline, tally } = replay;
  return { totals: pipeline, tally, costs: () => pipeline.engine.costs };
}

class WindowedReplay {
  readonly window: LineWindow;
  readonly pipeline: Pipeline;
  readonly tally: InputTally;
  readonly #refusals: Refusals;

  constructor(options: ReplayOptions, rejects: RejectFile, held: HeldAlerts) {
    const { limits, rules } = options;
    this.tally = new InputTally(rejects);
    this.#refusals = new Refusals(this.tally);
    this.window = new LineWindow({
      lines: limits.windowLines,
      bytes: limits.windowBytes,
      kept: Math.ceil(limits.windowBytes / blockBytes),
      readTime: lineTimeReader({ ...options, schema: rules.schema }),
      onReject: (rejection, arrival, line) => this.#refusals.add(rejection, line, arrival),
    });
    this.pipeline = new Pipeline({
      ...options,
      nextBatchSize: batchSizes(options),
      onAlert: (alert) => held.take(alert),
    });
  }

  /** Takes a block of lines; false where the window can't bring them in order. */
  take(block: LineBlock, input: string): boolean {
    if (!this.window.add(block, input)) return false;
    this.#refusals.addProblems(block.problems, input, this.window.arrivals);
    return this.#evaluate(this.window.take(false));
  }

  /** The end of all inputs; what is held is given up if the replay was ended early. */
  finish(isAborted: boolean): boolean {
    if (!isAborted && !this.#evaluate(this.window.take(true))) return false;
    this.#refusals.tell(Number.POSITIVE_INFINITY);
    this.pipeline.finish();
    return true;
  }

  #evaluate(runs: readonly OrderedLines[]): boolean {
    const { pipeline } = this;
    for (const lines of runs) {
      const { bytes, starts, ends, arrivals, input } = lines;
      pipeline.scan(lines, (rejection, line) => {
        const place = { bytes, start: starts[line]!, end: ends[line]!, input };
        this.#refusals.add(rejection, place, arrivals[line]!);
      });
      if (!pipeline.isInOrder) return false;
    }
    // Some of the bytes are overwritten by the next block.
    pipeline.flush();
    if (!this.#refusals.isEmpty) this.#refusals.tell(this.window.firstHeld);
    return true;
  }
}
