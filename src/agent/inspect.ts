/** What logs hold, and whether they can be believed. */

import type { JsonObject } from "../base/json.ts";
import type { Limits } from "../base/limits.ts";
import { formatIso } from "../base/time.ts";
import { recordKinds } from "../event/batch.ts";
import type { Slice } from "../log/footer.ts";
import { LogError } from "../log/log-error.ts";
import type { Log } from "../log/log-reader.ts";
import type { Damage } from "../log/segment-file.ts";
import { sliceRecords } from "../log/slice.ts";
import { CommandFailure } from "./failure.ts";
import { readSliceMark } from "./flight/slice-mark.ts";
import { LogInputs } from "./log-inputs.ts";

/** Times are ISO 8601, hashes 64 hex digits. */
export interface LogReport {
  readonly events: number;
  readonly blocks: number;
  readonly damaged: readonly DamageReport[];
  /** Time of the first and the last record; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Of the newest segment whose header is intact. */
  readonly hashes: LogHashes;
  /** Gap records among the records. */
  readonly gaps: number;
  readonly heartbeats: number;
  readonly segments: readonly SegmentReport[];
  /** What slices of a flight recorder say of themselves; missing where there are none. */
  readonly slices?: readonly JsonObject[];
}

export interface DamageReport {
  readonly file: string;
  /** Null for the header of a segment. */
  readonly block: number | null;
  readonly offset: number;
  readonly why: string;
}

export interface LogHashes {
  readonly schema: string | null;
  readonly rule_pack: string | null;
  /** Seal of the last block: a log that has it has this content and no other. */
  readonly chain: string | null;
}

export interface SegmentReport {
  readonly file: string;
  readonly bytes: number;
  readonly log_id: string | null;
  readonly segment: number | null;
  /** Whether it was ended with an index. */
  readonly closed: boolean;
  readonly engine_version: string | null;
  readonly schema_version: string | null;
  readonly host: string | null;
  readonly boot_id: string | null;
}

/** Reads all of `inputs`, which are logs. Throws a CommandFailure where one is none. */
export function inspectLogs(inputs: readonly string[], limits: Limits): LogReport {
  return withLogs(inputs, limits, (logs) => report(logs));
}

/** Calls for each record of the slice. Throws a CommandFailure where an input is no log. */
export function eachRecord(
  inputs: readonly string[],
  slice: Slice,
  limits: Limits,
  visit: (json: string) => void,
  onDamage: (damage: Damage) => void,
): void {
  withLogs(inputs, limits, (logs) => {
    for (const log of logs) {
      for (const { json } of sliceRecords(log, slice, onDamage)) visit(json);
    }
  });
}

function withLogs<T>(
  inputs: readonly string[],
  limits: Limits,
  use: (logs: readonly Log[]) => T,
): T {
  try {
    const opened = LogInputs.openAll(inputs, limits);
    try {
      return use(opened.logs);
    } finally {
      opened.close();
    }
  } catch (error) {
    if (error instanceof LogError) throw new CommandFailure(error.message, undefined, error);
    throw error;
  }
}

function report(logs: readonly Log[]): LogReport {
  const tally = { events: 0, blocks: 0, gaps: 0, heartbeats: 0 };
  const damaged: DamageReport[] = [];
  const times: bigint[] = [];
  const closed = new Set<string>();
  const slices: JsonObject[] = [];
  let chain: string | null = null;
  for (const log of logs) {
    const onDamage = ({ file, block, offset, why }: Damage): void => {
      damaged.push({ file, block, offset, why });
    };
    for (const item of log.items({ onDamage, onFooter: (segment) => closed.add(segment.path) })) {
      if (item.kind === "gap") continue;
      const { block, head } = item;
      tally.blocks += 1;
      tally.events += head.events;
      for (const [row, kind] of (block.kinds ?? []).entries()) {
        if (kind === recordKinds.gap) tally.gaps += 1;
        if (kind !== recordKinds.heartbeat) continue;
        tally.heartbeats += 1;
        slices.push(...readSliceMark(block.text(row)));
      }
      times.push(head.fromNs, head.toNs);
    }
    chain = log.segments.at(-1)?.lastSeal ?? chain;
  }
  const header = logs.at(-1)?.header ?? null;
  const { from, to } = span(times);
  return {
    events: tally.events,
    blocks: tally.blocks,
    damaged,
    from,
    to,
    hashes: {
      schema: header?.schemaHash ?? null,
      rule_pack: header?.rulePackHash ?? null,
      chain,
    },
    gaps: tally.gaps,
    heartbeats: tally.heartbeats,
    segments: logs.flatMap((log) => segmentReports(log, closed)),
    ...(slices.length === 0 ? {} : { slices }),
  };
}

function segmentReports(log: Log, closed: ReadonlySet<string>): SegmentReport[] {
  return log.segments.map(({ path, sizeBytes, header }) => ({
    file: path,
    bytes: sizeBytes,
    log_id: header?.logId ?? null,
    segment: header?.segment ?? null,
    closed: closed.has(path),
    engine_version: header?.engineVersion ?? null,
    schema_version: header?.schemaVersion ?? null,
    host: header?.host?.name ?? null,
    boot_id: header?.host?.bootId ?? null,
  }));
}

function span(times: readonly bigint[]): { from: string | null; to: string | null } {
  let [from, to] = [times[0], times[0]];
  for (const timeNs of times) {
    if (from === undefined || timeNs < from) from = timeNs;
    if (to === undefined || timeNs > to) to = timeNs;
  }
  return {
    from: from === undefined ? null : formatIso(from),
    to: to === undefined ? null : formatIso(to),
  };
}
