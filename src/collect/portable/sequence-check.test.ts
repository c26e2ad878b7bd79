import assert from "node:assert/strict";
import { test } from "node:test";
import { SequenceCheck } from "./sequence-check.ts";

test("numbers that are missing are told by processor, also across the turn of the counter", () => {
  const check = new SequenceCheck(["process"], 5n);
  assert.equal(check.check(0, 0xfffffffe, 10n), null);
  assert.equal(check.check(1, 7, 11n), null);
  assert.equal(check.check(0, 0xffffffff, 12n), null);
  assert.deepEqual(check.check(0, 2, 20n), {
    kind: "lost",
    fromNs: 12n,
    toNs: 20n,
    count: 2,
    cpu: 0,
    categories: ["process"],
  });
  assert.equal(check.check(1, 8, 21n), null);
  assert.equal(check.settle(30n), null);
});

test("an overrun that no number shows is one at least, and is not counted twice", () => {
  const check = new SequenceCheck(["process"], 0n);
  check.check(0, 1, 10n);
  check.overrun();
  assert.deepEqual(check.settle(50n)?.count, 1);
  assert.equal(check.settle(60n), null);
  assert.equal(check.check(0, 7, 70n)?.count, 4);
});

test("an overrun that numbers showed is told once", () => {
  const check = new SequenceCheck(["process"], 0n);
  check.check(3, 1, 10n);
  check.overrun();
  assert.equal(check.check(3, 4, 20n)?.count, 2);
  assert.equal(check.settle(30n), null);
});

test("a counter that starts anew is no loss", () => {
  const check = new SequenceCheck([], 0n);
  check.check(0, 1000, 1n);
  assert.equal(check.check(0, 0, 2n), null);
  assert.equal(check.check(0, 1, 3n), null);
});
