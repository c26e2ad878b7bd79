/**
 * Replays files whose lines are in order or nearly so, as they are read: lines are held back until newer ones
 * have come, so that those which are a little late take their place. Alerts are held back until the end has
 * shown that no line is later than that, and that each has the time that was guessed for it.
 */
import { setImmediate as turn } from "node:timers/promises";
import { blockBytes, type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { LineWindow, type OrderedLines } from "../collect/jsonl/line-window.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import type { Rejection } from "../event/decode.ts";
import { batchSizes, type Evaluation, InputTally } from "./evaluation.ts";
import { HeldAlerts } from "./held-alerts.ts";
import { LineTimes } from "./line-times.ts";
import { fitWindow } from "./order-check.ts";
import { Pipeline } from "./pipeline.ts";
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
  let records = 0;
  for (const input of options.inputs) {
    let totalBytes = 0;
    replay.window.beginInput();
    for await (const block of untilAborted(openLineBlocks(input, limits, kept), signal)) {
      if (!replay.take(block, input)) return null;
      if (held.isFull && !(await fitWindow(check))) return null;
      if (held.isFull) held.release();
      totalBytes = block.totalBytes;
      records += block.count;
      options.onProgress?.({ phase: "read", totalBytes: bytesBefore + totalBytes, records });
      await Promise.all(options.sinks.map((sink) => sink.flush()));
      await turn();
    }
    bytesBefore += totalBytes;
  }
  if (!replay.finish(signal?.aborted === true)) return null;
  held.release();
  const { pipeline, tally } = replay;
  return { totals: pipeline, tally, costs: pipeline.engine.costs };
}

interface Refusal {
  readonly rejection: Rejection;
  readonly text: string | null;
  readonly input: string;
  /** Its place among the lines in the order of arrival. */
  readonly arrival: number;
}

class WindowedReplay {
  readonly window: LineWindow;
  readonly pipeline: Pipeline;
  readonly tally: InputTally;
  /** Lines that were no events, some of which came after lines that are still held. */
  readonly #refusals: Refusal[] = [];

  constructor(options: ReplayOptions, rejects: RejectFile, held: HeldAlerts) {
    const { limits, rules } = options;
    const times = new LineTimes({ ...options, schema: rules.schema });
    this.tally = new InputTally(rejects);
    this.window = new LineWindow({
      lines: limits.windowLines,
      bytes: limits.windowBytes,
      kept: Math.ceil(limits.windowBytes / blockBytes),
      readTime: (bytes, start, end) => times.read(bytes, start, end),
      onReject: (rejection, arrival, { bytes, start, end, input }) => {
        this.#refusals.push({ rejection, text: textOf(bytes, start, end), input, arrival });
      },
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
    for (const { kind, message } of block.problems) {
      if (kind === "broken-input") this.tally.breakOff(message, input);
      else {
        const rejection = { kind: "rejected", code: kind, message } as const;
        const arrival = this.window.arrivals - 0.5;
        this.#refusals.push({ rejection, text: null, input, arrival });
      }
    }
    return this.#evaluate(this.window.take(false));
  }

  /** The end of all inputs; what is held is given up if the replay was ended early. */
  finish(isAborted: boolean): boolean {
    if (!isAborted && !this.#evaluate(this.window.take(true))) return false;
    this.#tellRefusals(Number.POSITIVE_INFINITY);
    this.pipeline.finish();
    return true;
  }

  #evaluate(runs: readonly OrderedLines[]): boolean {
    const { pipeline } = this;
    for (const lines of runs) {
      const { bytes, starts, ends, arrivals, input } = lines;
      pipeline.scan(lines, (rejection, line) => {
        const text = textOf(bytes, starts[line]!, ends[line]!);
        this.#refusals.push({ rejection, text, input, arrival: arrivals[line]! });
      });
      if (!pipeline.isInOrder) return false;
    }
    // Some of the bytes are overwritten by the next block.
    pipeline.flush();
    if (this.#refusals.length > 0) this.#tellRefusals(this.window.firstHeld);
    return true;
  }

  /** Reports, in the order of arrival, what came before a line. */
  #tellRefusals(arrival: number): void {
    const refusals = this.#refusals.sort((a, b) => a.arrival - b.arrival);
    const later = refusals.findIndex((refusal) => refusal.arrival >= arrival);
    for (const { rejection, text, input } of refusals.splice(0, later === -1 ? Infinity : later)) {
      this.tally.reject(rejection, text, input);
    }
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}
