/** A run with sources of its own: what they give is accounted for to the last event, whatever the load. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Alert } from "../alert/alert.ts";
import { sha256Hex } from "../base/hash.ts";
import { defaultLimits } from "../base/limits.ts";
import { formatIso } from "../base/time.ts";
import type { BusInput } from "../bus/bus.ts";
import { Governor } from "../bus/governor.ts";
import { Sieve } from "../bus/sieve.ts";
import type { LineItem } from "../collect/jsonl/line-splitter.ts";
import { type Source, type SourceCounters, SourceError } from "../collect/source.ts";
import { gapJson, heartbeatJson } from "../event/stream-record.ts";
import { interpretBackend } from "../predicate/interpret/interpret.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Interest } from "../schema/interest.ts";
import { CallingSink } from "../sink/calling-sink.fixture.ts";
import type { Sink } from "../sink/contract.ts";
import { type RunOptions, startRun } from "./run.ts";

/** A source that gives what a generator gives; `lost` is what it says that it lost by itself. */
class GivenSource implements Source {
  readonly name = "ebpf";
  readonly horizonMs: number = 5;
  readonly counters: SourceCounters = { received: 0, dropped: 0, filteredInKernel: 7, gaps: 0 };
  readonly #give: (signal: AbortSignal) => AsyncGenerator<readonly LineItem[]>;
  isClosed: boolean = false;
  interest: Interest | null = null;

  constructor(
    give: (signal: AbortSignal) => AsyncGenerator<readonly LineItem[]>,
    lost: number = 0,
  ) {
    this.#give = give;
    this.counters.dropped = lost;
  }

  items(signal: AbortSignal): AsyncGenerator<readonly LineItem[]> {
    return this.#give(signal);
  }

  setInterest(interest: Interest): void {
    this.interest = interest;
  }

