import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { rulePackHash } from "./pack.ts";

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

const a = { id: "a", path: "x.yaml", contentHash: "00" };
const b = { id: "b", path: "x.yaml", contentHash: "00" };

test("the hash does not depend on the order of the rules", () => {
  assert.equal(rulePackHash([a, b], sha256Hex), rulePackHash([b, a], sha256Hex));
  assert.match(rulePackHash([], sha256Hex), /^[0-9a-f]{64}$/);
});

test("the hash depends on id, path, content and number of the rules", () => {
  const hashes = [
    [],
    [a],
    [b],
    [a, b],
    [a, a],
    [{ ...a, path: "y.yaml" }],
    [{ ...a, contentHash: "01" }],
    [{ id: "a,x", path: ".yaml", contentHash: "00" }],
  ].map((rules) => rulePackHash(rules, sha256Hex));
  assert.equal(new Set(hashes).size, hashes.length);
});
