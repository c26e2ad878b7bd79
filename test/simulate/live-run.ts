/** Runs a scenario as `kestrel run` would: real bus, order, log, engine and reloads; sources, sinks and time are simulated. */

import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { backends } from "../../src/agent/backends.ts";
import { CommandFailure } from "../../src/agent/failure.ts";
import { type LoadedRuleSet, startRun } from "../../src/agent/run.ts";
import type { ReloadReport, RunStatus, Runtime } from "../../src/agent/runtime.ts";
import type { LiveSummary } from "../../src/agent/summary.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { Prng } from "../../src/base/prng.ts";
import { Sieve } from "../../src/bus/sieve.ts";
import { segmentsOf } from "../../src/log/log-paths.ts";
import { LogWriter } from "../../src/log/log-writer.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { CallingSink } from "../../src/sink/calling-sink.fixture.ts";
import type { Sink } from "../../src/sink/contract.ts";
import { openDeliveryQueue } from "../../src/sink/delivery-queue.ts";
import type { RunScript, Scenario } from "./scenario.ts";
import { SimulatedSink } from "./simulated-sink.ts";
import { SimulatedSource, type SourcePlace } from "./simulated-source.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What came of one run of a scenario. */
export interface LiveRun {
  readonly script: RunScript;
  /** As they were handed to the sinks. */
  readonly alerts: readonly Alert[];
  /** Null where a source failed. */
  readonly summary: LiveSummary | null;
  /** The message of that failure. */
  readonly failure: string | null;
  readonly status: readonly RunStatus[];
  readonly sources: readonly SimulatedSource[];
  readonly sinks: readonly SimulatedSink[];
  readonly delivery: { readonly ids: readonly string[]; readonly sink: Sink };
  /** Indexes of the rule sets that were in force, in order. */
  readonly ruleSets: readonly number[];
  readonly reports: readonly ReloadReport[];
  /** Of the log, this run's. */
  readonly segments: readonly string[];
}

/** The log lies in `folder`, which has none yet; without a folder there is none. */
export async function runLive(
  scenario: Scenario,
  ruleSets: readonly RuleSet[],
  folder: string | null,
): Promise<LiveRun[]> {
  const clock = new VirtualClock(scenario.startNs);
  const places = scenario.sources.map(() => ({ next: 0, hasDied: false }));
  const runs: LiveRun[] = [];
  for (const script of scenario.runs) {
    const waitMs = script.fromMs - clock.monotonicMs();
    if (waitMs > 0) await clock.run(clock.sleep(waitMs));
    if (clock.monotonicMs() >= script.toMs) continue;
    runs.push(await runOnce({ scenario, script, ruleSets, clock, places, folder }));
  }
  return runs;
}

interface Stage {
  readonly scenario: Scenario;
  readonly script: RunScript;
  readonly ruleSets: readonly RuleSet[];
  readonly clock: VirtualClock;
  readonly places: readonly SourcePlace[];
  readonly folder: string | null;
}

async function runOnce(stage: Stage): Promise<LiveRun> {
  const { scenario, script, ruleSets, clock, places, folder } = stage;
  const path = folder === null ? null : join(folder, "live.klog");
  const segments = (): string[] => (path === null ? [] : segmentsOf(path));
  const before = segments().length;
  const sources = scenario.sources.map((it, i) => new SimulatedSource(it, clock, places[i]!));
  const sinks = scenario.sinks.map((it) => new SimulatedSink(it, clock));
  const delivery = openDelivery(scenario.seed);
  const alerts: Alert[] = [];
  const recorder = new CallingSink((alert) => alerts.push(alert));
  const end = new AbortController();
  const inForce = [script.ruleSet];
  const loading = script.reloads.values();
  const run = startRun({
    inputs: sources.map((source, index) => {
      const { canWait } = scenario.sources[index]!;
      return { label: source.name, source, canWait };
    }),
    rules: ruleSets[script.ruleSet]!,
    backend: backends[scenario.backend],
    limits: scenario.limits,
    engineVersion: "1",
    sinks: [recorder, ...sinks, delivery.sink],
    onProblem: () => undefined,
    log: path === null ? undefined : openLog(scenario, path, clock),
    sieve: sieveOf(scenario),
    windowMs: scenario.windowMs,
    loadRules: () => load(loading.next().value, ruleSets, clock),
    ruleErrors: [],
    onRules: (rules) => inForce.push(ruleSets.indexOf(rules)),
    clock,
    signal: end.signal,
  });
  const { status, reports } = steer(run, stage);
  const outcome = await clock.run(settle(run));
  await clock.run(Promise.all(sinks.map((sink) => sink.close())));
  await delivery.sink.close();
  return {
    ...{ script, alerts, ...outcome, status, sources, sinks, delivery, reports },
    ruleSets: inForce,
    segments: segments().slice(before),
  };
}

