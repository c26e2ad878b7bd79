import assert from "node:assert/strict";
import { test } from "node:test";
import type { DecodedRecord } from "../event/decode.ts";
import { LiveOrder } from "./live-order.ts";

const ms = 1_000_000n;

interface Taken {
  readonly order: LiveOrder;
  /** `json@ms`, or `beat@ms` for heartbeats. */
  readonly taken: string[];
}

function open(horizonMs: number): Taken {
  const taken: string[] = [];
  const order = new LiveOrder(horizonMs, (record, timeNs) =>
    taken.push(`${record.kind === "heartbeat" ? "beat" : record.json}@${timeNs / ms}`),
  );
  return { order, taken };
}

function event(json: string, timeMs: number | null): DecodedRecord {
  return { kind: "event", timeNs: timeMs === null ? null : BigInt(timeMs) * ms, json, value: {} };
}

test("events within the horizon are put in order", () => {
  const { order, taken } = open(10);
  order.push(event("b", 105), 0);
  order.push(event("a", 100), 0);
  order.push(event("c", 120), 0);
  assert.deepEqual(taken, ["a@100", "b@105"]);
  order.flush();
  assert.deepEqual(taken, ["a@100", "b@105", "c@120"]);
  assert.equal(order.late, 0);
});

test("an event that comes too late is counted and takes the time that was reached", () => {
  const { order, taken } = open(10);
  order.push(event("a", 100), 0);
  order.push(event("b", 200), 0);
  order.push(event("late", 50), 0);
  order.flush();
  assert.deepEqual(taken, ["a@100", "late@190", "b@200"]);
  assert.equal(order.late, 1);
});

test("an event without a time has that of the one before", () => {
  const { order, taken } = open(10);
  order.push(event("a", 100), 0);
  order.push(event("b", null), 0);
  order.flush();
  assert.deepEqual(taken, ["a@100", "b@100"]);
});

test("while nothing comes, time goes on one horizon behind the clock", () => {
  const { order, taken } = open(10);
  order.push(event("a", 100), 1000);
  order.idle(1005);
  assert.deepEqual(taken, []);
  order.idle(1010);
  assert.deepEqual(taken, ["a@100", "beat@100"]);
  order.idle(1050);
  assert.deepEqual(taken.at(-1), "beat@140");
});

test("nothing passes before the first event", () => {
  const { order, taken } = open(10);
  order.idle(5000);
  assert.deepEqual(taken, []);
});
