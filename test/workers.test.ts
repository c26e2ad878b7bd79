/** However many threads share a replay, it gives the same alerts and the same summary. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { backendNames, findBackend } from "../src/agent/backends.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { openRejectFile } from "../src/agent/reject-file.ts";
import { type ReplayOptions, replay } from "../src/agent/replay.ts";
import { replayShared } from "../src/agent/workers/replay-shared.ts";
import { shareRules } from "../src/agent/workers/rule-shares.ts";
import type { Alert } from "../src/alert/alert.ts";
import { alertJson } from "../src/alert/serialize.ts";
import { defaultLimits } from "../src/base/limits.ts";
import { Prng } from "../src/base/prng.ts";
import { compileRules } from "../src/rule/compile.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import type { RuleSet } from "../src/rule/rule-set.ts";
import { builtInSchema } from "../src/schema/field-table.ts";
import { CallingSink } from "../src/sink/calling-sink.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-workers-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const corpus = join(process.cwd(), "..", "shared", "corpus");
const withoutCorpus = existsSync(join(corpus, "events"))
  ? false
  : "the corpus is not beside the repository";

const provenance = { engineVersion: "0", schemaVersion: "0", rulePackHash: "0" };

type Changes = Partial<ReplayOptions> & { readonly inputs: readonly string[] };

function optionsOf(changes: Changes, onAlert: (alert: Alert) => void): ReplayOptions {
  const sink = new CallingSink(onAlert);
  return {
    rules: shippedRules(),
    backend: findBackend("interpret"),
    limits: defaultLimits,
    engineVersion: "0",
    sinks: [sink],
    onProblem: () => undefined,
    ...changes,
  };
}

/**
 * All that a replay says, but for how long it took. Fails unless it was shared by several threads, or by
 * none where `isShared` is false.
 */
async function outcome(
  changes: Changes,
  isShared: boolean = (changes.workers ?? 1) > 1,
): Promise<object> {
  const alerts: string[] = [];
  const rejectFile = join(folder, "rejects.jsonl");
  const problems: string[] = [];
  const options = optionsOf({ ...changes, rejectFile }, (alert) =>
    alerts.push(alertJson(alert, provenance)),
  );
  let hasCosts = false;
  const summary = await replay({
    ...options,
    onProblem: (problem) => problems.push(problem),
    onCosts: () => {
      hasCosts = true;
    },
  });
  // Costs are counted in one thread only.
  assert.equal(hasCosts, !isShared);
  const { seconds, events_per_second, ...rest } = summary;
  assert.ok(seconds > 0 && events_per_second >= 0);
  return { ...rest, alertLines: alerts, problems, rejects: readFileSync(rejectFile, "utf8") };
}

let shipped: RuleSet | null = null;

function shippedRules(): RuleSet {
  shipped ??= compileRules(loadRules(["rules"]).rules, { schema: builtInSchema() }).set;
  return shipped;
}

/** Rules of all kinds; some share predicates, one reads texts beyond ASCII. */
function oddRules(): RuleSet {
  const queries: Readonly<Record<string, string>> = {
    accent: 'process where process.name like "é*"',
    any: "any where event.severity > 90",
    child: 'process where descendant of [process where process.name == "élan-3"]',
    quiet: 'process where process.name : "sh*"',
    list: 'any where _arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info : "*3")',
    pair: 'sequence by host.id with maxspan=1m [process where process.name : "sh-1*"] [process where process.name like "é*"]',
    runs: 'sequence by process.entity_id [process where process.name : "sh*"] with runs=3',
    absent:
      'sequence by host.id with maxspan=3s [process where process.name == "sh-7"] ![process where process.name == "sh-8"]',
    sample:
      'sample by host.id [process where process.name == "sh-1"] [process where process.name == "sh-2"]',
  };
  const files = Object.entries(queries).map(([id, query]) => {
    const suppression = id === "quiet" ? { suppression: { by: ["host.id"], window: "5s" } } : {};
    const rule = { id, name: id, query, severity: "low", version: "1", ...suppression };
    return parseRuleFile({ path: `${id}.json`, text: JSON.stringify(rule) }, (text) => text);
  });
  const rules = files.flatMap((file) => file.rules);
  const { set, invalid, diagnostics } = compileRules(rules, { schema: builtInSchema() });
  assert.deepEqual(
    invalid.map(({ id }) => id),
    [],
    JSON.stringify(diagnostics.map(({ message }) => message)),
  );
  assert.equal(set.rules.length, Object.keys(queries).length);
  return set;
}

