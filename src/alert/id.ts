/** The id of an alert: a function of its rule and its events, so that a replay gives the same one. */
import { sha256Hex } from "../base/hash.ts";
import { canonicalJson } from "../base/json.ts";
import type { MatchStep } from "./alert.ts";

/**
 * SHA-256, as 64 lower-case hex digits, over the canonical form of
 * `[ruleId, path, version, [[step, event], ...]]`.
 */
export function alertId(
  ruleId: string,
  path: string,
  version: string,
  match: readonly MatchStep[],
): string {
  const head = [ruleId, path, version].map((text) => JSON.stringify(text)).join(",");
  return sha256Hex(`[${head},${canonicalMatch(match)}]`);
}

/** The canonical form of the steps, `[[0,{...}],[1,null]]`, with the events as they came in. */
export function canonicalMatch(match: readonly MatchStep[]): string {
  const steps = match.map(({ step, event }) => {
    return `[${step},${event === null ? "null" : canonicalEvent(event)}]`;
  });
  return `[${steps.join(",")}]`;
}

/** Events whose canonical form is remembered: an alert needs it twice, and alerts share events. */
const rememberedEvents = 8;
const remembered: { readonly event: string; readonly canonical: string }[] = [];

function canonicalEvent(event: string): string {
  const known = remembered.find((entry) => entry.event === event);
  if (known !== undefined) return known.canonical;
  const canonical = canonicalJson(event);
  if (remembered.length === rememberedEvents) remembered.shift();
  remembered.push({ event, canonical });
  return canonical;
}