/** Asks for reloads and the end of the run when the script says so, and for the status now and then. */
function steer(run: Runtime, { script, clock }: Stage): Pick<LiveRun, "status" | "reports"> {
  const status: RunStatus[] = [];
  const reports: ReloadReport[] = [];
  const at = (ms: number, act: () => void): void => {
    if (Number.isFinite(ms)) clock.after(ms - clock.monotonicMs(), act);
  };
  at(script.toMs, () => run.stop());
  for (const { atMs } of script.reloads) {
    at(atMs, () => {
      status.push(run.status());
      // A reload never rejects.
      void run.reload().then((report) => {
        reports.push(report);
      });
    });
  }
  return { status, reports };
}

async function settle(run: Runtime): Promise<Pick<LiveRun, "summary" | "failure">> {
  try {
    return { summary: await run.ended, failure: null };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { summary: null, failure: error.message };
  }
}

async function load(
  script: RunScript["reloads"][number] | undefined,
  ruleSets: readonly RuleSet[],
  clock: VirtualClock,
): Promise<LoadedRuleSet> {
  if (script === undefined) throw new Error("no more rules");
  if (script.loadMs > 0) await clock.sleep(script.loadMs);
  if (script.outcome === "absent") throw new Error("the rules can't be read");
  const errors = script.outcome === "bad" ? ["bad.eql: wrong"] : [];
  return { rules: ruleSets[script.ruleSet]!, errors };
}

function openLog({ limits, log }: Scenario, path: string, clock: VirtualClock): LogWriter {
  return new LogWriter({
    path,
    limits,
    origin: () => ({
      engineVersion: "1",
      schemaHash: "00",
      schemaVersion: "1",
      rulePackHash: null,
      host: null,
      clock: null,
      timestampField: "@timestamp",
      timestampUnit: "ms",
    }),
    nowMs: () => clock.monotonicMs(),
    sync: "never",
    blockMs: log.blockMs,
    segmentBytes: log.segmentBytes,
    segmentMs: Number.POSITIVE_INFINITY,
    retainBytes: Number.POSITIVE_INFINITY,
    onLoss: (error) => {
      throw error;
    },
  });
}

function sieveOf({ samplesFiles }: Scenario): Sieve | undefined {
  if (samplesFiles === 1) return undefined;
  const sampling = [{ category: "file", action: null, oneIn: samplesFiles }];
  return new Sieve({ sampling, governor: null });
}

/** The queue of the sinks over the network, with a receiver that fails every now and then. Its time is the machine's. */
function openDelivery(seed: number): LiveRun["delivery"] {
  const random = new Prng(seed);
  const ids: string[] = [];
  const sink = openDeliveryQueue({
    format: (alert) => alert.id,
    deliver: async (records) => {
      await turn();
      if (random.int(4) === 0) throw new Error("the receiver is away");
      ids.push(...records);
    },
    queueBytes: random.pick([300, 0x100000]),
    batchAlerts: 1 + random.int(20),
    backoffMs: [0, 1],
    seed,
  });
  return { ids, sink };
}
