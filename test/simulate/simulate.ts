/** One seed: a scenario, its live runs, and all that must hold of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../src/alert/alert.ts";
import { Sha256, sha256Hex } from "../../src/base/hash.ts";
import { parseIso } from "../../src/base/time.ts";
import type { RuleSet } from "../../src/rule/rule-set.ts";
import { checkAccounts } from "./accounts.ts";
import { checkCertainty } from "./certainty.ts";
import { compareModel, compareReplay, compareUnlogged, lineOf } from "./comparison.ts";
import { type LiveRun, runLive } from "./live-run.ts";
import { type LogContents, type LogRecord, readSegments, replayContents } from "./log-replay.ts";
import { expectAlerts, type ModelRecord, type Stretch } from "./naive-model.ts";
import type { EventModel } from "./record.ts";
import { compileModels } from "./rule-compile.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { inOrder, replayWhole } from "./whole-log.ts";

export interface Simulation {
  readonly seed: number;
  /** Over alerts, logs and counts: the same for the same seed. */
  readonly digest: string;
  /** What went wrong, for people to read; nothing where all is well. */
  readonly problems: readonly string[];
  readonly tally: Tally;
}

/** How much a simulation has tried. */
export interface Tally {
  readonly runs: number;
  readonly events: number;
  readonly alerts: number;
  readonly sequences: number;
  readonly degraded: number;
  readonly suppressed: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly late: number;
  readonly swaps: number;
  readonly segments: number;
  readonly failures: number;
}

export const emptyTally: Tally = {
  ...{ runs: 0, events: 0, alerts: 0, sequences: 0, degraded: 0, suppressed: 0 },
  ...{ rejected: 0, dropped: 0, late: 0, swaps: 0, segments: 0, failures: 0 },
};

export function addTally(a: Tally, b: Tally): Tally {
  const names = Object.keys(a) as (keyof Tally)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Tally;
}

/** A scenario that was played. */
export interface Play {
  readonly scenario: Scenario;
  readonly ruleSets: readonly RuleSet[];
  readonly runs: readonly LiveRun[];
  /** One a run. */
  readonly logs: readonly LogContents[];
  /** What a replay of the log of all runs raises with the first rules. */
  readonly whole: readonly Alert[];
}

/** Plays the scenario of a seed twice, and once without a log where that may change nothing, and checks it. */
export async function simulate(seed: number): Promise<Simulation> {
  const played = await play(seed);
  const { scenario, ruleSets, runs, logs } = played;
  const problems = runs.flatMap((live, index) =>
    checkRun(live, logs[index]!, scenario, ruleSets).map((text) => `run ${index}: ${text}`),
  );
  problems.push(...checkWhole(played));
  const digest = digestOf(played);
  const again = digestOf(await play(seed));
  if (digest !== again)
    problems.push(`played again it has another digest: ${again}, not ${digest}`);
  // Without a log a bad line that has a time takes part in the order, since nobody has seen that it is bad.
  const hasTraps = scenario.sources.some(({ portions }) =>
    portions.some(({ given }) => given.some(({ kind }) => kind === "trap")),
  );
  if (!hasTraps) problems.push(...compareRuns(runs, await runLive(scenario, ruleSets, null)));
  return { seed, digest, problems, tally: tallyOf(runs) };
}

