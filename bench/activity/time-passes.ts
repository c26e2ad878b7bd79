/** Measures passes over streams: first a warm-up, then as many passes as a short one needs. */
import { monotonicMs } from "../../src/base/clock.ts";
import { median } from "../median.ts";
import type { StreamSet } from "../stream/stream.ts";

/** One pass over the file of `events` lines at `path`; resolves to the ms that count. */
export type Pass = (path: string, events: number) => Promise<number>;

/** Passes over a stream begin until this much time has gone by. */
const enoughMs = 50;
/** Streams that are passed through once before anything counts. */
const warmStreams = 2;

/** ms of the median pass for each stream. */
export async function timePasses(
  { streams, warmPath }: StreamSet,
  pass: Pass,
): Promise<Record<string, number>> {
  await pass(warmPath, Number.POSITIVE_INFINITY);
  // JavaScript is slow until it has been optimised, JSON.parse never is.
  for (const { path, events } of streams.slice(0, warmStreams)) await pass(path, events);
  const times: Record<string, number> = {};
  for (const { name, path, events } of streams) {
    times[name] = await medianPass(() => pass(path, events));
  }
  return times;
}

async function medianPass(pass: () => Promise<number>): Promise<number> {
  const endMs = monotonicMs() + enoughMs;
  const measured: number[] = [];
  do {
    globalThis.gc?.();
    measured.push(await pass());
  } while (monotonicMs() < endMs);
  return median(measured);
}
