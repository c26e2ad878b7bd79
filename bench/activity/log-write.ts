/** JSON lines to a binary log beside them, by the call that `kestrel convert` makes. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { convert } from "../../src/agent/convert.ts";
import { CommandFailure } from "../../src/agent/failure.ts";
import { monotonicMs } from "../../src/base/clock.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { engineVersion } from "../../src/engine/version.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import type { Stream } from "../stream/stream.ts";
import type { Packed } from "./job.ts";

/** Where the log of a file of JSON lines goes. */
export function logPath(path: string): string {
  return `${path}.klog`;
}

/** Writes the log of the file at `path` anew; resolves to the ms it took. */
export async function logWritePass(path: string): Promise<number> {
  for (const segment of segmentsOf(path)) rmSync(segment);
  const fail = (message: string): never => {
    throw new CommandFailure(message);
  };
  const startMs = monotonicMs();
  await convert({
    inputs: [path],
    output: logPath(path),
    keeping: {},
    schema: builtInSchema(),
    limits: defaultLimits,
    engineVersion,
    onProblem: fail,
    onDamage: ({ why }) => fail(why),
  });
  return monotonicMs() - startMs;
}

/** Bytes of the logs that were written, and of the same lines packed by gzip at its usual level. */
export function packedSizes(streams: readonly Stream[]): Record<string, Packed> {
  return Object.fromEntries(
    streams.map(({ name, path }) => {
      const log = segmentsOf(path).reduce((sum, segment) => sum + statSync(segment).size, 0);
      return [name, { log, gzip: gzipSync(readFileSync(path)).length }];
    }),
  );
}

/** A log is one file or, where it is long, several with numbers in their names. */
function segmentsOf(path: string): string[] {
  const start = basename(logPath(path)).replace(/\.klog$/, "");
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start) && name.endsWith(".klog"))
    .map((name) => join(dirname(path), name));
}
