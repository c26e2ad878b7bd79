/** `kestrel explain` as its users run it: each way to miss, and the same alerts as replay. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { explainReplay } from "../src/agent/explain-replay.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { replay } from "../src/agent/replay.ts";
import type { Alert } from "../src/alert/alert.ts";
import { defaultLimits, type Limits } from "../src/base/limits.ts";
import { engineVersion } from "../src/engine/version.ts";
import { plainBackend } from "../src/predicate/interpret/interpret.ts";
import { compileRules } from "../src/rule/compile.ts";
import type { Rule } from "../src/rule/rule.ts";
import { builtInSchema } from "../src/schema/field-table.ts";
import { CallingSink } from "../src/sink/calling-sink.fixture.ts";
import { compileExplainable } from "../src/study/explain.ts";
import type { Explanation, NearMiss } from "../src/study/explanation.ts";
import type { ConjunctVerdict } from "../src/study/row-verdicts.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-explain-"));
after(() => rmSync(folder, { recursive: true }));

interface Made {
  readonly id: string;
  /** Seconds after the beginning. */
  readonly at: number;
  readonly name?: string;
  readonly host?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

function timeOf(at: number): string {
  return new Date(Date.UTC(2026, 2, 2, 9) + at * 1000).toISOString();
}

function eventText({ id, at, name, host, more }: Made): string {
  const named = name === undefined ? {} : { "process.name": name };
  const base = { "@timestamp": timeOf(at), event: { id, category: ["process"] } };
  return JSON.stringify({ ...base, "host.id": host ?? "h", ...named, ...more });
}

let files = 0;

function write(name: string, text: string): string {
  files += 1;
  const path = join(folder, `${files}-${name}`);
  writeFileSync(path, text);
  return path;
}

function ruleOf(query: string, more = ""): Rule {
  const lines = query.split("\n").map((line) => `  ${line}`);
  const path = write("rule.yaml", `id: r\nname: R\nquery: |\n${lines.join("\n")}\n${more}`);
  return loadRules([path]).rules[0]!;
}

interface Asked {
  readonly limits?: Partial<Limits>;
  readonly entity?: string;
  readonly at?: number;
  readonly top?: number;
}

async function explain(
  rule: Rule,
  lines: readonly string[],
  asked: Asked = {},
): Promise<Explanation> {
  return (await explainPaths(rule, [write("events.jsonl", `${lines.join("\n")}\n`)], asked))
    .explanation;
}

async function explainPaths(
  rule: Rule,
  inputs: readonly string[],
  asked: Asked = {},
): ReturnType<typeof explainReplay> {
  const limits = { ...defaultLimits, ...asked.limits };
  const explainable = compileExplainable(rule, { schema: builtInSchema(), limits });
  assert.ok(explainable, "the rule is invalid");
  return explainReplay({
    rule: explainable,
    inputs,
    limits,
    top: asked.top ?? 10,
    entity: asked.entity ?? null,
    atNs: asked.at === undefined ? null : BigInt(Date.parse(timeOf(asked.at))) * 1_000_000n,
    onProblem: (message) => assert.fail(message),
  });
}

/** The nearest miss of made events. */
async function nearest(
  query: string,
  events: readonly Made[],
  asked: Asked = {},
): Promise<NearMiss> {
  const { near_misses: misses } = await explain(ruleOf(query), events.map(eventText), asked);
  return misses[0]!;
}

const pair = `sequence by host.id with maxspan=10s
  [process where process.name == "a"]
  [process where process.name == "b" and process.pid == 7]
until [process where process.name == "u"]`;
const first: Made = { id: "1", at: 0, name: "a" };
const pid = (value: number): Pick<Made, "more"> => ({ more: { "process.pid": value } });

