/** Lists of alerts side by side: what was raised live, what a replay of the log raises, what the slow model expects. */
import type { Alert } from "../../src/alert/alert.ts";
import { digestLine } from "../../src/alert/digest.ts";
import type { ReplayOutcome } from "./log-replay.ts";
import type { ModelAlert, ModelOutcome } from "./naive-model.ts";

/** Where the lists differ first; null where they are the same, alert by alert and byte by byte. */
export function compareReplay(live: readonly Alert[], replay: ReplayOutcome): string | null {
  return firstDifference(live.map(lineOf), replay.alerts.map(lineOf), "live", "replay");
}

/** The same for a live run with a log and one without. */
export function compareUnlogged(
  logged: readonly Alert[],
  unlogged: readonly Alert[],
): string | null {
  return firstDifference(logged.map(lineOf), unlogged.map(lineOf), "logged", "unlogged");
}

function lineOf(alert: Alert): string {
  return `${alert.id} ${digestLine(alert)}`;
}

/** The same against the model, in what it tells. */
export function compareModel(live: readonly Alert[], model: ModelOutcome): string | null {
  const ours = live.map((alert) => describe(asModelled(alert)));
  return firstDifference(ours, model.alerts.map(describe), "live", "model");
}

function asModelled({ rule, kind, timeNs, keys, match, confidence }: Alert): ModelAlert {
  const isSample = kind === "sample";
  return {
    ruleId: rule.id,
    timeNs,
    keys,
    events: isSample ? null : match.map(({ event }) => event),
    isDegraded: isSample ? null : confidence === "degraded",
    last: null,
  };
}

function describe({ ruleId, timeNs, keys, events, isDegraded }: ModelAlert): string {
  return JSON.stringify([ruleId, String(timeNs), keys, events, isDegraded]);
}

function firstDifference(
  ours: readonly string[],
  theirs: readonly string[],
  ourName: string,
  theirName: string,
): string | null {
  const at = Array.from({ length: Math.max(ours.length, theirs.length) }, (_unused, i) => i).find(
    (i) => ours[i] !== theirs[i],
  );
  if (at === undefined) return null;
  const counts = `${ours.length} ${ourName}, ${theirs.length} ${theirName}`;
  return [
    `alert ${at} differs (${counts})`,
    `  ${ourName}: ${ours[at] ?? "none"}`,
    `  ${theirName}: ${theirs[at] ?? "none"}`,
  ].join("\n");
}
