/** What this machine offers to a live run, and what is missing. */
import type { Capability, SourceName } from "../collect/source.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { shippedKinds } from "../schema/recorded-kind.ts";
import { type CoverageReport, coverageOfRules } from "./coverage.ts";
import { platformCapabilities } from "./platform.ts";
import { sourceKinds } from "./sources.ts";

export interface DoctorReport {
  /** Of the platform and of all sources; each name once. */
  readonly capabilities: readonly Capability[];
  readonly sources: readonly SourceReport[];
}

export interface SourceReport {
  readonly name: SourceName;
  readonly available: boolean;
  /** Values of `event.action` that it can emit. */
  readonly actions: readonly string[];
  /** Paths of the fields that it can fill in some event. */
  readonly fields: readonly string[];
  /** Names of capabilities that it asks for and that are missing. */
  readonly missing: readonly string[];
}

/** Looks at the machine; changes nothing that stays. */
export async function examine(): Promise<DoctorReport> {
  const capabilities = new Map<string, Capability>();
  for (const capability of platformCapabilities()) capabilities.set(capability.name, capability);
  const sources: SourceReport[] = [];
  for (const kind of Object.values(sourceKinds)) {
    const offer = await kind.offer();
    // A source has tried what the platform only looks at.
    for (const capability of offer.capabilities) capabilities.set(capability.name, capability);
    const fields = new Set([...offer.fields.values()].flatMap((names) => [...names]));
    sources.push({
      name: offer.source,
      available: offer.available,
      actions: [...offer.actions].sort(),
      fields: [...fields].sort(),
      missing: offer.capabilities.filter(({ available }) => !available).map(({ name }) => name),
    });
  }
  return { capabilities: [...capabilities.values()], sources };
}

/**
 * Whether rules can fire on what the sources that work here supply: of the kinds of events that were recorded, those
 * whose action one of these sources tells of, with the fields that it fills.
 */
export async function examineRules(rules: RuleSet): Promise<CoverageReport> {
  const offered = new Map<string, Set<string>>();
  for (const kind of Object.values(sourceKinds)) {
    const { available, fields } = await kind.offer();
    if (!available) continue;
    for (const [action, paths] of fields) {
      offered.set(action, new Set([...(offered.get(action) ?? []), ...paths]));
    }
  }
  const kinds = shippedKinds().flatMap((kind) => {
    const paths = offered.get(kind.action);
    if (paths === undefined) return [];
    return [{ ...kind, fields: new Set([...kind.fields].filter((path) => paths.has(path))) }];
  });
  return coverageOfRules(rules, kinds);
}
