/** A log of a live run: its records, and what its rules find in it when it is replayed. */
import { backends } from "../../src/agent/backends.ts";
import { Pipeline } from "../../src/agent/pipeline.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { AlertDigest } from "../../src/alert/digest.ts";
import { Prng } from "../../src/base/prng.ts";
import { recordKinds } from "../../src/event/batch.ts";
import type { Block } from "../../src/log/block.ts";
import { openLogs } from "../../src/log/log-reader.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import type { Scenario } from "./scenario.ts";

export interface LogRecord {
  readonly kind: "event" | "gap" | "heartbeat";
  readonly timeNs: bigint;
  readonly json: string;
}

export interface LogContents {
  readonly blocks: readonly Block[];
  readonly records: readonly LogRecord[];
  /** Hashes of the rules that took over, each before the record of that index. */
  readonly swaps: readonly { readonly at: number; readonly packHash: string }[];
  /** What could not be believed; nothing may be. */
  readonly damages: readonly string[];
}

export function readSegments(paths: readonly string[], scenario: Scenario): LogContents {
  const blocks: Block[] = [];
  const damages: string[] = [];
  const records: LogRecord[] = [];
  for (const log of openLogs(paths, scenario.limits)) {
    for (const item of log.items({ onDamage: ({ why }) => damages.push(why) })) {
      if (item.kind === "block") blocks.push(item.block);
      if (item.kind === "block") records.push(...recordsOf(item.block));
    }
    log.close();
  }
  const swaps = records.flatMap((record, at) => {
    const packHash = swapOf(record);
    return packHash === null ? [] : [{ at, packHash }];
  });
  return { blocks, records, swaps, damages };
}

function recordsOf(block: Block): LogRecord[] {
  return Array.from({ length: block.count }, (_unused, row) => ({
    kind: kindOf(block.kinds?.[row] ?? recordKinds.event),
    timeNs: block.times[row]!,
    json: block.text(row),
  }));
}

function kindOf(number: number): LogRecord["kind"] {
  if (number === recordKinds.gap) return "gap";
  return number === recordKinds.heartbeat ? "heartbeat" : "event";
}

function swapOf({ kind, json }: LogRecord): string | null {
  if (kind !== "heartbeat") return null;
  const { kestrel } = JSON.parse(json) as { kestrel?: { rules?: { pack_hash?: string } } };
  return kestrel?.rules?.pack_hash ?? null;
}

export interface ReplayOutcome {
  readonly alerts: readonly Alert[];
  readonly digest: string;
  readonly evaluated: number;
  readonly pending: number;
  readonly suppressed: number;
}

/** Replays a log in batches of drawn sizes, on the other back end; `ruleSets` are those in force, the first at its beginning. */
export function replayContents(
  { blocks, swaps }: LogContents,
  ruleSets: readonly RuleSet[],
  scenario: Scenario,
): ReplayOutcome {
  const random = new Prng(scenario.seed);
  const { limits } = scenario;
  const other = scenario.backend === "wasm" ? "interpret" : "wasm";
  const alerts: Alert[] = [];
  const digest = new AlertDigest();
  let evaluated = 0;
  let suppressed = 0;
  const open = (rules: RuleSet, before?: Pipeline): Pipeline =>
    new Pipeline({
      ...{ rules, backend: backends[other], limits, engineVersion: "1", digest },
      before: before?.engine,
      nextBatchSize: () => 1 + random.int(limits.batchEvents),
      onAlert: (alert) => alerts.push(alert),
      onReject: ({ message }, text) => {
        throw new Error(`${message}: ${text}`);
      },
    });
  let pipeline = open(ruleSets[0]!);
  const finish = (): void => {
    pipeline.finish();
    evaluated += pipeline.evaluated;
    suppressed += pipeline.counters.suppressed;
  };
  let swapped = 0;
  let first = 0;
  for (const block of blocks) {
    let row = 0;
    for (; swapped < swaps.length && swaps[swapped]!.at < first + block.count; swapped += 1) {
      const end = swaps[swapped]!.at - first;
      pipeline.take(block, row, end);
      finish();
      pipeline = open(ruleSets[swapped + 1]!, pipeline);
      row = end;
    }
    pipeline.take(block, row, block.count);
    first += block.count;
  }
  finish();
  const { pending } = pipeline.counters;
  return { alerts, digest: digest.hex(), evaluated, pending, suppressed };
}
