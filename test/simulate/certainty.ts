/** No alert is certain if one of its window's events was lost, unless that came out when the moment had passed. */
import { parseIso } from "../../src/base/time.ts";
import type { LiveRun } from "./live-run.ts";
import type { LogContents, LogRecord } from "./log-replay.ts";

interface LostEvent {
  readonly timeNs: bigint;
  readonly json: string;
}

export function checkCertainty(live: LiveRun, { records }: LogContents): string[] {
  const lost = lostEvents(live, records);
  if (lost.length === 0) return [];
  const times = new Map(records.map(({ json, timeNs }) => [json, timeNs]));
  return live.alerts.flatMap(({ kind, confidence, match, rule, timeNs }) => {
    if (kind !== "sequence" || confidence !== "certain") return [];
    const first = match.find(({ event }) => event !== null)?.event;
    const fromNs = times.get(first ?? "") ?? timeNs;
    // What was lost in the moment of the decision may have come after it.
    const within = lost.find((event) => fromNs <= event.timeNs && event.timeNs < timeNs);
    if (within === undefined) return [];
    return [`an alert of ${JSON.stringify(rule.id)} is certain, but ${within.json} was lost`];
  });
}

/** Events that were dropped, but for those whose gap record came late. */
function lostEvents({ sources }: LiveRun, records: readonly LogRecord[]): LostEvent[] {
  const logged = new Set(records.map(({ json }) => json));
  return sources.flatMap(({ name, given }) => {
    const late = lateSpans(records, name);
    return given.flatMap((it) => {
      if (it.kind !== "event" || it.event.timeNs === null || logged.has(it.event.json)) return [];
      const { timeNs, json } = it.event;
      // Of an event that does not say its time in ISO 8601 it is not known when it was.
      if (!/"@timestamp":"/.test(json)) return [];
      const isLate = late.some(([fromNs, toNs]) => fromNs <= timeNs && timeNs <= toNs);
      return isLate ? [] : [{ timeNs, json }];
    });
  });
}

/** What the source's gap records cover that took a later time than their own. */
function lateSpans(
  records: readonly LogRecord[],
  source: string,
): (readonly [fromNs: bigint, toNs: bigint])[] {
  return records.flatMap(({ kind, timeNs, json }) => {
    if (kind !== "gap") return [];
    const record = JSON.parse(json) as GapText;
    const { gap } = record.kestrel;
    const isOwn = gap.source === `${source}/bus` || gap.source === `${source}/governor`;
    if (!isOwn || parseIso(record["@timestamp"])! >= timeNs) return [];
    return [[parseIso(gap.from)!, parseIso(gap.to)!] as const];
  });
}

interface GapText {
  readonly "@timestamp": string;
  readonly kestrel: {
    readonly gap: { readonly source: string; readonly from: string; readonly to: string };
  };
}
