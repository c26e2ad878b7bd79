/** Whether all that sources gave is accounted for, to the last event, and all that was lost is told. */

import type { SourceStatus } from "../../src/agent/runtime.ts";
import type { LiveSummary } from "../../src/agent/summary.ts";
import { parseIso } from "../../src/base/time.ts";
import type { LiveRun } from "./live-run.ts";
import type { LogContents, LogRecord } from "./log-replay.ts";
import type { EventModel } from "./record.ts";
import type { SimulatedSource } from "./simulated-source.ts";

/** What does not add up; nothing where all does. */
export type Problems = string[];

export function checkAccounts(live: LiveRun, log: LogContents): Problems {
  const problems: Problems = [];
  problems.push(...log.damages.map((why) => `the log is damaged: ${why}`));
  problems.push(...checkOrder(log.records), ...checkLogged(live, log.records));
  problems.push(...checkSinks(live));
  if (live.summary !== null) problems.push(...checkSummary(live, live.summary, log));
  return problems;
}

/** Says that `got` should be `expected`, if it is not. */
function differs(what: string, got: number, expected: number): Problems {
  return got === expected ? [] : [`${what}: ${got}, not ${expected}`];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function checkOrder(records: readonly LogRecord[]): Problems {
  const back = records.findIndex(({ timeNs }, i) => i > 0 && timeNs < records[i - 1]!.timeNs);
  return back === -1 ? [] : [`record ${back} of the log is older than the one before`];
}

/** Each event in the log was given, and only once. */
function checkLogged(live: LiveRun, records: readonly LogRecord[]): Problems {
  const left = new Map<string, number>();
  for (const event of live.sources.flatMap(eventsOf)) {
    left.set(event.json, (left.get(event.json) ?? 0) + 1);
  }
  return records.flatMap(({ kind, json }) => {
    if (kind !== "event") return [];
    const count = left.get(json) ?? 0;
    left.set(json, count - 1);
    return count > 0 ? [] : [`an event is in the log more often than it was given: ${json}`];
  });
}

function eventsOf(source: SimulatedSource): EventModel[] {
  return source.given.flatMap((it) => (it.kind === "event" ? [it.event] : []));
}

/** Delivered and lost are all that was raised, and what was delivered is in order. */
function checkSinks({ alerts, sinks, delivery, summary }: LiveRun): Problems {
  const problems = sinks.flatMap(({ counters, delivered }, index) => [
    ...differs(`sink ${index}: written and lost`, counters.written + counters.lost, alerts.length),
    ...differs(`sink ${index}: delivered`, delivered.length, counters.written),
    ...(isWithin(delivered, alerts) ? [] : [`sink ${index}: delivered out of order`]),
  ]);
  const { written, lost } = delivery.sink.counters;
  const ids = alerts.map(({ id }) => id);
  problems.push(
    ...differs("queue: written and lost", written + lost, alerts.length),
    ...differs("queue: received", delivery.ids.length, written),
    ...(isWithin(delivery.ids, ids) ? [] : ["queue: received out of order"]),
  );
  if (summary !== null) {
    const told = summary.lost_alerts;
    const least = sum(sinks.map(({ counters }) => counters.lost));
    if (told < least || told > least + lost) problems.push(`lost alerts: ${told} of ${least}`);
    problems.push(...differs("alerts", summary.alerts, alerts.length));
  }
  return problems;
}

/** Whether `part` is `whole` with some left out. */
function isWithin<T>(part: readonly T[], whole: readonly T[]): boolean {
  let at = 0;
  for (const item of part) {
    at = whole.indexOf(item, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function checkSummary(live: LiveRun, summary: LiveSummary, log: LogContents): Problems {
  const { events, evaluated, rejected, dropped, gaps } = summary;
  const logged = log.records.filter(({ kind }) => kind === "event").length;
  const gapRecords = log.records.filter(({ kind }) => kind === "gap").length;
  return [
    ...differs("events", evaluated + rejected + dropped, events),
    ...differs("received of all sources", sum(summary.sources.map((it) => it.received)), events),
    ...differs("evaluated", evaluated, logged),
    ...differs("gaps", gaps, gapRecords),
    ...differs("gaps of all sources", sum(summary.sources.map((it) => it.gaps)), gapRecords),
    ...checkLate(summary.late, live, log.records),
    ...summary.sources.flatMap((status, i) => checkSource(status, live.sources[i]!, log.records)),
    ...checkStatus(live),
  ];
}

/** An event or gap that came when its time had passed took the time that was reached, and was counted. */
function checkLate(late: number, live: LiveRun, records: readonly LogRecord[]): Problems {
  const times = new Map(live.sources.flatMap(eventsOf).map((it) => [it.json, it.timeNs]));
  let moved = 0;
  for (const { kind, timeNs, json } of records) {
    if (kind === "heartbeat") continue;
    const own = kind === "event" ? (times.get(json) ?? null) : timeOfGap(json);
    if (own === null) continue;
    if (own > timeNs) return [`a record has an earlier time than its own: ${json}`];
    if (own < timeNs) moved += 1;
  }
  // An event without a time of its own may be late as well.
  const untimed = records.filter(({ json }) => times.get(json) === null).length;
  return moved <= late && late <= moved + untimed ? [] : [`late: ${late}, not ${moved}`];
}

function timeOfGap(json: string): bigint | null {
  return parseIso((JSON.parse(json) as { "@timestamp": string })["@timestamp"]);
}

interface GapText {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly lost: number;
  readonly categories: readonly string[];
}

function gapsOf(records: readonly LogRecord[], source: string): GapText[] {
  return records.flatMap(({ kind, json }) => {
    if (kind !== "gap") return [];
    const { kestrel } = JSON.parse(json) as { kestrel: { gap: GapText } };
    return kestrel.gap.source === source ? [kestrel.gap] : [];
  });
}

function checkSource(
  status: SourceStatus,
  source: SimulatedSource,
  records: readonly LogRecord[],
): Problems {
  const { name, given, counters } = source;
  const traps = given.filter(({ kind }) => kind === "trap").length;
  const ownGaps = given.filter(({ kind }) => kind === "gap").length;
  const events = eventsOf(source);
  const logged = new Set(records.map(({ json }) => json));
  const missing = events.filter(({ json }) => !logged.has(json));
  const gaps = [...gapsOf(records, `${name}/bus`), ...gapsOf(records, `${name}/governor`)];
  const told = sum(gaps.map(({ lost }) => lost));
  const problems = [
    ...differs(`${name}: received`, status.received, events.length + traps + counters.dropped),
    ...differs(`${name}: lost by itself`, status.lost, counters.dropped),
    ...differs(`${name}: gaps that it told`, gapsOf(records, name).length, ownGaps),
    ...differs(`${name}: dropped, as gaps tell it`, told, status.dropped),
    ...differs(`${name}: gaps`, status.gaps, ownGaps + gaps.length),
    ...differs(`${name}: waiting`, status.waiting, 0),
  ];
  // Of traps some may have been dropped before anybody read them.
  if (missing.length > status.dropped || missing.length + traps < status.dropped) {
    problems.push(`${name}: ${missing.length} events are missing, ${status.dropped} were dropped`);
  }
  return [...problems, ...missing.flatMap((event) => checkTold(name, event, gaps))];
}

/** An event that was dropped lies in a gap that its source tells; one that says its time in ISO 8601. */
function checkTold(name: string, event: EventModel, gaps: readonly GapText[]): Problems {
  const { timeNs, json, values } = event;
  if (timeNs === null || !/"@timestamp":"/.test(json)) return [];
  const categories = values.get("event.category") ?? [];
  const isTold = gaps.some((gap) => {
    const isInTime = parseIso(gap.from)! <= timeNs && timeNs <= parseIso(gap.to)!;
    const isNamed =
      gap.categories.length === 0 || gap.categories.some((it) => categories.includes(it));
    return isInTime && isNamed;
  });
  return isTold ? [] : [`${name}: no gap tells of what was dropped: ${json}`];
}

/** In the middle of a run as at its end. */
function checkStatus({ status, reports, ruleSets }: LiveRun): Problems {
  const swapped = reports.filter((report) => report.swapped).length;
  const shared = reports.filter((report) => report.swapped).length - (ruleSets.length - 1);
  const problems =
    shared < 0 ? [`reloads: ${swapped} reports of ${ruleSets.length - 1} swaps`] : [];
  for (const { events, evaluated, rejected, dropped, waiting } of status) {
    problems.push(...differs("status", evaluated + rejected + dropped + waiting, events));
  }
  return problems;
}