  close(): void {
    this.isClosed = true;
  }
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function event(name: string, category: string = "process"): string {
  return JSON.stringify({
    "@timestamp": formatIso(nowNs()),
    event: { category: [category], type: ["start"], action: "exec" },
    host: { id: "h" },
    process: { name, entity_id: name },
  });
}

function rulesOf(texts: Readonly<Record<string, string>>): RuleSet {
  const rules = Object.entries(texts).flatMap(
    ([path, text]) => parseRuleFile({ path, text }, sha256Hex).rules,
  );
  return compileRules(rules, { schema: builtInSchema() }).set;
}

const shell: Readonly<Record<string, string>> = {
  "shell.eql": 'process where process.name == "sh"',
};

interface Started {
  readonly alerts: Alert[];
  readonly run: ReturnType<typeof startRun>;
}

function start(inputs: readonly BusInput[], more: Partial<RunOptions> = {}): Started {
  const alerts: Alert[] = [];
  const sink = new CallingSink((alert) => alerts.push(alert));
  const run = startRun({
    inputs,
    rules: rulesOf(shell),
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion: "1",
    sinks: [sink],
    onProblem: (message) => assert.fail(message),
    ruleErrors: [],
    signal: new AbortController().signal,
    ...more,
  });
  return { alerts, run };
}

test("what does not fit into the bus is dropped, counted and told, to the last event", async () => {
  const source = new GivenSource(async function* () {
    for (let block = 0; block < 40; block += 1) {
      yield Array.from({ length: 500 }, () => event("cat"));
      yield [event("sh"), "no event"];
    }
  }, 30);
  const limits = { ...defaultLimits, busEvents: 3000 };
  const { run, alerts } = start([{ label: "given", source, canWait: false }], { limits });
  const summary = await run.ended;
  const { events, evaluated, rejected, dropped, gaps, counters } = summary;
  assert.equal(events, 40 * 502 + 30);
  assert.equal(events, evaluated + rejected + dropped);
  assert.ok(dropped > 1000 && evaluated >= 3000, `${dropped} dropped, ${evaluated} evaluated`);
  assert.ok(gaps > 0);
  // What the source lost by itself it tells by itself, which this one does not.
  assert.equal(counters["lost"], dropped - 30);
  assert.equal(summary.filtered_in_kernel, 7);
  assert.equal(summary.alerts, alerts.length);
  assert.ok(source.isClosed);
});

test("a burst of ten times the rate for a second is absorbed", async () => {
  const source = new GivenSource(async function* () {
    for (let block = 0; block < 100; block += 1) {
      yield Array.from({ length: 1000 }, () => event("cat"));
    }
  });
  const { run } = start([{ label: "given", source, canWait: false }]);
  const { events, evaluated, dropped } = await run.ended;
  assert.deepEqual([events, evaluated, dropped], [100_000, 100_000, 0]);
});

test("what came before a source fails is evaluated, and its alerts are delivered", async () => {
  let flushed = 0;
  const sink: Sink = {
    write: () => undefined,
    flush: async () => {
      flushed = alerts.length;
    },
    close: async () => undefined,
    counters: { written: 0, lost: 0 },
  };
  const alerts: Alert[] = [];
  const dying = new GivenSource(async function* () {
    yield [event("sh")];
    throw new SourceError("ebpf", "life", "the kernel took it away");
  });
  let isTold = false;
  const other = new GivenSource(async function* (signal) {
    yield [event("sh")];
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    isTold = true;
    yield [event("sh")];
  });
  const { run } = start(
    [
      { label: "other", source: other, canWait: true },
      { label: "dying", source: dying, canWait: false },
    ],
    { sinks: [{ ...sink, write: (alert) => alerts.push(alert) }] },
  );
  await assert.rejects(run.ended, /the kernel took it away/);
  assert.deepEqual([alerts.length, flushed, isTold], [3, 3, true]);
  assert.ok(dying.isClosed && other.isClosed);
});

test("a line that only looks like a gap counts as received", async () => {
  const source = new GivenSource(async function* () {
    yield ['{"kestrel":{"record":"gap","gap":{"lost":-1}}}', event("sh")];
    const at = nowNs();
    const gap = { source: "a", fromNs: at, toNs: at, lost: 3, categories: [] };
    // A glance at its beginning does not show what it is.
    yield [`{"note":"${"x".repeat(200)}",${gapJson(gap, at).slice(1)}`];
  });
  const { run } = start([{ label: "given", source, canWait: false }]);
  const { events, evaluated, rejected, gaps, sources } = await run.ended;
  assert.deepEqual([events, evaluated, rejected, gaps], [2, 1, 1, 1]);
  assert.equal(sources[0]!.received, events);
});

test("a source that can wait is made to and loses nothing", async () => {
  let most = 0;
  let given = 0;
  const source = new GivenSource(async function* () {
    await delay(1);
    for (let block = 0; block < 60; block += 1) {
      given += 500;
      most = Math.max(most, given - run.status().evaluated);
      yield Array.from({ length: 500 }, () => event("cat"));
    }
  });
  const limits = { ...defaultLimits, busEvents: 2000 };
  const { run } = start([{ label: "given", source, canWait: true }], { limits });
  const { events, evaluated } = await run.ended;
  assert.deepEqual([events, evaluated], [30_000, 30_000]);
  assert.ok(most < 10_000, `${most} waited`);
});

test("a heartbeat lets an alert out at once, and latency is measured", async () => {
  let raised = 0;
  const source = new GivenSource(async function* (signal) {
    while (!signal.aborted) {
      yield [event("sh")];
      await delay(3);
      yield [heartbeatJson(nowNs())];
      await delay(3);
    }
  });
  const { run, alerts } = start([{ label: "given", source, canWait: false }]);
  while (raised < 50) {
    await delay(20);
    raised = alerts.length;
  }
  run.stop();
  const { latency_ms: latency, interrupted } = await run.ended;
  assert.ok(interrupted);
  // Bounds that a busy machine keeps as well: what is held back for a second would be far beyond.
  assert.ok(latency.p50! < 100 && latency.p99! < 900, JSON.stringify(latency));
});

test("gaps of a source reach the alerts, and its own losses the sum", async () => {
  const rules = rulesOf({
    "pair.eql":
      'sequence by host.id with maxspan=1h [process where process.name == "a"] [process where process.name == "b"]',
  });
  const source = new GivenSource(async function* () {
    yield [event("a")];
    const at = nowNs();
    const gap = { source: "ebpf", fromNs: at, toNs: at, lost: 12, categories: ["process"] };
    yield [gapJson(gap, at), event("b")];
  }, 12);
  const { run, alerts } = start([{ label: "given", source, canWait: false }], { rules });
  const { events, dropped, gaps } = await run.ended;
  assert.deepEqual([events, dropped, gaps], [14, 12, 1]);
  assert.deepEqual(
    alerts.map(({ confidence, reasons }) => [confidence, reasons]),
    [["degraded", ["gap"]]],
  );
});

test("what the governor sheds is counted as dropped and told by gaps that name the category", async () => {
  const messages: string[] = [];
  const governor = new Governor({ budgetPercent: 1, onChange: (text) => messages.push(text) });
  governor.tick(0, 0);
  governor.tick(900, 1000);
  const sieve = new Sieve({ sampling: [], governor });
  const source = new GivenSource(async function* () {
    for (let i = 0; i < 20; i += 1) yield [event("sh"), event("sh", "library")];
  });
  const { run, alerts } = start([{ label: "given", source, canWait: false }], { sieve });
  const { events, evaluated, dropped, gaps, sources } = await run.ended;
  assert.deepEqual([events, evaluated, dropped, alerts.length], [40, 20, 20, 20]);
  assert.ok(gaps >= 1);
  assert.equal(sources[0]!.dropped, 20);
  assert.match(messages[0]!, /shedding file open, library/);
});

test("rules are swapped between two batches; with a new error the old ones go on", async () => {
  const steps: (() => void)[] = [];
  const source = new GivenSource(async function* (signal) {
    while (!signal.aborted) {
      yield [event("sh"), event("curl"), heartbeatJson(nowNs() + 1n)];
      await new Promise<void>((resolve) => {
        steps.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  });
  let texts: Readonly<Record<string, string>> = shell;
  let errors: readonly string[] = [];
  const { run, alerts } = start([{ label: "given", source, canWait: false }], {
    loadRules: async () => ({ rules: rulesOf(texts), errors }),
  });
  const before = run.status().rule_pack_hash;
  errors = ["new.eql: wrong"];
  const refused = await run.reload();
  assert.deepEqual([refused.swapped, refused.problems], [false, ["new.eql: wrong"]]);
  errors = [];
  texts = { "curl.eql": 'process where process.name == "curl"' };
  const report = await run.reload();
  assert.deepEqual(
    [report.swapped, report.rules, report.added, report.removed],
    [true, 1, ["curl.eql"], ["shell.eql"]],
  );
  assert.notEqual(run.status().rule_pack_hash, before);
  assert.deepEqual(
    source.interest?.shapes.map(({ categories }) => [...categories!]),
    [["process"]],
  );
  const seen = alerts.length;
  for (const step of steps.splice(0)) step();
  while (alerts.length === seen) await delay(5);
  assert.equal(alerts.at(-1)?.rule.id, "curl.eql");
  run.stop();
  const { events, evaluated, reloads } = await run.ended;
  assert.deepEqual([events, reloads], [evaluated, 1]);
  assert.match((await run.reload()).problems[0]!, /the run has ended/);
});

const pair =
  'sequence by host.id with maxspan=1h [process where process.name == "a"] [process where process.name == "b"]';
const absence =
  'sequence by host.id with maxspan=1h [process where process.name == "a"] ![process where process.name == "c"] [process where process.name == "b"]';

test("partial matches of unchanged rules outlive a reload, those of others are given up", async () => {
  let go: () => void = () => undefined;
  const swapped = new Promise<void>((resolve) => {
    go = resolve;
  });
  const source = new GivenSource(async function* () {
    yield [event("sh"), event("a"), heartbeatJson(nowNs() + 1n)];
    await swapped;
    await delay(2);
    yield [event("b")];
  });
  const texts = { "pair.eql": pair, "absence.eql": absence, "other.eql": pair };
  // A rule whose ids of nodes and fields are shifted by others before it, and one that is changed.
  const changed = {
    "another.eql": 'file where file.path : "*x" and made.up.field == "y"',
    "pair.eql": pair,
    "absence.eql": absence,
    "other.eql": `${pair} `,
  };
  const { run, alerts } = start([{ label: "given", source, canWait: false }], {
    rules: rulesOf(texts),
    loadRules: async () => ({ rules: rulesOf(changed), errors: [] }),
  });
  while (run.status().evaluated < 2) await delay(5);
  const report = await run.reload();
  assert.deepEqual([report.partials_kept, report.partials_dropped], [2, 1]);
  go();
  const { alerts: raised } = await run.ended;
  assert.equal(raised, 2);
  assert.deepEqual(
    alerts.map(({ rule, match }) => [rule.id, match.map(({ event: found }) => found !== null)]),
    [
      ["absence.eql", [true, false, true]],
      ["pair.eql", [true, true]],
    ],
  );
});

test("the status adds up while events wait, and names the rules that cost most", async () => {
  const source = new GivenSource(async function* (signal) {
    yield Array.from({ length: 5000 }, () => event("sh"));
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  });
  const { run } = start([{ label: "given", source, canWait: false }]);
  let status = run.status();
  while (status.evaluated < 5000) {
    await delay(5);
    status = run.status();
    const { events, evaluated, rejected, dropped, waiting } = status;
    assert.equal(events, evaluated + rejected + dropped + waiting);
  }
  assert.equal(status.events, 5000);
  assert.deepEqual(
    status.rule_costs.map(({ id, evaluations }) => [id, evaluations]),
    [["shell.eql", 5000]],
  );
  run.stop();
  await run.ended;
});
