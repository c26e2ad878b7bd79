import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Hex } from "../base/hash.ts";
import { Prng } from "../base/prng.ts";
import { compileRules } from "../rule/compile.ts";
import { parseRuleFile } from "../rule/parse.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { eventActions } from "../schema/event-table.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { isOfInterest, wantedActions } from "../schema/interest.ts";
import { Detector } from "./detector.ts";
import { interestOf } from "./interest.ts";

function compile(...queries: readonly string[]): RuleSet {
  const rules = queries.flatMap(
    (text, index) => parseRuleFile({ path: `${index}.eql`, text }, sha256Hex).rules,
  );
  const { set, diagnostics } = compileRules(rules, { schema: builtInSchema() });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  assert.deepEqual(
    errors.map(({ message }) => message),
    [],
    queries.join("\n"),
  );
  return set;
}

function shapesOf(...queries: readonly string[]): unknown[] {
  return interestOf(compile(...queries)).shapes.map((shape) =>
    Object.fromEntries(
      Object.entries(shape).flatMap(([key, values]) =>
        values === null ? [] : [[key, [...(values as ReadonlySet<string>)].sort()]],
      ),
    ),
  );
}

test("a rule's category, action, type, system and paths are what it demands", () => {
  assert.deepEqual(shapesOf('process where event.action == "exec" and process.name == "a"'), [
    { actions: ["exec"], categories: ["process"] },
  ]);
  assert.deepEqual(shapesOf('file where event.type in ("change", "Creation") and file.size > 1'), [
    { categories: ["file"], types: ["change", "creation"] },
  ]);
  assert.deepEqual(shapesOf('file where file.path like~ ("/ETC/*.conf", "/root/?x") and true'), [
    { categories: ["file"], pathPrefixes: ["/etc/", "/root/"] },
  ]);
  assert.deepEqual(shapesOf('network where host.os.type == "linux"'), [
    { categories: ["network"], systems: ["linux"] },
  ]);
});

test("what is not understood demands nothing", () => {
  assert.deepEqual(shapesOf("any where true"), [{}]);
  const queries = ['event.action != "a"', 'not event.action == "a"', 'event.action like "a*"'];
  for (const query of queries) {
    assert.deepEqual(shapesOf(`file where ${query}`), [{ categories: ["file"] }], query);
  }
  assert.deepEqual(shapesOf('file where file.path like "*x"'), [{ categories: ["file"] }]);
  assert.deepEqual(shapesOf('file where event.action == "a" or file.size > 1'), [
    { categories: ["file"] },
  ]);
});

test("each step, until and subquery of lineage is of interest", () => {
  const sequence =
    'sequence by host.id [file where event.action == "a"] [network where true] until [dns where true]';
  const lineage = 'process where event.action == "b" and descendant of [driver where true]';
  const categories = new Set(
    interestOf(compile(sequence, lineage)).shapes.flatMap((shape) => [...shape.categories!]),
  );
  assert.deepEqual([...categories].sort(), ["dns", "driver", "file", "network", "process"]);
});

test("a sensor has to collect the life of processes whatever the rules say, other actions where a rule can use them", () => {
  const query = 'file where host.os.type == "linux" and event.action in ("rename", "modification")';
  const interest = interestOf(compile(query));
  const linux = wantedActions(interest, "linux");
  assert.ok(linux.has("exec") && linux.has("modification"));
  assert.ok(!linux.has("open") && !linux.has("ptrace"));
  assert.ok(!wantedActions(interest, "macos").has("modification"));
  const all = wantedActions(interestOf(compile("any where true")), "linux");
  assert.deepEqual(all, new Set(eventActions.map(({ name }) => name)));
});

/** Values that conditions ask for and events have. */
const pools = {
  "event.category": ["process", "file", "network"],
  "event.action": ["exec", "open", "Rename"],
  "event.type": ["start", "change", "CHANGE"],
  "host.os.type": ["linux", "windows"],
  "file.path": ["/etc/passwd", "/ETC/x", "/root/.ssh/id", "/tmp/a"],
} as const;

type PoolField = keyof typeof pools;

const fields = Object.keys(pools) as PoolField[];

function condition(random: Prng, depth: number): string {
  const more = (): string => condition(random, depth - 1);
  switch (depth === 0 ? 9 : random.int(6)) {
    case 0:
    case 1:
      return `(${more()} and ${more()})`;
    case 2:
      return `(${more()} or ${more()})`;
    case 3:
      return `not ${more()}`;
    default:
      return comparison(random);
  }
}

function comparison(random: Prng): string {
  const field = random.pick(fields);
  const value = (): string => JSON.stringify(random.pick<string>(pools[field]));
  switch (random.int(8)) {
    case 0:
      return `${field} : ${value()}`;
    case 1:
      return `${field} in (${value()}, ${value()})`;
    case 2:
      return `${field} in~ (${value()}, ${value()})`;
    case 3:
      return `${field} like~ ("/etc/*", ${value()})`;
    case 4:
      return `startsWith~(${field}, "/et")`;
    case 5:
      return `${field} != ${value()}`;
    default:
      return `${field} == ${value()}`;
  }
}

/** All values of each field; some fields have several, some none. */
function randomEvent(random: Prng): Record<PoolField, readonly string[]> {
  const entries = fields.map((field) => {
    const count = [0, 1, 1, 1, 2][random.int(5)]!;
    return [field, Array.from({ length: count }, () => random.pick<string>(pools[field]))];
  });
  return Object.fromEntries(entries) as Record<PoolField, readonly string[]>;
}

test("no rule matches an event outside the interest", () => {
  let [outside, matched] = [0, 0];
  for (let seed = 1; seed <= 120; seed += 1) {
    const random = new Prng(seed);
    const query = `${random.pick(["any", "file", "process"])} where ${condition(random, 3)}`;
    const rules = compile(query);
    const interest = interestOf(rules);
    let alerts = 0;
    const detector = new Detector({ rules, onAlert: () => (alerts += 1) });
    for (let at = 0; at < 40; at += 1) {
      const event = randomEvent(random);
      alerts = 0;
      detector.push({ "@timestamp": at * 1000, ...event });
      detector.push({ "@timestamp": at * 1000 + 500, kestrel: { record: "heartbeat" } });
      detector.flush();
      const isIn = isOfInterest(interest, {
        categories: event["event.category"],
        actions: event["event.action"],
        types: event["event.type"],
        systems: event["host.os.type"],
        paths: event["file.path"],
      });
      if (alerts > 0) matched += 1;
      if (!isIn) outside += 1;
      assert.ok(isIn || alerts === 0, `seed ${seed}: ${query}\n${JSON.stringify(event)}`);
    }
  }
  assert.ok(outside > 500 && matched > 500, `${outside} outside, ${matched} matched`);
});
