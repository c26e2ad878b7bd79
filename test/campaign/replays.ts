/** One recording, replayed over every back end, any batch size, one and two threads, as text and as log: one digest. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendNames, backends } from "../../src/agent/backends.ts";
import { convert } from "../../src/agent/convert.ts";
import { loadRules } from "../../src/agent/load-rules.ts";
import { replay } from "../../src/agent/replay.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { Prng } from "../../src/base/prng.ts";
import { engineVersion } from "../../src/engine/version.ts";
import type { BackendName } from "../../src/predicate/contract.ts";
import { compileRules } from "../../src/rule/compile.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";

/** How one replay of a campaign is done; nothing of it may show in the digest. */
export interface ReplayWay {
  readonly input: "jsonl" | "klog";
  readonly backend: BackendName;
  /** 1 to 1,024 events. */
  readonly batchSize: number;
  /** Cuts batches at random sizes up to `batchSize` where given. */
  readonly seed: number | undefined;
  /** 1 or 2 threads that may share the work; a log that needs no sorting takes one all the same. */
  readonly workers: number;
}

export interface ReplayTally {
  readonly replays: number;
  readonly events: number;
  readonly alerts: number;
  /** All that were seen; more than one is a defect. */
  readonly digests: readonly string[];
  /** Replays of each input, back end and number of threads. */
  readonly ways: Readonly<Record<string, number>>;
  /** Those whose digest differs from that of the first replay. */
  readonly different: readonly ReplayWay[];
}

/**
 * `count` ways to replay, at least one: each input, back end and number of threads in turn, with batch sizes
 * drawn from `seed`. The smallest and the largest size come first for each of them.
 */
export function drawWays(count: number, seed: number): ReplayWay[] {
  const random = new Prng(seed);
  const kinds = [1, 2].flatMap((workers) =>
    backendNames.flatMap((backend) =>
      (["jsonl", "klog"] as const).map((input) => ({ input, backend, workers })),
    ),
  );
  return Array.from({ length: count }, (_unused, index) => {
    const round = Math.floor(index / kinds.length);
    const drawn = 1 + random.int(1024);
    // The ends are swapped from kind to kind, so that a short campaign sees both.
    const end = (round + index) % 2 === 0 ? 1 : 1024;
    return {
      ...kinds[index % kinds.length]!,
      batchSize: round < 2 ? end : drawn,
      seed: round >= 2 && random.int(2) === 0 ? random.int(2 ** 31) : undefined,
    };
  });
}

/**
 * `count` ways, at least two, for each back end and number of threads: batch sizes spread over all of 1 to 1,024, the
 * ends among them, every second one as the upper limit of random sizes, every third one from a log.
 */
export function drawWaysOfEach(count: number, seed: number): ReplayWay[] {
  const random = new Prng(seed);
  const kinds = backendNames.flatMap((backend) => [1, 2].map((workers) => ({ backend, workers })));
  return kinds.flatMap((kind) =>
    Array.from({ length: count }, (_unused, index) => {
      const least = 1 + Math.floor((index * 1024) / count);
      const beyond = 1 + Math.floor(((index + 1) * 1024) / count);
      const isEnd = index === 0 || index === count - 1;
      const drawn = least + random.int(Math.max(1, beyond - least));
      return {
        ...kind,
        input: index % 3 === 2 ? "klog" : "jsonl",
        batchSize: isEnd ? (index === 0 ? 1 : 1024) : drawn,
        seed: index % 2 === 1 ? random.int(2 ** 31) : undefined,
      } as const;
    }),
  );
}

/** Replays `recording` in each of the ways, with the rules below `rulePath`. Throws where an input is refused. */
export async function replayAll(
  recording: string,
  rulePath: string,
  ways: readonly ReplayWay[],
): Promise<ReplayTally> {
  const rules = compileRules(loadRules([rulePath]).rules, { schema: builtInSchema() }).set;
  const folder = mkdtempSync(join(tmpdir(), "kestrel-replays-"));
  try {
    const log = await logOf(recording, join(folder, "recording.klog"));
    assert.ok(statSync(log).size > 0);
    return await replayWays({ jsonl: recording, klog: log }, rules, ways);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function logOf(recording: string, output: string): Promise<string> {
  const { events, rejected } = await convert({
    inputs: [recording],
    output,
    keeping: { sync: "never" },
    schema: builtInSchema(),
    limits: defaultLimits,
    engineVersion,
    onProblem: (message) => assert.fail(message),
    onDamage: ({ why }) => assert.fail(why),
  });
  assert.ok(events > 0 && rejected === 0, `${events} events, ${rejected} rejected`);
  return output;
}

async function replayWays(
  inputs: Readonly<Record<ReplayWay["input"], string>>,
  rules: RuleSet,
  ways: readonly ReplayWay[],
): Promise<ReplayTally> {
  const digests: string[] = [];
  const different: ReplayWay[] = [];
  const counts: Record<string, number> = {};
  let events = 0;
  let alerts = 0;
  for (const way of ways) {
    const summary = await replay({
      inputs: [inputs[way.input]],
      rules,
      backend: backends[way.backend],
      limits: defaultLimits,
      engineVersion,
      sinks: [],
      batchSize: way.batchSize,
      seed: way.seed,
      workers: way.workers,
      onProblem: (message) => assert.fail(message),
    });
    events += summary.events;
    alerts += summary.alerts;
    if (!digests.includes(summary.digest)) digests.push(summary.digest);
    if (summary.digest !== digests[0]) different.push(way);
    const kind = `${way.input} ${way.backend} x${way.workers}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return { replays: ways.length, events, alerts, digests, ways: counts, different };
}