/** Plays the scenario of a seed. */
export async function play(seed: number): Promise<Play> {
  const scenario = drawScenario(seed);
  const ruleSets = scenario.ruleSets.map((models) => compileModels(models, scenario.schema));
  const folder = mkdtempSync(join(tmpdir(), "kestrel-simulation-"));
  try {
    const runs = await runLive(scenario, ruleSets, folder);
    const logs = runs.map(({ segments }) => readSegments(segments, scenario));
    const whole = await replayWhole(runs, ruleSets[0]!, scenario);
    return { scenario, ruleSets, runs, logs, whole };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Without a log most events are not parsed before they are put in order, which changes nothing else. */
function compareRuns(logged: readonly LiveRun[], unlogged: readonly LiveRun[]): string[] {
  return logged.flatMap(({ alerts, summary }, index) => {
    const other = unlogged[index]!;
    const unlike = compareUnlogged(alerts, other.alerts);
    const [counts, others] = [summary, other.summary].map((of) =>
      JSON.stringify([of?.events, of?.evaluated, of?.dropped, of?.late, of?.gaps, of?.pending]),
    );
    const about = `run ${index}: without a log`;
    return [
      ...(unlike === null ? [] : [`${about}: ${unlike}`]),
      ...(counts === others ? [] : [`${about}: counts ${others}, not ${counts}`]),
    ];
  });
}

/** What is wrong with one run and its log. */
export function checkRun(
  live: LiveRun,
  log: LogContents,
  scenario: Scenario,
  ruleSets: readonly RuleSet[],
): string[] {
  const problems = checkAccounts(live, log);
  // A swap before the first record is not in the log: there is no record before which it could stand.
  const inForce = live.ruleSets.slice(live.ruleSets.length - 1 - log.swaps.length);
  const marked = log.swaps.map(({ packHash }) => packHash);
  const swapped = inForce.slice(1).map((index) => ruleSets[index]!.packHash);
  if (marked.join() !== swapped.join()) problems.push("the log tells of other swaps of rules");
  const replay = replayContents(
    log,
    inForce.map((index) => ruleSets[index]!),
    scenario,
  );
  const unlike = compareReplay(live.alerts, replay);
  if (unlike !== null) problems.push(unlike);
  problems.push(...checkCertainty(live, log));
  if (live.summary !== null) {
    const { digest, evaluated, pending, suppressed } = live.summary;
    const counts = [evaluated, pending, suppressed].join();
    if (digest !== replay.digest) problems.push("the replay of the log has another digest");
    const replayed = [replay.evaluated, replay.pending, replay.suppressed].join();
    if (counts !== replayed)
      problems.push(`evaluated, pending, suppressed: ${counts}, replayed ${replayed}`);
  }
  if (!scenario.isTight)
    problems.push(...checkModel(live, stretchesOf(log, inForce, scenario), scenario));
  return problems;
}

/** The replay of all runs' log against the model. */
export function checkWhole({ scenario, logs, whole }: Play): string[] {
  if (scenario.isTight) return [];
  const records = inOrder(logs.flatMap((log) => log.records));
  const [stretch] = stretchesOf({ records, swaps: [] }, [0], scenario);
  const wrong = compareModel(modelled(whole, scenario), expectAlerts([stretch!], scenario.fields));
  return wrong === null ? [] : [`the whole log: ${wrong}`];
}

/** Without alerts of rules that the model does not know. */
function modelled(alerts: readonly Alert[], { ruleSets }: Scenario): Alert[] {
  const rules = ruleSets.flat().filter(({ lineage }) => lineage !== null);
  const unknown = new Set(rules.map(({ text }) => sha256Hex(text).slice(0, 12)));
  return alerts.filter(({ rule }) => !unknown.has(rule.version));
}

function checkModel(
  { alerts, summary }: LiveRun,
  stretches: readonly Stretch[],
  scenario: Scenario,
): string[] {
  const model = expectAlerts(stretches, scenario.fields);
  const wrong = compareModel(modelled(alerts, scenario), model);
  const problems = wrong === null ? [] : [wrong];
  if (summary === null) return problems;
  const counts = [summary.pending, summary.suppressed].join();
  const expected = [model.pending, model.suppressed].join();
  if (counts !== expected) problems.push(`pending, suppressed: ${counts}, expected ${expected}`);
  return problems;
}

/** The log's records by the rules that were in force. */
function stretchesOf(
  { records, swaps }: Pick<LogContents, "records" | "swaps">,
  inForce: readonly number[],
  scenario: Scenario,
): Stretch[] {
  const known = new Map<string, EventModel>();
  for (const { portions } of scenario.sources) {
    for (const given of portions.flatMap((portion) => portion.given)) {
      if (given.kind === "event") known.set(given.event.json, given.event);
    }
  }
  const models = records.map((record) => modelOf(record, known));
  return inForce.map((ruleSet, index) => ({
    rules: scenario.ruleSets[ruleSet]!.filter(({ lineage }) => lineage === null),
    records: models.slice(swaps[index - 1]?.at ?? 0, swaps[index]?.at ?? models.length),
  }));
}

function modelOf(
  { kind, timeNs, json }: LogRecord,
  known: ReadonlyMap<string, EventModel>,
): ModelRecord {
  const event = known.get(json);
  if (kind === "event" && event !== undefined) return { kind, timeNs, event };
  if (kind !== "gap") return { kind: "heartbeat", timeNs };
  const { kestrel } = JSON.parse(json) as { kestrel: { gap: { from: string; to: string } } };
  const { from, to } = kestrel.gap;
  return { kind, timeNs, fromNs: parseIso(from)!, toNs: parseIso(to)! };
}

/** Over all that depends on the seed alone. */
export function digestOf({ runs, logs }: Play): string {
  const hash = new Sha256();
  for (const [index, { alerts, summary, failure, ruleSets, sinks }] of runs.entries()) {
    for (const alert of alerts) hash.update(`${lineOf(alert)}\n`);
    for (const { timeNs, json } of logs[index]!.records) hash.update(`${timeNs} ${json}\n`);
    const { events, rejected, dropped, late, pending } = summary ?? {};
    const delivered = sinks.map((sink) => sink.delivered.length);
    const counts = [events, rejected, dropped, late, pending, failure, ruleSets, delivered];
    hash.update(`${JSON.stringify(counts)}\n`);
  }
  return hash.hex();
}

function tallyOf(runs: readonly LiveRun[]): Tally {
  return runs.reduce<Tally>((tally, { alerts, summary, ruleSets, segments }) => {
    return addTally(tally, {
      runs: 1,
      events: summary?.events ?? 0,
      alerts: alerts.length,
      sequences: alerts.filter(({ kind }) => kind === "sequence").length,
      degraded: alerts.filter(({ confidence }) => confidence === "degraded").length,
      suppressed: summary?.suppressed ?? 0,
      rejected: summary?.rejected ?? 0,
      dropped: summary?.dropped ?? 0,
      late: summary?.late ?? 0,
      swaps: ruleSets.length - 1,
      segments: segments.length,
      failures: summary === null ? 1 : 0,
    });
  }, emptyTally);
}
