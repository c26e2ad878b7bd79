import assert from "node:assert/strict";
import { test } from "node:test";
import { Governor } from "./governor.ts";
import { shedTable } from "./shed-table.ts";
import { Sieve } from "./sieve.ts";

/** A governor with a clock of its own: `second(percent)` lets one pass in which that much was used. */
function open(budgetPercent: number): {
  readonly governor: Governor;
  readonly second: (percent: number) => void;
  readonly messages: string[];
} {
  const messages: string[] = [];
  const governor = new Governor({ budgetPercent, onChange: (message) => messages.push(message) });
  let [nowMs, cpuMs] = [5000, 700];
  governor.tick(cpuMs, nowMs);
  const second = (percent: number): void => {
    nowMs += 1000;
    cpuMs += percent * 10;
    governor.tick(cpuMs, nowMs);
  };
  return { governor, second, messages };
}

test("within the budget nothing is shed", () => {
  const { governor, second, messages } = open(20);
  for (let i = 0; i < 10; i += 1) second(19);
  assert.deepEqual([governor.shedding, messages], [[], []]);
});

test("over the budget the least valuable goes first, far over it two rows at once", () => {
  const { governor, second, messages } = open(20);
  second(21);
  assert.deepEqual(governor.shedding, ["file open"]);
  assert.ok(governor.sheds("file", "open"));
  assert.ok(!governor.sheds("file", "rename"));
  second(100);
  assert.deepEqual(governor.shedding, ["file open", "library", "api"]);
  for (let i = 0; i < 20; i += 1) second(100);
  assert.equal(governor.shedding.length, shedTable.length);
  assert.ok(governor.sheds("file", "rename") && governor.sheds("network", "connection_attempted"));
  for (const category of ["process", "authentication", "driver", null]) {
    assert.ok(!governor.sheds(category, "exec"), String(category));
  }
  assert.match(messages[0]!, /^21\.0 % of a core used, the budget is 20 %: shedding file open$/);
});

test("after a calm time what was shed last comes back, and all in the end", () => {
  const { governor, second, messages } = open(20);
  second(31);
  for (let i = 0; i < 4; i += 1) second(5);
  second(18);
  for (let i = 0; i < 4; i += 1) second(5);
  assert.equal(governor.shedding.length, 2);
  second(5);
  assert.deepEqual(governor.shedding, ["file open"]);
  for (let i = 0; i < 5; i += 1) second(5);
  assert.equal(governor.isShedding, false);
  assert.match(messages.at(-1)!, /nothing is shed any more$/);
});

function event(category: string, action: string): string {
  return JSON.stringify({ "@timestamp": 1, event: { category: [category], action } });
}

test("one in so many events of a category is kept, all others pass", () => {
  const sieve = new Sieve({
    sampling: [{ category: "file", action: "open", oneIn: 4 }],
    governor: null,
  });
  const kept = Array.from({ length: 12 }, () => sieve.passes(event("file", "open")));
  assert.deepEqual(
    kept.flatMap((passed, index) => (passed ? [index] : [])),
    [0, 4, 8],
  );
  assert.ok(sieve.passes(event("file", "rename")));
  assert.ok(sieve.passes('{"no":"category"}'));
});

test("what the governor sheds does not pass", () => {
  const { governor, second } = open(10);
  const sieve = new Sieve({ sampling: [], governor });
  assert.ok(sieve.passes(event("file", "open")));
  second(90);
  assert.ok(!sieve.passes(event("file", "open")));
  assert.ok(sieve.passes(event("process", "exec")));
});
