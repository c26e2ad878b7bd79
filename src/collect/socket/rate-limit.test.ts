import assert from "node:assert/strict";
import { test } from "node:test";
import { RateLimit } from "./rate-limit.ts";

test("a second's worth may come at once, and what is more is waited for", () => {
  const rate = new RateLimit(100, 0);
  rate.take(100);
  assert.equal(rate.waitMs(0), 0);
  rate.take(50);
  assert.equal(rate.waitMs(0), 500);
  assert.equal(rate.waitMs(200), 300);
  assert.equal(rate.waitMs(500), 0);
});

test("a long rest gives no more than a second's worth", () => {
  const rate = new RateLimit(100, 0);
  assert.equal(rate.waitMs(60_000), 0);
  rate.take(200);
  assert.equal(rate.waitMs(60_000), 1000);
});
