/** What rules cost is the same for every batch size and back end, and its hits are the oracle's. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { backendNames, findBackend } from "../src/agent/backends.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { replay } from "../src/agent/replay.ts";
import { defaultLimits } from "../src/base/limits.ts";
import type { Costs } from "../src/engine/rule-costs.ts";
import { engineVersion } from "../src/engine/version.ts";
import type { Backend } from "../src/predicate/contract.ts";
import { plainBackend } from "../src/predicate/interpret/interpret.ts";
import { compileRules } from "../src/rule/compile.ts";
import type { RuleSet } from "../src/rule/rule-set.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

const corpus = join(process.cwd(), "..", "shared", "corpus");
const reason: string | false = existsSync(corpus)
  ? false
  : "the corpus is not beside the repository";

interface Recording {
  readonly name: string;
  readonly path: string;
  readonly rules: string;
  readonly skip: string | false;
}

const recordings: readonly Recording[] = [
  { name: "the example", path: "examples/attack.jsonl", rules: "rules", skip: false },
  ...["linux_log4shell_sysmon", "macos_elastic_endpoint_attack"].map((name) => ({
    name,
    path: join(corpus, "events", `${name}.ecs.jsonl.gz`),
    rules: join(corpus, "rules"),
    skip: reason,
  })),
];

const compiled: Map<string, RuleSet> = new Map();

function rulesOf(path: string): RuleSet {
  const known = compiled.get(path);
  if (known !== undefined) return known;
  const { set } = compileRules(loadRules([path]).rules, { schema: builtInSchema() });
  compiled.set(path, set);
  return set;
}

async function costsOf(
  recording: Recording,
  backend: Backend,
  batchSize: number,
  profiler?: { nowMs: () => number; everyBatches: number },
): Promise<Costs> {
  const found: Costs[] = [];
  await replay({
    inputs: [recording.path],
    rules: rulesOf(recording.rules),
    backend,
    limits: defaultLimits,
    engineVersion,
    sinks: [],
    batchSize,
    profiler,
    onProblem: (message) => assert.fail(message),
    onCosts: (costs) => found.push(costs),
  });
  assert.equal(found.length, 1);
  return found[0]!;
}

/** What doesn't depend on the clock or on when the tables of texts were emptied. */
function counted(costs: Costs): unknown {
  return {
    ...costs,
    rules: costs.rules.map(({ ms: _ms, ...rest }) => rest),
    predicates: costs.predicates.map(({ ms: _ms, ...rest }) => rest),
    fields: costs.fields.map(({ field, values }) => ({ field, values })),
    sampledBatches: 0,
  };
}

function totalMs(costs: Costs): number {
  return costs.rules.reduce((sum, { ms }) => sum + ms, 0);
}

for (const recording of recordings) {
  test(`${recording.name}: any batch size and back end counts the same`, {
    skip: recording.skip,
  }, async () => {
    const wanted = await costsOf(recording, findBackend("interpret"), 1024);
    assert.ok(wanted.rules.some(({ evaluations, hits }) => evaluations > hits && hits > 0));
    assert.ok(wanted.rules.some(({ partials }) => (partials?.bytesPeak ?? 0) > 0));
    for (const name of backendNames) {
      for (const batchSize of [1, 7, 1024]) {
        const costs = await costsOf(recording, findBackend(name), batchSize);
        assert.deepEqual(counted(costs), counted(wanted), `${name}, batches of ${batchSize}`);
      }
    }
  });

  test(`${recording.name}: the oracle looks at everything and finds the same hits`, {
    skip: recording.skip,
  }, async () => {
    const plain = await costsOf(recording, plainBackend, 64);
    const wasm = await costsOf(recording, findBackend("wasm"), 64);
    assert.ok(plain.events > 0);
    for (const [place, predicate] of plain.predicates.entries()) {
      assert.equal(predicate.evaluations, plain.events);
      assert.equal(wasm.predicates[place]!.hits, predicate.hits);
      assert.ok(wasm.predicates[place]!.evaluations >= predicate.hits);
    }
    assert.deepEqual(plain.fields, []);
  });
}

for (const name of backendNames) {
  test(`${name}: one batch in so many is timed, and timing changes no count`, async () => {
    const [example] = recordings;
    const untimed = await costsOf(example!, findBackend(name), 7);
    assert.equal(untimed.sampledBatches, 0);
    assert.ok(untimed.rules.every(({ ms }) => ms === 0));
    let readings = 0;
    const profiler = { nowMs: () => readings++, everyBatches: 4 };
    const timed = await costsOf(example!, findBackend(name), 7, profiler);
    // The first one only stands in for later ones.
    assert.equal(timed.sampledBatches, Math.ceil(Math.ceil(timed.events / 7) / 4) - 1);
    assert.deepEqual(counted(timed), counted(untimed));
    assert.ok(totalMs(timed) > 0 && totalMs(timed) < readings / 2);
    readings = 0;
    const once = await costsOf(example!, findBackend(name), 1024, profiler);
    assert.equal(once.sampledBatches, 1);
    // Every measure takes two readings, one apart, and rules share out all that was measured.
    assert.ok(readings > 0);
    assert.ok(Math.abs(totalMs(once) - readings / 2) < 1e-6, `${totalMs(once)} of ${readings / 2}`);
  });
}
