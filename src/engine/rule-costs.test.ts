import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { EventDecoder } from "../event/decode.ts";
import { interpretBackend } from "../predicate/interpret/interpret.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { Engine } from "./engine.ts";
import { type Costs, totalEvaluations } from "./rule-costs.ts";

interface SampleEvent {
  readonly second: number;
  readonly name: string;
  readonly entity: string;
  readonly parent?: string;
}

/** Costs of rules, each `id: query`, over process starts on one host. */
function costsOf(queries: Readonly<Record<string, string>>, events: readonly SampleEvent[]): Costs {
  const files = Object.entries(queries).map(([id, query]) =>
    parseRuleFile(
      {
        path: `${id}.json`,
        text: JSON.stringify({
          ...{ id, name: id, query, severity: "low", version: "1" },
          ...(id === "quiet" ? { suppression: { by: ["host.id"], window: "1h" } } : {}),
        }),
      },
      (text) => text,
    ),
  );
  assert.deepEqual(
    files.flatMap(({ diagnostics }) => diagnostics),
    [],
  );
  const { set, diagnostics } = compileRules(
    files.flatMap(({ rules }) => rules),
    { schema: builtInSchema() },
  );
  assert.deepEqual(diagnostics, []);
  const engine = new Engine({
    rules: set,
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion: "0",
    onAlert: () => undefined,
  });
  const { schema } = set;
  const decoder = new EventDecoder({ schema, layout: engine.batch.layout, limits: defaultLimits });
  decoder.reset(engine.batch);
  for (const { second, name, entity, parent } of events) {
    const line = JSON.stringify({
      "@timestamp": `2024-01-01T00:00:${String(second).padStart(2, "0")}Z`,
      event: { category: "process", type: "start", action: "exec" },
      host: { id: "h" },
      process: { name, entity_id: entity, parent: { entity_id: parent ?? "init" } },
    });
    const record = decoder.parse(line);
    assert.equal(record.kind, "event");
    assert.ok(record.kind === "event" && record.timeNs !== null);
    assert.ok(decoder.append(engine.batch, record, record.timeNs));
  }
  engine.process();
  engine.finish();
  return engine.costs;
}

const stream: readonly SampleEvent[] = [
  { second: 1, name: "sh", entity: "a" },
  { second: 2, name: "sh", entity: "b", parent: "a" },
  { second: 3, name: "curl", entity: "c", parent: "b" },
  { second: 4, name: "ls", entity: "d", parent: "a" },
];

test("a predicate is looked at where one of its texts is, and shared by the rules that name it", () => {
  const costs = costsOf(
    {
      one: 'process where process.name == "sh"',
      pair: 'sequence by host.id with maxspan=1m [process where process.name == "sh"] [process where process.name == "curl"]',
    },
    stream,
  );
  assert.equal(costs.events, 4);
  assert.deepEqual(
    costs.predicates.map(({ rules, evaluations, hits }) => [rules, evaluations, hits]),
    [
      [[0, 1], 2, 2],
      [[1], 1, 1],
    ],
  );
  const [one, pair] = costs.rules;
  assert.deepEqual([one?.evaluations, one?.hits, one?.alerts, one?.partials], [2, 2, 2, null]);
  assert.deepEqual([pair?.evaluations, pair?.hits, pair?.alerts], [3, 3, 1]);
  assert.equal(totalEvaluations(costs), 3);
});

test("partial matches are counted at the end and at their most", () => {
  const pair =
    'sequence by process.entity_id with maxspan=1m [process where process.name == "sh"] [process where process.name == "curl"]';
  const { partials } = costsOf({ pair }, stream).rules[0]!;
  assert.deepEqual([partials?.live, partials?.livePeak, partials?.evicted], [2, 2, 0]);
  assert.ok(partials !== null && partials.bytes > 0);
  assert.equal(partials.bytesPeak, partials.bytes);
  const short = pair.replace("1m", "1s");
  const after = costsOf({ short }, [...stream, { second: 50, name: "sh", entity: "z" }]).rules[0]!;
  assert.deepEqual([after.partials?.live, after.partials?.livePeak], [1, 2]);
  assert.ok(after.partials!.bytes < after.partials!.bytesPeak);
});

test("what a subquery of lineage costs belongs to the rule that asks for it, once for each row", () => {
  const costs = costsOf(
    {
      below: 'process where process.name == "ls" and child of [process where process.name == "sh"]',
    },
    stream,
  );
  const [below] = costs.rules;
  // Two rows for the subquery, one for the rule itself, which it holds for.
  assert.deepEqual([below?.evaluations, below?.hits, below?.alerts], [3, 3, 1]);
  assert.ok(costs.predicates.every(({ rules }) => rules.length === 1));
});

test("alerts and those that suppression holds back are counted for their rule", () => {
  const [loud, quiet] = costsOf(
    {
      loud: 'process where process.name == "sh"',
      quiet: 'process where process.name == "sh"',
    },
    stream,
  ).rules;
  assert.deepEqual([loud?.alerts, loud?.suppressed], [2, 0]);
  assert.deepEqual([quiet?.alerts, quiet?.suppressed], [1, 1]);
});

test("a field counts its values, and scans each text once", () => {
  const costs = costsOf({ one: 'process where process.name == "sh"' }, stream);
  const byField = costs.fields.map(({ values, scans, chars }) => [values, scans, chars]);
  // process.name: sh, sh, curl, ls; event.category: process four times.
  assert.deepEqual(
    byField.sort((a, b) => a[1]! - b[1]!),
    [
      [4, 1, 7],
      [4, 3, 8],
    ],
  );
});