describe("what a partial match fails by", () => {
  test("conjunct: the value, the text and its place", async () => {
    const miss = await nearest(pair, [first, { id: "2", at: 1, name: "b", ...pid(8) }]);
    assert.deepEqual(miss.by, { kind: "conjunct", step: 1 });
    assert.equal(miss.reached, 1);
    assert.deepEqual(
      miss.steps.map(({ event_id }) => event_id),
      ["1"],
    );
    assert.equal(miss.failed?.conjunct, "process.pid == 7");
    assert.equal(miss.failed?.value, 8);
    assert.equal(miss.failed?.event_id, "2");
    assert.deepEqual([miss.failed?.span?.line, miss.failed?.span?.column], [6, 44]);
  });

  test("a missing value is null", async () => {
    const miss = await nearest(pair, [first, { id: "2", at: 1, name: "b" }]);
    assert.equal(miss.failed?.value, null);
  });

  test("maxspan, with the excess", async () => {
    const miss = await nearest(pair, [first, { id: "2", at: 11.2, name: "b", ...pid(7) }]);
    assert.deepEqual(miss.by, { kind: "maxspan", step: 1, excess_ms: 1200 });
  });

  test("until", async () => {
    const until = { id: "2", at: 1, name: "u" };
    const miss = await nearest(pair, [first, until, { id: "3", at: 2, name: "b", ...pid(7) }]);
    assert.deepEqual(miss.by, { kind: "until", event_id: "2", time: timeOf(1) });
  });

  test("key", async () => {
    const miss = await nearest(pair, [first, { id: "2", at: 1, name: "b", host: "i", ...pid(7) }]);
    assert.deepEqual(miss.by, { kind: "key", step: 1, key: ["i"] });
  });

  test("no event, and the end of the log", async () => {
    const network: Made = { id: "2", at: 20, more: { event: { category: ["network"] } } };
    assert.equal((await nearest(pair, [first, network])).by.kind, "no-event");
    assert.equal((await nearest(pair, [first])).by.kind, "end");
  });

  test("eviction", async () => {
    const query = `sequence by process.pid
  [process where process.name == "a"] [process where process.name == "b"]`;
    const events = [0, 1, 2].map((at) => ({ id: `${at}`, at, name: "a", ...pid(at) }));
    const { near_misses: misses } = await explain(ruleOf(query), events.map(eventText), {
      limits: { partialsPerRule: 2 },
    });
    const evicted = misses.filter(({ by }) => by.kind === "eviction");
    assert.deepEqual(
      evicted.map(({ key }) => key),
      [["0"]],
    );
  });

  test("gap", async () => {
    const gap = { source: "s", from: timeOf(1), to: timeOf(2), lost: 3 };
    const lines = [
      eventText(first),
      JSON.stringify({ "@timestamp": timeOf(2), kestrel: { record: "gap", gap } }),
      eventText({ id: "2", at: 30, name: "x" }),
    ];
    const { near_misses: misses } = await explain(ruleOf(pair), lines);
    assert.deepEqual(misses[0]?.by, { kind: "gap", step: 1, lost: 3 });
  });

  test("residual, with both values", async () => {
    const query = `sequence by host.id with maxspan=1m
  [process where process.name == "a"] as event0
  [process where process.name == "b" and process.pid == event0.process.pid]`;
    const events = [
      { ...first, ...pid(1) },
      { id: "2", at: 1, name: "b", ...pid(2) },
    ];
    const miss = await nearest(query, events);
    assert.deepEqual(miss.by, { kind: "residual", step: 1 });
    assert.deepEqual(miss.failed?.value, { "process.pid": 2, "event0.process.pid": 1 });
  });

  test("missing event", async () => {
    const query = `sequence by host.id with maxspan=1m
  [process where process.name == "a"] ![process where process.name == "n"]
  [process where process.name == "b"]`;
    const events = ["a", "n", "b"].map((name, at) => ({ id: `${at}`, at, name }));
    const miss = await nearest(query, events);
    assert.equal(miss.by.kind, "missing");
    assert.equal(miss.reached, 2);
  });

  test("runs that are not through", async () => {
    const query = `sequence by host.id with maxspan=1m
  [process where process.name == "a"] with runs=3
  [process where process.name == "b"]`;
    const events = [0, 1].map((at) => ({ id: `${at}`, at, name: "a" }));
    const miss = await nearest(query, events);
    assert.deepEqual([miss.reached, miss.runs], [0, { taken: 2, of: 3 }]);
  });
});

