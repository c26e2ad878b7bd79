/**
 * Records of the stream that are no events: gaps and heartbeats. As JSON they are objects with
 * `kestrel.record` and, for gaps, `kestrel.gap.{source,from,to,lost,categories}`.
 */
import type { JsonObject, JsonValue } from "../base/json.ts";
import { formatIso, parseEpoch, parseIso } from "../base/time.ts";
import type { Gap } from "./batch.ts";
import { lookUp } from "./lookup.ts";
import type { TextSource } from "./row-sources.ts";

/**
 * The gap that a record describes; null if it is wrong. `from` and `to` are ISO 8601 or ms; where one is
 * missing it is the record's time, or else the other.
 */
export function readGap(record: JsonObject, timeNs: bigint | null): Gap | null {
  const source = lookUp(record, "kestrel.gap.source") ?? "";
  const from = readMoment(lookUp(record, "kestrel.gap.from"));
  const to = readMoment(lookUp(record, "kestrel.gap.to"));
  const lost = lookUp(record, "kestrel.gap.lost") ?? null;
  const categories = readTexts(lookUp(record, "kestrel.gap.categories"));
  if (from === undefined || to === undefined || categories === null) return null;
  const fromNs = from ?? timeNs ?? to;
  const toNs = to ?? timeNs ?? from;
  if (fromNs === null || toNs === null || fromNs > toNs) return null;
  if (typeof source !== "string" || !isCount(lost)) return null;
  return { source, fromNs, toNs, lost, categories };
}

/** The JSON text of a gap record. */
export function gapJson(gap: Gap, timeNs: bigint): string {
  const { source, fromNs, toNs, lost, categories } = gap;
  const description = { source, from: formatIso(fromNs), to: formatIso(toNs), lost, categories };
  return JSON.stringify({
    "@timestamp": formatIso(timeNs),
    kestrel: { record: "gap", gap: description },
  });
}

/**
 * The JSON text of a heartbeat: no earlier event will come from this source. `mark` says what changed at that
 * moment; readers that don't know it take the record for a heartbeat, which it is.
 */
export function heartbeatJson(timeNs: bigint, mark: JsonObject = {}): string {
  const kestrel = { record: "heartbeat", ...mark };
  return JSON.stringify({ "@timestamp": formatIso(timeNs), kestrel });
}

/** A heartbeat that is no line of an input: its text is made for those who log it. */
export class Heartbeat implements TextSource {
  readonly kind = "heartbeat";
  readonly timeNs: bigint;
  readonly value: JsonObject = {};

  constructor(timeNs: bigint) {
    this.timeNs = timeNs;
  }

  get json(): string {
    return heartbeatJson(this.timeNs);
  }

  text(): string {
    return this.json;
  }
}

/** Null where there is none, undefined where it can't be read. */
function readMoment(value: JsonValue | undefined): bigint | null | undefined {
  if (value === undefined) return null;
  if (typeof value === "string") return parseIso(value) ?? parseEpoch(value, "ms") ?? undefined;
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  return parseEpoch(value, "ms") ?? undefined;
}

function readTexts(value: JsonValue | undefined): string[] | null {
  if (value === undefined) return [];
  const items = Array.isArray(value) ? value : [value];
  return items.every((item) => typeof item === "string") ? items : null;
}

function isCount(value: JsonValue): value is number | null {
  return value === null || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0);
}
