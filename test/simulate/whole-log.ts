/** The log of all runs of a scenario, replayed as one: where a restart made times go back, its records are sorted. */
import assert from "node:assert/strict";
import { backends } from "../../src/agent/backends.ts";
import { replay } from "../../src/agent/replay.ts";
import type { Alert } from "../../src/alert/alert.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { CallingSink } from "../../src/sink/calling-sink.fixture.ts";
import type { LiveRun } from "./live-run.ts";
import type { LogRecord } from "./log-replay.ts";
import type { Scenario } from "./scenario.ts";

/** What the first rules of a scenario raise, as `kestrel replay` does it. */
export async function replayWhole(
  runs: readonly LiveRun[],
  rules: RuleSet,
  scenario: Scenario,
): Promise<Alert[]> {
  const alerts: Alert[] = [];
  await replay({
    inputs: runs.flatMap(({ segments }) => segments),
    rules,
    backend: backends[scenario.backend],
    limits: scenario.limits,
    engineVersion: "1",
    sinks: [new CallingSink((alert) => alerts.push(alert))],
    seed: scenario.seed,
    onProblem: (message) => assert.fail(message),
  });
  return alerts;
}

/** The records of several runs by (time, arrival). */
export function inOrder(records: readonly LogRecord[]): LogRecord[] {
  return [...records].sort((a, b) => (a.timeNs < b.timeNs ? -1 : Number(a.timeNs > b.timeNs)));
}