describe("what is told of conjuncts", () => {
  test("single events, alternatives, not, exceptions", async () => {
    const rule = ruleOf(
      `process where process.name in ("a", "b") and (process.pid == 1 or not process.pid < 9)`,
      'exceptions:\n  - condition: host.id == "quiet"\n    reason: known\n    owner: us\n',
    );
    const events = [
      { id: "1", at: 0, name: "a", host: "quiet", ...pid(1) },
      { id: "2", at: 1, name: "b", ...pid(10) },
    ];
    const { matches, near_misses: misses } = await explain(rule, events.map(eventText));
    assert.deepEqual(
      matches.map(({ steps }) => steps[0]?.event_id),
      ["2"],
    );
    const [, , alternatives] = matches[0]!.steps[0]!.conjuncts;
    assert.equal(alternatives?.operator, "or");
    assert.deepEqual(
      alternatives?.parts?.map(({ holds }) => holds),
      [false, true],
    );
    assert.equal(misses[0]?.reached, 0);
    assert.equal(misses[0]?.failed?.role, "exception");
    assert.equal(misses[0]?.failed?.value, "quiet");
  });

  test("lists show all values, unknown optional fields are null", async () => {
    const query = `process where process.args == "z" and ?no.such.field == "1"`;
    const miss = await nearest(query, [{ id: "1", at: 0, more: { "process.args": ["x", "z"] } }]);
    assert.deepEqual(miss.failed?.values, { "no.such.field": null });
    assert.deepEqual(miss.failed?.conjuncts[1]?.values, { "process.args": ["x", "z"] });
  });

  test("lineage holds or fails as a whole", async () => {
    const query = `process where process.name == "a" and descendant of [process where process.name == "p"]`;
    const miss = await nearest(query, [{ id: "1", at: 0, name: "a" }]);
    assert.match(miss.failed?.conjunct ?? "", /^descendant of/);
    assert.deepEqual(miss.failed?.values, {});
  });

  test("samples", async () => {
    const query = `sample by host.id
  [process where process.name == "a"] [process where process.name == "b"]`;
    const events = [
      { id: "1", at: 0, name: "b" },
      { id: "2", at: 1, name: "a" },
    ];
    const { matches } = await explain(ruleOf(query), events.map(eventText));
    assert.deepEqual(
      matches[0]?.steps.map(({ event_id }) => event_id),
      ["2", "1"],
    );
    assert.ok(matches[0]?.steps.every(({ conjuncts }) => conjuncts.length === 2));
  });
});

test("--at shows what was live, --entity keeps what involves it", async () => {
  const events = [first, { id: "2", at: 1, name: "a", host: "i" }, { id: "3", at: 60, name: "x" }];
  const at5 = await explain(ruleOf(pair), events.map(eventText), { at: 5, entity: "i" });
  assert.deepEqual(
    at5.live?.map(({ key, since }) => [key, since]),
    [[["i"], timeOf(1)]],
  );
  assert.ok(at5.near_misses.every(({ key, reached }) => reached === 0 || key[0] === "i"));
  assert.deepEqual((await explain(ruleOf(pair), events.map(eventText), { at: 12 })).live, []);
});

const names = fc.constantFrom("a", "b", "u", "n");
const madeEvents = fc.array(
  fc.record({
    wait: fc.integer({ min: 0, max: 6 }),
    name: names,
    pid: fc.integer({ min: 5, max: 8 }),
  }),
  { minLength: 1, maxLength: 25 },
);
const queries = [
  pair,
  `sequence by host.id with maxspan=10s
  [process where process.name == "a"] as event0
  [process where (process.name == "b" or process.name == "a") and process.pid != event0.process.pid]`,
  `sequence by host.id with maxspan=10s
  [process where process.name == "a"] with runs=2
  ![process where process.name == "n"]
  [process where not process.name in ("a", "u") and process.pid < 8]`,
  `process where process.name == "a" and (process.pid == 5 or process.pid == 6)`,
];

