import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Alert } from "./alert.ts";
import { AlertDigest } from "./digest.ts";
import { alertId } from "./id.ts";

const alert: Alert = {
  id: "x",
  rule: {
    id: "r",
    path: "p.eql",
    name: "n",
    version: "1",
    description: "",
    severity: "low",
    riskScore: null,
    author: [],
    tags: [],
    references: [],
    threat: [],
    actions: [],
  },
  timeNs: 5n,
  kind: "sequence",
  match: [
    { step: 0, event: '{"b": 1, "a": 12345678901234567890}' },
    { step: 1, event: null },
  ],
  keys: ["k", null],
  confidence: "degraded",
  reasons: ["gap"],
  ancestry: [],
};

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function digestOf(...alerts: readonly Alert[]): string {
  const digest = new AlertDigest();
  for (const each of alerts) digest.add(each);
  return digest.hex();
}

const line =
  '["r","p.eql","1","5","sequence",[[0,{"a":12345678901234567890,"b":1}],[1,null]],["k",null],"degraded",["gap"]]\n';

test("the digest is SHA-256 over one canonical line for each alert", () => {
  assert.equal(digestOf(), sha256(""));
  assert.equal(digestOf(alert), sha256(line));
  assert.equal(digestOf(alert, alert), sha256(line + line));
});

test("reading the digest does not end it", () => {
  const digest = new AlertDigest();
  digest.add(alert);
  assert.equal(digest.hex(), digest.hex());
  digest.add(alert);
  assert.equal(digest.hex(), sha256(line + line));
  assert.equal(digest.count, 2);
});

test("how an event is written does not change the digest, what it says does", () => {
  const rewritten = '{"a":12345678901234567890,"b":1.0}';
  const changed = '{"a":12345678901234567891,"b":1}';
  const withEvent = (event: string): Alert => ({
    ...alert,
    match: [{ step: 0, event }, alert.match[1]!],
  });
  assert.equal(digestOf(withEvent(rewritten)), digestOf(alert));
  assert.notEqual(digestOf(withEvent(changed)), digestOf(alert));
});

test("the order of alerts changes the digest", () => {
  const other: Alert = { ...alert, timeNs: 6n };
  assert.notEqual(digestOf(alert, other), digestOf(other, alert));
});

test("an alert's id is a function of its rule and its events", () => {
  const id = alertId("r", "p.eql", "1", alert.match);
  assert.equal(id, sha256('["r","p.eql","1",[[0,{"a":12345678901234567890,"b":1}],[1,null]]]'));
  assert.notEqual(alertId("r", "q.eql", "1", alert.match), id);
  assert.notEqual(alertId("r", "p.eql", "2", alert.match), id);
  assert.notEqual(alertId("r", "p.eql", "1", alert.match.slice(0, 1)), id);
});
