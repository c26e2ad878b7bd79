import assert from "node:assert/strict";
import { test } from "node:test";
import { prepareRules } from "../../src/agent/prepare.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { soak } from "./soak.ts";
import { uniqueLine } from "./unique-lines.ts";

test("every command line is new", () => {
  const commands = new Set(
    Array.from({ length: 20_000 }, (_unused, index) => {
      const { process } = JSON.parse(uniqueLine(index)) as { process: { command_line: string } };
      return process.command_line;
    }),
  );
  assert.equal(commands.size, 20_000);
});

test("tables stay within their limits while nearly every text is new", () => {
  const { compiled } = prepareRules({
    rules: ["rules"],
    only: [],
    disable: [],
    limits: defaultLimits,
  });
  const limits = {
    ...defaultLimits,
    stringTableBytes: 0x40000,
    memoBytes: 0x10000,
    partialBytes: 0x20000,
    processes: 500,
  };
  const { events, peak } = soak(compiled.set, limits, 40_960);
  assert.equal(events, 40_960);
  assert.ok(peak.strings <= limits.stringTableBytes, `${peak.strings}`);
  assert.ok(peak.partials <= limits.partialBytes, `${peak.partials}`);
  assert.equal(peak.processes, limits.processes);
  // Texts that are of no use any more are let go once there is a megabyte of them.
  assert.ok(peak.processBytes > 0 && peak.processBytes < 4_000_000, `${peak.processBytes}`);
  // Memos are looked at before a batch, so that they may grow by what one batch adds.
  assert.ok(peak.memos <= limits.memoBytes * 4, `${peak.memos}`);
  assert.ok(peak.memos > 0);
});
