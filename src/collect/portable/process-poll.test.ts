import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Seen } from "../counted-events.ts";
import { makeOwnGroup, whyNoGroup } from "../linux/own-group.fixture.ts";
import { wholeHost } from "../scope.ts";
import { ProcessPoll } from "./process-poll.ts";

test("starts, changes of program and ends are told by looking twice", {
  skip: whyNoGroup,
}, async () => {
  const group = makeOwnGroup()!;
  const poll = new ProcessPoll({
    scope: { ...wholeHost, group: group.path },
    environmentNames: new Set(),
    intervalMs: 20,
  });
  const seen: Seen[] = [];
  try {
    const running = group.start("sleep 0.4; sleep 0.2 & exec sleep 0.5");
    while (running.exitCode === null && running.signalCode === null) {
      poll.drain((activity) => seen.push(activity));
      await delay(20);
    }
    poll.drain((activity) => seen.push(activity));
  } finally {
    poll.close();
    await group.remove();
  }
  const told = seen.map((it) => (it.kind === "exec" ? it.args?.join(" ") : it.kind));
  const script = "sh -c sleep 0.4; sleep 0.2 & exec sleep 0.5";
  const programs = told.filter((it) => it !== script && !it?.startsWith("sh -c echo"));
  // The last two begin at once, so either may be told first.
  assert.deepEqual(programs.toSorted(), [
    ...["exit", "exit", "exit"],
    ...["sleep 0.2", "sleep 0.4", "sleep 0.5"],
  ]);
  assert.deepEqual(programs.slice(0, 2), ["sleep 0.4", "exit"]);
  assert.equal(programs.at(-1), "exit");
  assert.ok(told.includes(script));
  const shell = seen.find((it) => it.kind === "exec" && it.args?.join(" ") === script);
  const last = seen.find((it) => it.kind === "exec" && it.args?.[1] === "0.5");
  assert.ok(shell?.kind === "exec" && last?.kind === "exec");
  assert.equal(shell.actor.startNs, last.actor.startNs);
  assert.ok(seen.every((it) => it.kind !== "exit" || it.waitStatus === null));
});
