/** What a slice holds: the events of the match, what they rest on, and what related processes did around them. */
import type { Alert } from "../../alert/alert.ts";
import type { Gap } from "../../event/batch.ts";
import type { LineageShelf } from "./lineage-shelf.ts";
import type { ProcessIndex } from "./process-index.ts";
import type { RecordRing, RingRecord } from "./record-ring.ts";
import { type Relation, relate, relations } from "./relations.ts";

/** Why a record is in a slice. */
export type RecordRole = "match" | "lineage" | "gap" | Relation;

export interface SliceRecord {
  readonly role: RecordRole;
  readonly timeNs: bigint;
  readonly json: string;
}

/** A gap record of the stream. */
export interface GapRecord {
  readonly gap: Gap;
  /** Of the next event in the ring. */
  readonly number: number;
  readonly timeNs: bigint;
  readonly json: string;
}

export interface SliceInputs {
  readonly alert: Alert;
  readonly ring: RecordRing;
  readonly index: ProcessIndex;
  readonly shelf: LineageShelf;
  readonly gaps: readonly GapRecord[];
  /** How long before its first event the rule looks back, ns; 0 for most. */
  readonly lookBackNs: bigint;
  /** For records of related processes. */
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export interface SliceContent {
  /** In the order of the stream. */
  readonly records: readonly SliceRecord[];
  /** Records of related processes that went over the limits. */
  readonly leftOut: number;
}

/** A record with what tells its place in the stream. */
interface Placed extends SliceRecord {
  /** Number in the ring; negative for what has left it. */
  readonly number: number;
}

export function chooseRecords(inputs: SliceInputs): SliceContent {
  const { alert, ring, index, shelf } = inputs;
  const events = alert.match.flatMap(({ event, timeNs }) =>
    event === null ? [] : [{ json: event, timeNs: timeNs ?? alert.timeNs }],
  );
  const seeds = events.flatMap(({ json }) => index.processOfText(json) ?? []);
  const related = relate(index.processes, seeds);
  const needed: SliceRecord[] = [
    ...shelf
      .recordsOf(seeds.map(({ key }) => key))
      .map(({ timeNs, json }) => ({ role: "lineage" as const, timeNs, json })),
    ...events.map((event) => ({ role: "match" as const, ...event })),
  ];
  const { found, candidates } = search(ring, withoutRepeats(needed), (number) => {
    const process = index.processOf(number);
    return process === null ? undefined : related.get(process.key);
  });
  const { taken, leftOut } = nearest(candidates, inputs);
  const chosen = [...found, ...taken.map((record) => placed(ring, record))];
  const gaps = gapsWithin(chosen, inputs);
  return { records: [...chosen, ...gaps].sort(inOrder), leftOut };
}

/** An event of the match may be one that lineage rests on; identical events of a match are several. */
function withoutRepeats(records: readonly SliceRecord[]): SliceRecord[] {
  const matched = new Set(
    records.filter(({ role }) => role === "match").map(({ timeNs, json }) => `${timeNs} ${json}`),
  );
  return records.filter(
    ({ role, timeNs, json }) => role === "match" || !matched.has(`${timeNs} ${json}`),
  );
}

/** A record of a related process. */
interface Candidate extends RingRecord {
  readonly relation: Relation;
}

/** Finds the places of what is needed, which may have left the ring, and the records that are related. */
function search(
  ring: RecordRing,
  needed: readonly SliceRecord[],
  relationOf: (number: number) => Relation | undefined,
): { readonly found: Placed[]; readonly candidates: Candidate[] } {
  const left = new Map<bigint, SliceRecord[]>();
  for (const record of needed) {
    left.set(record.timeNs, [...(left.get(record.timeNs) ?? []), record]);
  }
  const found: Placed[] = [];
  const candidates: Candidate[] = [];
  for (const record of ring.records(ring.first)) {
    const wanted = left.get(record.timeNs);
    if (wanted !== undefined) {
      const json = ring.text(record);
      const at = wanted.findIndex((other) => other.json === json);
      const [taken] = at === -1 ? [] : wanted.splice(at, 1);
      if (taken !== undefined) found.push({ ...taken, number: record.number });
      if (taken !== undefined) continue;
    }
    const relation = relationOf(record.number);
    if (relation !== undefined) candidates.push({ ...record, relation });
  }
  const gone = needed.filter((record) => left.get(record.timeNs)!.includes(record));
  const before = gone.map((record, i): Placed => ({ ...record, number: i - gone.length }));
  return { found: [...before, ...found], candidates };
}

/** The nearest relations first, and of one relation what is nearest to the match in time. */
function nearest(
  candidates: readonly Candidate[],
  { alert, maxRecords, maxBytes }: SliceInputs,
): { readonly taken: readonly Candidate[]; readonly leftOut: number } {
  const distance = ({ timeNs }: Candidate): number => Math.abs(Number(timeNs - alert.timeNs));
  const sorted = candidates
    .map((record) => ({
      record,
      rank: relations.indexOf(record.relation),
      distance: distance(record),
    }))
    .sort(
      (a, b) => a.rank - b.rank || a.distance - b.distance || b.record.number - a.record.number,
    );
  const taken: Candidate[] = [];
  let bytes = 0;
  for (const { record } of sorted) {
    bytes += record.end - record.start;
    if (taken.length === maxRecords || bytes > maxBytes) break;
    taken.push(record);
  }
  return { taken, leftOut: candidates.length - taken.length };
}

function placed(ring: RecordRing, record: Candidate): Placed {
  const { relation: role, timeNs, number } = record;
  return { role, timeNs, number, json: ring.text(record) };
}

/** What was lost while the records of the slice came, or while the rule looked back. */
function gapsWithin(chosen: readonly Placed[], { alert, gaps, lookBackNs }: SliceInputs): Placed[] {
  let fromNs = alert.timeNs;
  let toNs = alert.timeNs;
  for (const { timeNs } of chosen) {
    if (timeNs - lookBackNs < fromNs) fromNs = timeNs - lookBackNs;
    if (timeNs > toNs) toNs = timeNs;
  }
  return gaps
    .filter(({ gap }) => gap.fromNs <= toNs && gap.toNs >= fromNs)
    .map(({ timeNs, json, number }) => ({ role: "gap", timeNs, json, number }));
}

function inOrder(a: Placed, b: Placed): number {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs ? -1 : 1;
  if (a.number !== b.number) return a.number - b.number;
  return Number(b.role === "gap") - Number(a.role === "gap");
}
