/** Lists of alerts side by side: what was raised live, what a replay of the log raises, what the slow model expects. */
import type { Alert } from "../../src/alert/alert.ts";
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

/** All that makes an alert, with its events as they came in. */
export function lineOf(alert: Alert): string {
  const { id, rule, timeNs, kind, match, keys, confidence, reasons } = alert;
  const about = [rule.id, rule.path, rule.version, String(timeNs), kind, confidence, reasons, keys];
  return JSON.stringify([id, ...about, match.map(({ step, event }) => [step, event])]);
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