/** Lines in order with whatever may be among them. */
function oddLines(seed: number, count: number): string[] {
  const random = new Prng(seed);
  const start = Date.parse("2024-05-01T00:00:00Z");
  return Array.from({ length: count }, (_unused, i) => {
    // Several events share a moment.
    const time = new Date(start + Math.floor(i / 3) * 40).toISOString();
    const entity = `e-${random.int(40)}`;
    const parent = { entity_id: `e-${random.int(40)}`, name: "sh" };
    const name = random.pick(["sh", "élan", "長い", "ls", "curl"]);
    const event = {
      "@timestamp": time,
      event: { category: "process", type: "start", action: "exec", severity: random.int(100) },
      host: { id: `h-${random.int(3)}`, ip: ["10.0.0.1", `fe80::${random.int(99)}`] },
      process: { name: `${name}-${random.int(12)}`, entity_id: entity, pid: i, parent },
      message: `${i}`.repeat(random.int(200)),
      ...{ file: { path: `/tmp/${random.pick(["ünder", "plain"])}/${i}` } },
    };
    switch (random.int(25)) {
      case 0:
        return "not JSON";
      case 1:
        return `{"kestrel":{"record":"gap","source":"s"},"@timestamp":"${time}"}`;
      case 2:
        return `{"kestrel":{"record":"heartbeat"},"@timestamp":"${time}"}`;
      case 3:
        return JSON.stringify({ ...event, message: "x".repeat(9000) });
      case 4:
        return "";
      case 5:
        // No time of its own.
        return JSON.stringify({ ...event, "@timestamp": undefined });
      case 6: {
        // Left to the plain decoder.
        const call_stack = [{ symbol_info: `s-${random.int(6)}` }, { symbol_info: "é" }];
        return JSON.stringify({
          ...event,
          process: { ...event.process, thread: { Ext: { call_stack } } },
        });
      }
      default:
        return JSON.stringify(event);
    }
  });
}

/** A recording has its first event's time from the start on. */
function write(name: string, lines: readonly string[], isPacked = false): string {
  const path = join(folder, name);
  const text = `${lines.join("\n")}\n`;
  writeFileSync(path, isPacked ? gzipSync(text) : text);
  return path;
}

const first = '{"@timestamp":"2024-05-01T00:00:00Z"}';

test("the example gives the same summary with 1, 2, 3 and 16 workers", async () => {
  for (const backend of backendNames) {
    const changes = { inputs: ["examples/attack.jsonl"], backend: findBackend(backend) };
    const alone = await outcome({ ...changes, workers: 1 });
    assert.equal((alone as { alerts: number }).alerts, 17);
    for (const workers of backend === "wasm" ? [2, 3] : [2, 3, 16]) {
      assert.deepEqual(await outcome({ ...changes, workers }), alone, `${backend}, ${workers}`);
    }
  }
});

test("odd lines, a table of texts that is emptied at each batch, and any batch size", async () => {
  const inputs = [
    write("a.jsonl", [`\ufeff${first}`, ...oddLines(1, 4500)]),
    write("b.jsonl", []),
    write("c.jsonl.gz", oddLines(2, 900).map(later), true),
  ];
  const limits = {
    ...defaultLimits,
    ...{ lineBytes: 6000, stringTableBytes: 5000, batchListCells: 2048, partialsPerRule: 20 },
  };
  const rules = oddRules();
  const alone = await outcome({ inputs, limits, rules });
  const { alerts, rejected, gaps, suppressed, counters } = alone as Record<string, number> & {
    counters: Record<string, number>;
  };
  // Nothing of what is compared is missing.
  for (const count of [alerts, rejected, gaps, suppressed, counters["evicted"]]) {
    assert.ok(count! > 10, JSON.stringify({ alerts, rejected, gaps, suppressed, counters }));
  }
  for (const rule of rules.rules) {
    const { alertLines } = alone as { alertLines: readonly string[] };
    const id = `"id":"${rule.rule.id}"`;
    assert.ok(
      alertLines.some((line) => line.includes(id)),
      `${rule.rule.id} raises nothing`,
    );
  }
  for (const [workers, batchSize, seed, backend] of [
    [2, undefined, undefined, "wasm"],
    [2, 13, undefined, "interpret"],
    [3, 300, 5, "wasm"],
    [4, 1024, undefined, "interpret"],
  ] as const) {
    const changes = { inputs, limits, rules, workers, batchSize, seed };
    const shared = await outcome({ ...changes, backend: findBackend(backend) });
    assert.deepEqual({ ...shared, backend: "interpret" }, alone, `${workers} ${batchSize}`);
  }
});

/** Moves a line's time behind those of other streams. */
function later(line: string): string {
  return line.replace('"2024-05-01', '"2024-05-02');
}

test("blocks of lines without an event, and lines that need larger memory", async () => {
  const long = JSON.stringify({
    ...{ "@timestamp": "2024-05-01T00:00:01Z", event: { category: "process" } },
    ...{ process: { name: "é", command_line: "長".repeat(900_000) } },
  });
  const nothing = Array.from({ length: 9000 }, (_unused, i) => `nothing ${i} `.repeat(60));
  const inputs = [write("nothing.jsonl", [first, ...nothing, long, ...nothing, long, long])];
  const alone = await outcome({ inputs, rules: oddRules() });
  assert.equal((alone as { rejected: number }).rejected, 18_000);
  assert.equal((alone as { alerts: number }).alerts, 3);
  for (const workers of [2, 3]) {
    assert.deepEqual(await outcome({ inputs, rules: oddRules(), workers }), alone);
  }
});

