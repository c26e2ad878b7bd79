/** What the commands that read or write logs have in common. */
import { CommandFailure } from "../agent/failure.ts";
import { type LogKeeping, syncPolicies } from "../agent/log-output.ts";
import type { TimeSlice } from "../agent/pace.ts";
import { parseIso } from "../base/time.ts";
import type { Arguments } from "./arguments.ts";

const mebibyte = 0x100000;

/** How a log is kept, from the flags. */
export function keepingOf(args: Arguments): LogKeeping {
  return {
    sync: args.choice("fsync", syncPolicies),
    blockSeconds: args.number("block-seconds"),
    segmentBytes: bytesOf(args.number("segment-size")),
    segmentSeconds: args.number("segment-seconds"),
    retainBytes: bytesOf(args.number("retain")),
    redactFile: args.text("redact"),
  };
}

function bytesOf(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * mebibyte;
}

/** The times of `--from` and `--to`. Throws a CommandFailure where one is none. */
export function sliceOf(args: Arguments): TimeSlice {
  const fromNs = timeOf(args, "from");
  const toNs = timeOf(args, "to");
  if (fromNs !== undefined && toNs !== undefined && fromNs > toNs) {
    throw new CommandFailure("--from is later than --to");
  }
  return { fromNs, toNs };
}

function timeOf(args: Arguments, flag: string): bigint | undefined {
  const text = args.text(flag);
  if (text === undefined) return undefined;
  const timeNs = parseIso(text);
  if (timeNs !== null) return timeNs;
  throw new CommandFailure(`--${flag} ${text}: use ISO 8601, such as 2026-03-02T09:00:00Z`);
}

/** The factor of `--speed`. Throws a CommandFailure where it is none. */
export function speedOf(args: Arguments): number | undefined {
  const text = args.text("speed");
  if (text === undefined) return undefined;
  const speed = Number(/^(\d{1,6}(?:\.\d{1,6})?)x$/.exec(text)?.[1]);
  if (speed > 0) return speed;
  throw new CommandFailure(`--speed ${text}: use 1x, 10x or 0.5x`);
}

/** Aborted with `signal`, or after `seconds`. */
export function endSignal(
  seconds: number | undefined,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  if (seconds === undefined) return { signal, clear: () => undefined };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.min(seconds * 1000, 0x7fffffff));
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    clear: () => clearTimeout(timer),
  };
}