test("matches are the engine's alerts; a failed conjunct is false alone, a true one true", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...queries),
    madeEvents,
    fc.constantFrom(1, 2, defaultLimits.partialsPerRule),
    async (query, shapes, partialsPerRule) => {
      const limits = { partialsPerRule };
      let at = 0;
      const lines = shapes.map(({ wait, name, pid: value }, index) => {
        at += wait;
        return eventText({ id: `${index}`, at, name, ...pid(value) });
      });
      const rule = ruleOf(query);
      const input = write("events.jsonl", `${lines.join("\n")}\n`);
      const { explanation } = await explainPaths(rule, [input], { limits });
      const alerts = await alertsOf([rule], [input], limits);
      assert.deepEqual(
        explanation.matches.map(({ alert_id: id, confidence }) => ({ id, confidence })),
        alerts.map(({ id, confidence }) => ({ id, confidence })),
      );
      for (const { steps } of explanation.matches) {
        for (const { conjuncts } of steps) assert.ok(conjuncts.every(({ holds }) => holds));
      }
      for (const { failed } of explanation.near_misses) {
        if (failed === null) continue;
        const text = lines[Number(failed.event_id)]!;
        for (const verdict of failed.conjuncts) await checkAlone(verdict, text);
      }
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

/** A conjunct without earlier events, as a rule of its own, over the event alone. */
async function checkAlone(verdict: ConjunctVerdict, text: string): Promise<void> {
  if (verdict.role !== "condition" || verdict.conjunct.includes("event0")) return;
  const input = write("one.jsonl", `${text}\n`);
  const alerts = await alertsOf([ruleOf(`any where ${verdict.conjunct}`)], [input]);
  assert.equal(alerts.length === 1, verdict.holds, verdict.conjunct);
}

async function alertsOf(
  rules: readonly Rule[],
  inputs: readonly string[],
  limits: Partial<Limits> = {},
): Promise<Alert[]> {
  const alerts: Alert[] = [];
  await replay({
    inputs,
    rules: compileRules(rules, { schema: builtInSchema() }).set,
    backend: plainBackend,
    limits: { ...defaultLimits, ...limits },
    engineVersion,
    sinks: [
      new CallingSink((alert) => {
        alerts.push(alert);
      }),
    ],
    onProblem: (message) => assert.fail(message),
  });
  return alerts;
}

const corpus = join("..", "shared", "corpus", "events");

test("shipped rules over recordings: the alerts of replay, in its order", async (context) => {
  const recordings = ["examples/attack.jsonl"];
  if (existsSync(corpus)) {
    for (const name of readdirSync(corpus)) {
      if (name.endsWith(".jsonl.gz")) recordings.push(join(corpus, name));
    }
  } else context.diagnostic("no corpus beside the repository: the example alone");
  const { rules } = loadRules(["rules"]);
  let compared = 0;
  for (const recording of recordings) {
    const alerts = await alertsOf(rules, [recording]);
    const fired = new Set(alerts.map(({ rule }) => rule.id));
    for (const rule of rules.filter(({ id }) => fired.has(id))) {
      const { explanation } = await explainPaths(rule, [recording]);
      const expected = alerts.filter((alert) => alert.rule.id === rule.id);
      assert.deepEqual(
        explanation.matches.map(({ alert_id }) => alert_id),
        expected.map(({ id }) => id),
        `${recording} ${rule.id}`,
      );
      const steps = explanation.matches.flatMap((match) => match.steps);
      assert.ok(steps.every(({ event, conjuncts }) => event === null || conjuncts.length > 0));
      assert.ok(steps.every(({ conjuncts }) => conjuncts.every(({ holds }) => holds)));
      compared += expected.length;
    }
  }
  assert.ok(compared > 10, `too few alerts to compare: ${compared}`);
});

/** Runs the program. */
function kestrel(...args: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
} {
  const program = join("dist", "src", "cli", "main.js");
  const done = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: done.status, out: done.stdout, error: done.stderr };
}

describe("the command", () => {
  const events = write("command.jsonl", `${eventText(first)}\n`);
  const rules = ruleOf(pair).source.name;
  const path = join(folder, rules);

  test("prints JSON where there is no terminal, and text when asked", () => {
    const json = kestrel("explain", events, "--rule", "r", "--rules", path);
    assert.equal(json.code, 0);
    const { near_misses: misses } = JSON.parse(json.out) as Explanation;
    assert.equal(misses[0]?.by.kind, "end");
    const text = kestrel("explain", events, "--rule", "r", "--rules", path, "--format", "text");
    assert.match(text.out, /^near miss {2}1 step reached under h: the log ended/m);
    assert.match(text.out, /\+ process\.name == "a" {3}process\.name: "a"/);
  });

  test("a rule that is not there, or invalid, and inputs without events", () => {
    const unknown = kestrel("explain", events, "--rule", "R", "--rules", path);
    assert.equal(unknown.code, 2);
    assert.match(unknown.error, /no rule has the id R; did you mean r\?/);
    assert.equal(kestrel("explain", events, "--rules", path).code, 2);
    const wrong = write("wrong.yaml", "id: w\nname: W\nquery: process where process.nome == 1\n");
    const invalid = kestrel("explain", events, "--rule", "w", "--rules", wrong);
    assert.equal(invalid.code, 1);
    assert.match(invalid.error, /process\.nome/);
    const none = kestrel("explain", write("none.jsonl", ""), "--rule", "r", "--rules", path);
    assert.equal(none.code, 2);
    assert.match(none.error, /no events/);
    assert.equal(kestrel("explain", events, "--rule", "r", "--rules", path, "--at", "x").code, 2);
  });
});
