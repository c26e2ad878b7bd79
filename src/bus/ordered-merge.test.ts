import assert from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../base/prng.ts";
import type { DecodedRecord } from "../event/decode.ts";
import { OrderedMerge } from "./ordered-merge.ts";

const ms = 1_000_000n;

interface Taken {
  readonly order: OrderedMerge;
  /** `json@ms`, or `beat@ms` for heartbeats. */
  readonly taken: string[];
}

function open(...horizonsMs: number[]): Taken {
  const taken: string[] = [];
  const order = new OrderedMerge(horizonsMs, 1000, (record, timeNs) =>
    taken.push(
      `${"json" in record && record.kind !== "heartbeat" ? record.json : "beat"}@${timeNs / ms}`,
    ),
  );
  return { order, taken };
}

function event(json: string, timeMs: number | null): DecodedRecord {
  return { kind: "event", timeNs: timeMs === null ? null : BigInt(timeMs) * ms, json, value: {} };
}

test("events within the horizon are put in order", () => {
  const { order, taken } = open(10);
  order.push(0, event("b", 105), 0);
  order.push(0, event("a", 100), 0);
  order.push(0, event("c", 120), 0);
  assert.deepEqual(taken, ["a@100", "b@105"]);
  order.flush();
  assert.deepEqual(taken, ["a@100", "b@105", "c@120"]);
  assert.equal(order.late, 0);
});

test("an event that comes too late is counted and takes the time that was reached", () => {
  const { order, taken } = open(10);
  order.push(0, event("a", 100), 0);
  order.push(0, event("b", 200), 0);
  order.push(0, event("late", 50), 0);
  order.flush();
  assert.deepEqual(taken, ["a@100", "late@190", "b@200"]);
  assert.equal(order.late, 1);
});

test("an event without a time has that of the one before", () => {
  const { order, taken } = open(10);
  order.push(0, event("a", 100), 0);
  order.push(0, event("b", null), 0);
  order.flush();
  assert.deepEqual(taken, ["a@100", "b@100"]);
});

test("while nothing comes, time goes on one horizon behind the clock", () => {
  const { order, taken } = open(10);
  order.push(0, event("a", 100), 1000);
  order.idle(0, 1005);
  assert.deepEqual(taken, []);
  order.idle(0, 1010);
  assert.deepEqual(taken, ["a@100", "beat@100"]);
  order.idle(0, 1050);
  assert.deepEqual(taken.at(-1), "beat@140");
});

test("nothing passes before the first event", () => {
  const { order, taken } = open(10);
  order.idle(0, 5000);
  assert.deepEqual(taken, []);
});

function beat(timeMs: number): DecodedRecord {
  return { kind: "heartbeat", timeNs: BigInt(timeMs) * ms, json: "", value: {} };
}

test("records of two sources go out in the order of their times", () => {
  const { order, taken } = open(10, 10);
  order.push(0, event("a", 100), 0);
  order.push(1, event("b", 95), 1);
  order.push(0, event("c", 120), 2);
  // The second source may still give something from 85 on.
  assert.deepEqual(taken, []);
  order.push(1, event("d", 115), 3);
  assert.deepEqual(taken, ["b@95", "a@100"]);
  assert.equal(order.late, 0);
});

test("a heartbeat lets out what lies before it, at once", () => {
  const { order, taken } = open(1000);
  order.push(0, event("a", 100), 0);
  order.push(0, beat(101), 1);
  assert.deepEqual(taken, ["a@100", "beat@101"]);
  for (const time of [101, 150, 200, 201, 250]) order.push(0, beat(time), 2);
  assert.deepEqual(taken, ["a@100", "beat@101", "beat@201"]);
});

