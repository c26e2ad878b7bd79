/** Recordings as streams: several after one another, as often as it takes to reach a number of events. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { formatIso, parseIso } from "../../src/base/time.ts";

const timestamp = /"@timestamp":"([^"]+)"/;
/** Between the end of a recording and the beginning of the next. */
const pauseNs = 1_000_000_000n;

/** The lines of a file, plain or gzip, without their ends and without blank ones. */
export function readRecording(path: string): string[] {
  const bytes = readFileSync(path);
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (isPacked ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

/**
 * `count` lines from the recordings, each in the order of its times: all of them one after the other, again
 * and again; of the last round each gives its first part in proportion. Times are moved so that they
 * ascend; all else stays, entity ids too.
 */
export function joinRecordings(
  recordings: readonly (readonly string[])[],
  count: number,
): string[] {
  const round = recordings.reduce((sum, lines) => sum + lines.length, 0);
  if (round === 0) return [];
  const joined: string[] = [];
  let endNs: bigint | null = null;
  while (joined.length < count) {
    const share = Math.min(1, (count - joined.length) / round);
    for (const lines of recordings) {
      const part = lines.slice(0, Math.ceil(lines.length * share));
      const shiftNs: bigint = endNs === null ? 0n : endNs + pauseNs - firstTime(part, endNs);
      for (const line of part) {
        if (joined.length === count) return joined;
        const moved = moveLine(line, shiftNs);
        joined.push(moved.line);
        if (moved.timeNs !== null) endNs = moved.timeNs;
      }
    }
  }
  return joined;
}

function firstTime(lines: readonly string[], otherwise: bigint): bigint {
  for (const line of lines) {
    const timeNs = moveLine(line, 0n).timeNs;
    if (timeNs !== null) return timeNs;
  }
  return otherwise;
}

/** A line with its time moved; as it is where it has none. */
function moveLine(
  line: string,
  shiftNs: bigint,
): { readonly line: string; readonly timeNs: bigint | null } {
  const own = timestamp.exec(line)?.[1];
  const ownNs = own === undefined ? null : parseIso(own);
  if (ownNs === null) return { line, timeNs: null };
  const timeNs = ownNs + shiftNs;
  return { line: line.replace(timestamp, `"@timestamp":"${formatIso(timeNs)}"`), timeNs };
}
