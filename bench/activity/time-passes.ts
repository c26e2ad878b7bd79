/** Measures passes over streams: first a warm-up, then as many passes as a short one needs. */
import { monotonicMs } from "../../src/base/clock.ts";
import { median } from "../median.ts";
import type { StreamSet } from "../stream/stream.ts";

/** One pass over the file at `path`; resolves to the ms that count. */
export type Pass = (path: string) => Promise<number>;

/** Passes over a stream begin until this much time has gone by. */
const enoughMs = 50;

/** ms of the median pass for each stream. */
export async function timePasses(
  { streams, warmPath }: StreamSet,
  pass: Pass,
): Promise<Record<string, number>> {
  await pass(warmPath);
  const times: Record<string, number> = {};
  for (const { name, path } of streams) times[name] = await medianPass(path, pass);
  return times;
}

async function medianPass(path: string, pass: Pass): Promise<number> {
  const endMs = monotonicMs() + enoughMs;
  const measured: number[] = [];
  do {
    globalThis.gc?.();
    measured.push(await pass(path));
  } while (monotonicMs() < endMs);
  return median(measured);
}