test("a source of old events holds nothing back for longer than the longest horizon", () => {
  const { order, taken } = open(10, 10);
  order.push(0, event("old", 5), 0);
  order.push(1, event("live", 1000), 0);
  order.push(1, event("next", 1001), 5);
  assert.deepEqual(taken, []);
  order.push(1, event("later", 1030), 30);
  assert.deepEqual(taken, ["old@5", "live@1000", "next@1001"]);
  order.push(0, event("older", 6), 31);
  order.push(1, beat(1031), 32);
  assert.deepEqual(taken.slice(3), ["older@1001", "later@1030", "beat@1031"]);
  assert.equal(order.late, 1);
});

test("no heartbeat overtakes what is held when a source falls behind by the clock", () => {
  const { order, taken } = open(10, 10);
  order.push(1, event("b", 50), 0);
  order.push(0, event("a", 100), 0);
  order.push(0, event("c", 150), 10);
  // By now `a` and `b` have waited long enough, `c` has not; and the second source has fallen behind.
  order.push(0, beat(195), 11);
  order.flush();
  assert.deepEqual(taken, ["b@50", "a@100", "beat@100", "c@150"]);
});

test("a source that has ended holds nothing back", () => {
  const { order, taken } = open(10, 10);
  order.push(0, event("a", 100), 0);
  order.end(0);
  order.push(1, event("b", 105), 1);
  order.push(1, event("c", 116), 2);
  assert.deepEqual(taken, ["a@100", "b@105"]);
});

test("no more than the limit is held", () => {
  const { order, taken } = open(1_000_000);
  for (let i = 0; i < 1500; i += 1) order.push(0, event(String(i), 1000 + i), 0);
  assert.equal(order.held, 1000);
  assert.equal(taken.length, 500);
});

test("waiting is short only while something is held or an alert may wait", () => {
  const { order } = open(10);
  assert.equal(order.waitMs(100, 0), 100);
  order.push(0, event("a", 100), 0);
  assert.equal(order.waitMs(100, 3), 7);
  order.idle(0, 10);
  // The alert of a moment waits until time has moved past it.
  assert.equal(order.waitMs(100, 10), 1);
  order.idle(0, 11);
  assert.equal(order.waitMs(100, 11), 100);
});

test("time never goes back, whatever several sources give and however late", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = new Prng(seed);
    const times: bigint[] = [];
    const horizonsMs = [5, 10, 20].slice(0, 2 + (seed % 2));
    const order = new OrderedMerge(horizonsMs, 8, (_, timeNs) => times.push(timeNs));
    let nowMs = 0;
    let events = 0;
    for (let step = 0; step < 60; step += 1) {
      nowMs += random.u32() % 12;
      const source = random.u32() % horizonsMs.length;
      const timeMs = 1000 + nowMs - (random.u32() % 40);
      const what = random.u32() % 4;
      if (what === 0) order.idle(source, nowMs);
      else if (what === 1) order.push(source, beat(timeMs), nowMs);
      else {
        events += 1;
        order.push(source, event("x", timeMs), nowMs);
      }
    }
    order.flush();
    assert.ok(times.length >= events, `seed ${seed}`);
    for (const [index, timeNs] of times.entries()) {
      assert.ok(timeNs >= (times[index - 1] ?? 0n), `seed ${seed}, record ${index}`);
    }
  }
});

test("a source that tells its time is believed, until it stops to do so", () => {
  const taken: string[] = [];
  const order = new OrderedMerge(
    [10],
    1000,
    (record, timeNs) => taken.push(`${record.kind}@${timeNs / ms}`),
    [true],
  );
  order.push(0, event("a", 100), 0);
  assert.equal(order.waitMs(100, 0), 100);
  order.idle(0, 50);
  assert.deepEqual(taken, []);
  order.beat(0, 101n * ms, 51);
  assert.deepEqual(taken, ["event@100", "heartbeat@101"]);
  order.push(0, event("b", 200), 60);
  order.idle(0, 600);
  assert.deepEqual(taken.slice(2), ["event@200", "heartbeat@730"]);
});
