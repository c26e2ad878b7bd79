/** Runs a long stream of new texts through all rules and watches what is held. */

import { Pipeline } from "../../src/agent/pipeline.ts";
import type { Limits } from "../../src/base/limits.ts";
import type { MemoryUse } from "../../src/engine/memory-use.ts";
import { engineVersion } from "../../src/engine/version.ts";
import type { LineRanges } from "../../src/event/line-kernel.ts";
import { wasmBackend } from "../../src/predicate/wasm/wasm.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { uniqueLine } from "./unique-lines.ts";

export interface SoakResult {
  readonly events: number;
  /** The most that was held at the end of any block of lines, by table. */
  readonly peak: MemoryUse;
  /** MB (10^6 bytes) of the process, at most, once a tenth of the events had passed. */
  readonly rssMb: number;
}

const blockLines = 2048;

export function soak(rules: RuleSet, limits: Limits, events: number): SoakResult {
  const pipeline = new Pipeline({
    rules,
    backend: wasmBackend,
    limits,
    engineVersion,
    nextBatchSize: () => limits.batchEvents,
    onAlert: () => undefined,
  });
  const peak: Record<keyof MemoryUse, number> = {
    strings: 0,
    memos: 0,
    partials: 0,
    processes: 0,
    processBytes: 0,
  };
  let rssMb = 0;
  for (let done = 0; done < events; ) {
    const count = Math.min(blockLines, events - done);
    pipeline.scan(blockOf(done, count), () => undefined);
    pipeline.flush();
    done += count;
    const held = pipeline.engine.memory;
    for (const table of Object.keys(peak) as (keyof MemoryUse)[]) {
      peak[table] = Math.max(peak[table], held[table]);
    }
    if (done > events / 10) rssMb = Math.max(rssMb, process.memoryUsage().rss / 1_000_000);
  }
  pipeline.finish();
  return { events: pipeline.evaluated, peak, rssMb };
}

function blockOf(first: number, count: number): LineRanges {
  const lines = Array.from({ length: count }, (_unused, i) => Buffer.from(uniqueLine(first + i)));
  const ends = new Int32Array(count);
  const starts = new Int32Array(count);
  let at = 0;
  for (const [i, { length }] of lines.entries()) {
    starts[i] = at;
    at += length;
    // Each line ends with its line feed.
    ends[i] = at - 1;
  }
  return { bytes: Buffer.concat(lines), starts, ends, count };
}