test("inputs that are empty, out of order, broken off or missing end as with one worker", async () => {
  const lines = oddLines(4, 3000);
  const inOrder = write("order.jsonl", [first, ...lines]);
  // Disorder at the end is only seen by the thread that scans.
  const disorder = write("disorder.jsonl", [first, ...lines, ...lines.slice(0, 50)]);
  const cut = join(folder, "cut.jsonl.gz");
  writeFileSync(cut, readFileSync(write("whole.gz", [first, ...lines], true)).subarray(0, 40_000));
  const rules = oddRules();
  for (const [inputs, isShared] of [
    [[write("empty.jsonl", [])], true],
    [[disorder], false],
    [[inOrder, inOrder], false],
    [[cut], true],
  ] as const) {
    const alone = await outcome({ inputs, rules });
    assert.deepEqual(await outcome({ inputs, rules, workers: 3 }, isShared), alone, inputs.join());
  }
  const missing = outcome({ inputs: [join(folder, "missing.jsonl")], workers: 2 });
  await assert.rejects(missing, { name: "CommandFailure", message: /no such file/ });
});

test("alerts beyond what may be held back are handed on, when the order is known", async () => {
  const inputs = [write("held.jsonl", [first, ...oddLines(6, 4000)])];
  const limits = { ...defaultLimits, heldAlertBytes: 1000 };
  const alone = await outcome({ inputs, limits, rules: oddRules() });
  for (const workers of [2, 3]) {
    assert.deepEqual(await outcome({ inputs, limits, rules: oddRules(), workers }), alone);
  }
});

test("an abort ends all threads and sums up what was evaluated", { timeout: 60_000 }, async () => {
  const lines = oddLines(5, 20_000);
  const inputs = [write("abort.jsonl", [first, ...lines])];
  for (const workers of [2, 3]) {
    const controller = new AbortController();
    const summary = await replay(
      optionsOf(
        {
          ...{ inputs, workers, rules: oddRules(), batchSize: 50, signal: controller.signal },
          onProgress: () => controller.abort(),
        },
        () => undefined,
      ),
    );
    const { interrupted, events, evaluated, rejected, dropped, counters } = summary;
    assert.equal(interrupted, true);
    assert.ok(evaluated > 0 && evaluated < 19_000, `${evaluated} evaluated`);
    assert.equal(events, evaluated + rejected + dropped);
    assert.equal(counters["events"], evaluated);
  }
});

for (const [name, code, message] of [
  ["throws", "throw new RangeError('broken on purpose');", /broken on purpose/],
  ["throws later", "setTimeout(() => { throw new Error('broken later'); }, 50);", /broken later/],
  ["ends", "", /ended early, with code 0/],
  ["exits", "process.exit(5);", /ended early, with code 5/],
] as const) {
  test(`a thread that ${name} ends the replay with its error`, { timeout: 60_000 }, async () => {
    const module = join(folder, `${name.replace(" ", "-")}.mjs`);
    writeFileSync(module, code);
    const own = (thread: string): URL =>
      new URL(`../src/agent/workers/${thread}-thread.js`, import.meta.url);
    const broken = pathToFileURL(module);
    const inputs = [write("crash.jsonl", [first, ...oddLines(7, 9000)])];
    for (const modules of [
      { scanner: broken, engine: own("engine") },
      { scanner: own("scanner"), engine: broken },
    ]) {
      const options = optionsOf({ inputs, workers: 3, batchSize: 20 }, () => undefined);
      await assert.rejects(replayShared(options, openRejectFile(undefined), modules), message);
    }
  });
}

test("each rule is in one share, all sequences and samples in the first", () => {
  const rules = oddRules();
  for (const engines of [1, 2, 5, 15]) {
    const shares = shareRules(rules, engines);
    assert.equal(shares.length, engines);
    const all = shares.flatMap(({ indexes }) => indexes).sort((a, b) => a - b);
    assert.deepEqual(
      all,
      rules.rules.map((_, index) => index),
    );
    for (const [place, share] of shares.entries()) {
      assert.deepEqual(
        share.rules.rules,
        share.indexes.map((index) => rules.rules[index]),
      );
      const kinds = new Set(share.rules.rules.map(({ plan }) => plan.kind));
      if (place > 0) assert.ok(!kinds.has("sequence") && !kinds.has("sample"));
    }
  }
});

let publicRules: RuleSet | null = null;

for (const name of [
  "linux_log4shell_sysmon",
  "macos_elastic_endpoint_attack",
  "win_otrf__aptsimulator_cobaltstrike",
]) {
  test(`${name} with all public rules`, { skip: withoutCorpus }, async () => {
    publicRules ??= compileRules(loadRules([join(corpus, "rules")]).rules, {
      schema: builtInSchema(),
    }).set;
    const changes = {
      inputs: [join(corpus, "events", `${name}.ecs.jsonl.gz`)],
      rules: publicRules,
    };
    const alone = await outcome(changes);
    assert.ok((alone as { alerts: number }).alerts > 0);
    for (const [workers, backend] of [
      [2, "wasm"],
      [3, "interpret"],
    ] as const) {
      const shared = await outcome({ ...changes, workers, backend: findBackend(backend) });
      assert.deepEqual({ ...shared, backend: "interpret" }, alone, `${workers} workers`);
    }
  });
}
