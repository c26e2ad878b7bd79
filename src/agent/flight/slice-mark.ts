/** The last record of a slice: a heartbeat that says what the slice is of, which readers that don't know it take as one. */
import type { Alert } from "../../alert/alert.ts";
import { type JsonObject, parseJson } from "../../base/json.ts";
import { formatIso } from "../../base/time.ts";
import { isObject, lookUp } from "../../event/lookup.ts";
import { heartbeatJson } from "../../event/stream-record.ts";
import type { SliceVerdict, TimedRecord } from "./slice-check.ts";

export interface SliceFacts {
  readonly alert: Alert;
  /** The alert that the slice replays to, if it does: another one where something was taken out of its events. */
  readonly expected: Alert;
  readonly verdict: SliceVerdict;
  /** Records of the slice by why they are in it. */
  readonly counts: Readonly<Record<string, number>>;
  /** Records of related processes that are not in it. */
  readonly leftOut: number;
}

/** docs/flight-recorder.md explains the members. */
export function describeSlice(facts: SliceFacts): JsonObject {
  const { alert, expected, verdict, counts, leftOut } = facts;
  const { id, version } = alert.rule;
  return {
    alert: alert.id,
    ...(expected.id === alert.id ? {} : { alert_after_redaction: expected.id }),
    rule: { id, version },
    time: formatIso(alert.timeNs),
    replays_to: verdict,
    records: { ...counts },
    left_out: leftOut,
  };
}

/** The heartbeat at `timeNs`; one like any other where there is no description. */
export function sliceEnd(timeNs: bigint, description: JsonObject | null): TimedRecord {
  const mark = description === null ? {} : { slice: description };
  const json = heartbeatJson(timeNs, mark);
  const value = { kestrel: { record: "heartbeat", ...mark } };
  return { record: { kind: "heartbeat", timeNs, json, value }, timeNs };
}

/** The description in a heartbeat's text; none in one like any other. */
export function readSliceMark(json: string): JsonObject[] {
  const parsed = parseJson(json);
  if (parsed.kind === "error" || !isObject(parsed.value)) return [];
  const mark = lookUp(parsed.value, "kestrel.slice");
  return isObject(mark) ? [mark] : [];
}
