import assert from "node:assert/strict";
import { test } from "node:test";
import { killRounds } from "./kill-rounds.ts";

const seed = Number(process.env["SEED"] ?? 20_261_124);

test(`killed recordings lose nothing that was acknowledged (seed ${seed})`, async () => {
  const tally = await killRounds(5, seed);
  assert.ok(tally.acknowledged > 50, `only ${tally.acknowledged} events were acknowledged`);
  assert.ok(tally.found >= tally.acknowledged);
});
