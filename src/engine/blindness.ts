/** For how long rules may have missed something, because events were lost that they ask for. */
import { foldCase } from "../base/case-folding.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { LostSpan } from "./gap-log.ts";
import { categoriesOfRules } from "./interest.ts";

/** A rule that could not see for a while. */
export interface BlindRule {
  /** Its id. */
  readonly rule: string;
  /** Length of the time in which an event that it asks for may have been lost; stretches that overlap count once. */
  readonly seconds: number;
  /** `gap`: events were lost on their way. */
  readonly why: "gap";
}

/** The rules that asked for what was lost, longest first, then by id. */
export function blindRules(rules: RuleSet, spans: readonly LostSpan[]): BlindRule[] {
  if (spans.length === 0) return [];
  const folded = spans.map((span) => ({ ...span, categories: span.categories.map(foldCase) }));
  const known = new Map<string, number | null>();
  const blind = categoriesOfRules(rules).flatMap((categories, index) => {
    const key = categories === null ? "*" : [...categories].sort().join("\n");
    let seconds = known.get(key);
    if (seconds === undefined) {
      seconds = secondsWithout(categories, folded);
      known.set(key, seconds);
    }
    const rule = rules.rules[index]!.rule.id;
    return seconds === null ? [] : [{ rule, seconds, why: "gap" as const }];
  });
  return blind.sort((a, b) => b.seconds - a.seconds || compareByCodePoint(a.rule, b.rule));
}

/** Null where nothing of these categories may have been lost. */
function secondsWithout(
  categories: ReadonlySet<string> | null,
  spans: readonly LostSpan[],
): number | null {
  const touching = spans
    .filter(
      (span) =>
        categories === null ||
        span.categories.length === 0 ||
        span.categories.some((category) => categories.has(category)),
    )
    .sort((a, b) => compare(a.fromNs, b.fromNs));
  if (touching.length === 0) return null;
  let lengthNs = 0n;
  let endNs = touching[0]!.fromNs;
  for (const { fromNs, toNs } of touching) {
    if (toNs <= endNs) continue;
    if (fromNs > endNs) endNs = fromNs;
    lengthNs += toNs - endNs;
    endNs = toNs;
  }
  return Number(lengthNs / 1_000_000n) / 1000;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
