/** Which rules can fire on what the sources of this program are known to supply. */
import type { RuleSet } from "../rule/rule-set.ts";
import { type RecordedKind, recordedSystem, shippedKinds } from "../schema/recorded-kind.ts";
import { type CoverageLevel, CoverageStudy } from "../study/coverage.ts";
import { reasonOf } from "./coverage-reason.ts";

export interface CoverageReport {
  /** `host.os.type` of the sources. */
  readonly system: string;
  /** Rules that are for this system. */
  readonly total: number;
  readonly full: number;
  readonly partial: number;
  readonly none: number;
  /** Rules that are for other systems, or for none. */
  readonly left_out: number;
  readonly rules: readonly CoveredRule[];
}

export interface CoveredRule {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly coverage: CoverageLevel;
  readonly missing: readonly string[];
  /** Why that is missing; null where nothing is. */
  readonly why: string | null;
}

const unknownReason = "no event of these sources has it";

/** A field or action counts as supplied where an event of `kinds` has it: by default those of the shipped recording. */
export function coverageOfRules(
  set: RuleSet,
  kinds: readonly RecordedKind[] = shippedKinds(),
): CoverageReport {
  const study = new CoverageStudy(set, recordedSystem, kinds);
  const applying = set.rules.filter((compiled) => study.applies(compiled));
  const rules = applying.map((compiled): CoveredRule => {
    const { id, name, path } = compiled.rule;
    const { level, missing } = study.coverageOf(compiled);
    const why = missing.length === 0 ? null : (reasonOf(missing) ?? unknownReason);
    return { id, name, path, coverage: level, missing, why };
  });
  const count = (level: CoverageLevel): number =>
    rules.filter(({ coverage }) => coverage === level).length;
  return {
    system: recordedSystem,
    total: rules.length,
    full: count("full"),
    partial: count("partial"),
    none: count("none"),
    left_out: set.rules.length - rules.length,
    rules,
  };
}
