/**
 * Replays files as they are read. Recordings are nearly always in order, but only their end shows it:
 * until then alerts are held back, and where an event turns out to be older than one before it, nothing
 * has happened and the inputs can be sorted instead.
 */

import { statSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import type { Alert } from "../alert/alert.ts";
import { type LineBlock, openLineBlocks } from "../collect/jsonl/line-blocks.ts";
import { untilAborted } from "../collect/jsonl/until-aborted.ts";
import { Evaluation } from "./evaluation.ts";
import { areInOrder } from "./order-check.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";

/** Resolves to null, with no alert raised, where the inputs are not in order or can't be read twice. */
export async function replayInOrder(
  options: ReplayOptions,
  rejects: RejectFile,
): Promise<Evaluation | null> {
  if (!options.inputs.every(isRegularFile)) return null;
  // The first lines show most disorder, before an engine is made.
  const check = { ...options, schema: options.rules.schema };
  if (!(await areInOrder(check, 1))) return null;
  const held = new HeldAlerts(options);
  const evaluation = new Evaluation(options, rejects, (alert) => held.take(alert));
  const { pipeline } = evaluation;
  const progress = { bytesBefore: 0, records: 0 };
  for (const input of options.inputs) {
    let totalBytes = 0;
    for await (const block of untilAborted(openLineBlocks(input, options.limits), options.signal)) {
      scanBlock(block, input, evaluation);
      if (!pipeline.isInOrder) return null;
      if (held.isFull && !(await areInOrder(check))) return null;
      if (held.isFull) held.release();
      totalBytes = block.totalBytes;
      progress.records += block.count;
      options.onProgress?.({
        phase: "read",
        totalBytes: progress.bytesBefore + totalBytes,
        records: progress.records,
      });
      await Promise.all(options.sinks.map((sink) => sink.flush()));
      await turn();
    }
    progress.bytesBefore += totalBytes;
  }
  pipeline.finish();
  held.release();
  return evaluation;
}

function isRegularFile(input: string): boolean {
  return input !== "-" && (statSync(input, { throwIfNoEntry: false })?.isFile() ?? false);
}

function scanBlock(block: LineBlock, input: string, evaluation: Evaluation): void {
  const { pipeline } = evaluation;
  const { bytes, starts, ends, count } = block;
  for (let i = 0; i < count; i += 1) {
    const rejection = pipeline.scan(bytes, starts[i]!, ends[i]!);
    if (rejection === null) continue;
    evaluation.reject(rejection, textOf(bytes, starts[i]!, ends[i]!), input);
  }
  // The bytes are overwritten by the next block.
  pipeline.flush();
  for (const { kind, message } of block.problems) {
    if (kind === "broken-input") evaluation.breakOff(message, input);
    else evaluation.reject({ kind: "rejected", code: kind, message }, null, input);
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}

/** Alerts that wait for the input to show its order; once released, they are handed on at once. */
class HeldAlerts {
  readonly #options: ReplayOptions;
  #alerts: Alert[] | null = [];
  #heldBytes: number = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Whether so many are held that the order must be found out first. */
  get isFull(): boolean {
    return this.#alerts !== null && this.#heldBytes > this.#options.limits.heldAlertBytes;
  }

  take(alert: Alert): void {
    if (this.#alerts === null) {
      this.#write(alert);
      return;
    }
    this.#alerts.push(alert);
    for (const { event } of alert.match) this.#heldBytes += event?.length ?? 0;
  }

  release(): void {
    const held = this.#alerts ?? [];
    this.#alerts = null;
    for (const alert of held) this.#write(alert);
  }

  #write(alert: Alert): void {
    for (const sink of this.#options.sinks) sink.write(alert);
  }
}
