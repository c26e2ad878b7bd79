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
  return sha256Hex(canonicalJson(`[${head},${matchPairs(match)}]`));
}

/** The steps as JSON text, `[[0,{...}],[1,null]]`, with the events as they came in. */
export function matchPairs(match: readonly MatchStep[]): string {
  return `[${match.map((step) => `[${step.step},${step.event ?? "null"}]`).join(",")}]`;
}
