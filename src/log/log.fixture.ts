/** For tests: logs in files, and all that can be read of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { type DecodedRecord, EventDecoder } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { pathsOf } from "./log-paths.ts";
import { openLogs } from "./log-reader.ts";
import { LogWriter, type LogWriterOptions } from "./log-writer.ts";
import type { Damage } from "./segment-file.ts";

/** Calls with a folder that is gone afterwards. */
export function withFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-log-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const decoder: EventDecoder = new EventDecoder({
  schema: builtInSchema(),
  layout: createLayout(builtInSchema(), [], defaultLimits),
  limits: defaultLimits,
});

/** The record of a line with its time. */
export function recordOf(line: string): readonly [DecodedRecord, bigint] {
  const record = decoder.parse(line);
  if (record.kind === "rejected") throw new Error(`${record.message}: ${line}`);
  return [record, record.timeNs ?? 0n];
}

/** An event at a second, with a process. */
export function eventLine(second: number, text: string = "x"): string {
  const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const process = { entity_id: `p${second % 7}`, pid: second, args: ["sh", "-c", text] };
  return JSON.stringify({ "@timestamp": time, event: { category: ["process"] }, process });
}

/** A writer that keeps everything in one segment unless told otherwise. */
export function openWriter(path: string, options: Partial<LogWriterOptions> = {}): LogWriter {
  return new LogWriter({
    path,
    limits: defaultLimits,
    origin: () => ({
      engineVersion: "0.1.0",
      schemaHash: "00",
      schemaVersion: "1",
      rulePackHash: null,
      host: null,
      clock: null,
      timestampField: "@timestamp",
      timestampUnit: "ms",
    }),
    nowMs: () => 0,
    sync: "never",
    blockMs: Number.POSITIVE_INFINITY,
    segmentBytes: Number.POSITIVE_INFINITY,
    segmentMs: Number.POSITIVE_INFINITY,
    retainBytes: Number.POSITIVE_INFINITY,
    ...options,
  });
}

/** Writes lines, `perBlock` of them in a block. */
export function writeLog(
  path: string,
  lines: readonly string[],
  perBlock: number,
  options: Partial<LogWriterOptions> = {},
): void {
  const log = openWriter(path, options);
  for (const [i, line] of lines.entries()) {
    log.write(...recordOf(line));
    if ((i + 1) % perBlock === 0) log.flush();
  }
  log.close();
}

/** What a log holds: each record as its time and text, a gap for damage as `gap LOST FROM TO`. */
export interface LogContents {
  readonly records: readonly string[];
  readonly gaps: readonly string[];
  readonly damages: readonly Damage[];
}

/** Reads all there is. Throws a LogError where it is no log. */
export function readLog(input: string, limits: Limits = defaultLimits): LogContents {
  const records: string[] = [];
  const gaps: string[] = [];
  const damages: Damage[] = [];
  for (const log of openLogs(pathsOf(input), limits)) {
    try {
      for (const item of log.items({ onDamage: (damage) => damages.push(damage) })) {
        if (item.kind === "gap") {
          const { lost, fromNs, toNs } = item.gap;
          gaps.push(`gap ${lost} ${fromNs} ${toNs}`);
          continue;
        }
        const { block } = item;
        for (let row = 0; row < block.count; row += 1) {
          records.push(`${block.times[row]} ${block.text(row)}`);
        }
      }
    } finally {
      log.close();
    }
  }
  return { records, gaps, damages };
}
