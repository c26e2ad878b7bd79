import assert from "node:assert/strict";
import { test } from "node:test";
import { engineVersion } from "./version.ts";

test("the engine's version is that of its package", () => {
  assert.match(engineVersion(), /^\d+\.\d+\.\d+/);
  assert.notEqual(engineVersion(), "0.0.0");
});
